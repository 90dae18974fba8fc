"""What an import says before it runs and after: the file in words, its first rows as events, and the counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from collector.cli.words import so_many
from collector.core.event import PAGE, Event
from collector.core.write import iso_time
from collector.importing.files import RowFile
from collector.importing.rows import SHOWN, Imported
from collector.ingest.columns import ROLES, Columns
from collector.ingest.imports.guess import MAPPINGS, TITLES

_ENCODINGS = {"cp1252": "Windows-1252", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_WIDTH = 44


def say(text: str = "") -> None:
    """A line for the person, apart from the result."""
    click.echo(text, err=True)


def _short(cell: object, width: int = _WIDTH) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
    text = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * width])
    return text if len(text) <= width else text[: width - 1] + "…"


def show_format(name: str, guessed: bool, file: RowFile) -> None:
    """Which tool the file comes from, and what its fields become."""
    mapping = ", ".join(f"{theirs} -> {ours}" for theirs, ours in MAPPINGS[name])
    say(f"{'This looks like' if guessed else 'Reading'} {TITLES[name]}: {mapping}.")
    _show_encoding(file)


def show_columns(columns: Columns, unsure: Sequence[str], file: RowFile, rows: Sequence[Mapping[str, Any]]) -> None:
    """What each column becomes, with samples of its cells."""
    if columns.ours:
        say("This is an export of Desireline: every column is read back as it was.")
        return
    roles = {name: role for role in ROLES if (name := getattr(columns, role))}
    say("Columns: " + ", ".join(f"{role} = {name}" for name, role in sorted(roles.items(), key=_place)))
    _show_encoding(file)
    left = sorted(file.names, key=lambda name: name not in roles)[:30]
    lines = [("column", "becomes", "first cells")]
    for name in left:
        role = roles.get(name, "property" if columns.rest else "(left out)")
        cells = [_short(row[name], 24) for row in rows if row.get(name) not in (None, "")][:3]
        lines.append((_short(name, 24), f"{role} ?" if role in unsure else role, "  ".join(cells)))
    widths = [max(len(line[place]) for line in lines) for place in (0, 1)]
    for line in lines:
        say(f"  {line[0].ljust(widths[0])}  {line[1].ljust(widths[1])}  {line[2]}".rstrip())


def _place(pair: tuple[str, str]) -> int:
    return ROLES.index(pair[1])


def _show_encoding(file: RowFile) -> None:
    if file.encoding in _ENCODINGS:
        say(f"Its text is read as {_ENCODINGS[file.encoding]}.")


def show_events(events: Sequence[Event | str]) -> None:
    """What the first rows become; a text says why there is no event in one."""
    if not events:
        return
    say("The first rows become:")
    for event in events:
        if isinstance(event, str):
            say(f"  refused: {event}")
            continue
        what = event.path if event.type == PAGE else event.name
        who = event.visitor + (f" = {event.user}" if event.user else "")
        props = _short(dict(event.props)) if event.props else ""
        say(f"  {iso_time(event.time)[:19]}Z  {_short(who, 36)}  {event.type}  {_short(what)}  {props}".rstrip())


def summary(done: Imported, seconds: float, dry: bool, before: int = 0) -> str:
    """The result in one sentence."""
    rows = done.rows - before
    speed = f" in {seconds:.1f} s, {rows / seconds:,.0f} a second" if seconds >= 1 else ""
    left = sum(done.left_out.values())
    passed = f", {left:,} left out" if left else ""
    if dry:
        return (
            f"{so_many(done.rows, 'row')} read{speed}: {so_many(done.events, 'event')} in them, "
            f"{done.refused:,} refused{passed}. Nothing was written."
        )
    gone = f", {done.withheld:,} of people who were erased" if done.withheld else ""
    return (
        f"{so_many(done.rows, 'row')} read{speed}: {so_many(done.stored, 'event')} added, "
        f"{so_many(done.known, 'was', 'were')} there already, "
        f"{done.refused:,} refused{passed}{gone}."
    )


def show_refused(done: Imported, report: str) -> None:
    """The first refused lines, and all of them by reason."""
    for number, reason in done.reasons:
        say(f"line {number}: {reason}")
    if done.refused > SHOWN:
        say(f"... and {done.refused - SHOWN} more lines that could not be read")
    if len(done.counts) > 1 or done.refused > SHOWN:
        say("Refused, by reason:")
        for reason, count in done.counts.most_common():
            say(f"  {count:>9,}  {reason}")
    if done.left_out:
        say("Left out on purpose:")
        for reason, count in done.left_out.most_common():
            say(f"  {count:>9,}  {reason}")
    if done.refused and report:
        say(f"Refused lines with their reasons: {report}")
