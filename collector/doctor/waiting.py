"""The inbox: what was acknowledged and is not in the database yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from collector.core.times import MINUTE
from collector.doctor.finding import Case, Finding, age, bad, ok, size, warn
from collector.inbox.files import all_boxes
from collector.inbox.look import held, look


def inbox(case: Case) -> Iterator[Finding]:
    """How much waits, for how long, and whether every file can be read."""
    records = total = 0
    oldest = case.now
    for files in all_boxes(case.settings.inbox):
        if not files.records.exists():
            continue
        try:
            box = look(files, patience=3)
        except sqlite3.Error as error:
            if not files.records.exists():
                continue  # loaded and removed meanwhile
            yield bad(
                "inbox",
                f"{files.records} cannot be read ({error}); it may hold events that are nowhere else.",
                f"Keep a copy of it, then try: sqlite3 {files.records} .recover",
            )
            continue
        records, total = records + box.records, total + box.bytes
        oldest = min(oldest, box.since or oldest)
    late = case.now - oldest
    if records and late > MINUTE:
        yield bad(
            "inbox",
            f"What waits to be loaded is late: {records:,} in all, {size(total)}, the oldest for {age(late)}.",
            _why(case),
        )
    elif total > case.settings.inbox_bytes // 2:
        yield warn("inbox", f"{size(total)} wait to be loaded.", "The loader is behind; look again in a minute.")
    else:
        yield ok("inbox", "Nothing has waited long." if records else "Nothing waits.")


def _why(case: Case) -> str:
    if not held(case.settings.data / "loader.lock"):
        return "No loader runs: start the server (desireline serve); it loads them at once."
    if case.engine is None:
        return "The loader runs and the database takes nothing: mend the database first."
    return "The loader runs and cannot store them: its lines in the server's log say why."
