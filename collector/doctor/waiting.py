"""The inbox: what was acknowledged and is not in the database yet."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from collector.core.times import MINUTE
from collector.doctor.finding import Case, Finding, age, bad, ok, size, warn
from collector.inbox.files import BoxFiles, all_boxes, hold, read_done


def inbox(case: Case) -> Iterator[Finding]:
    """How much waits, for how long, and whether every file can be read."""
    records = total = 0
    oldest = case.now
    for files in all_boxes(case.settings.inbox):
        if not files.records.exists():
            continue
        try:
            waiting, held, first = _look(files)
        except (sqlite3.Error, ValueError) as error:
            if not files.records.exists():
                continue  # loaded and removed meanwhile
            yield bad(
                "inbox",
                f"{files.records} cannot be read ({error}); it may hold events that are nowhere else.",
                f"Keep a copy of it, then try: sqlite3 {files.records} .recover",
            )
            continue
        records, total = records + waiting, total + held
        oldest = min(oldest, first) if waiting else oldest
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


def _look(files: BoxFiles) -> tuple[int, int, int]:
    """(records that wait, their bytes, when the oldest came)."""
    done = read_done(files)
    with closing(sqlite3.connect(f"{files.records.absolute().as_uri()}?mode=ro", uri=True, timeout=3)) as connection:
        count, held = connection.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0) FROM record WHERE seq > ?", (done,)
        ).fetchone()
        first = connection.execute("SELECT body FROM record WHERE seq > ? ORDER BY seq LIMIT 1", (done,)).fetchone()
    came = json.loads(first[0])["r"] if first and first[0] else 2**62
    return int(count), int(held), int(came)


def _why(case: Case) -> str:
    if not _loader_runs(case):
        return "No loader runs: start the server (desireline serve); it loads them at once."
    if case.engine is None:
        return "The loader runs and the database takes nothing: mend the database first."
    return "The loader runs and cannot store them: its lines in the server's log say why."


def _loader_runs(case: Case) -> bool:
    try:
        held = hold(case.settings.data / "loader.lock", create=False)
    except OSError:
        return False
    if held is None:
        return True
    os.close(held)
    return False
