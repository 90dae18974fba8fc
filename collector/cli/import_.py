"""`desireline import`: a file of events into a site."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from collector.catalog.values import Site
from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import Rooms, open_rooms
from collector.core.event import Event
from collector.importing import SHOWN, Imported, Row, RowFile, import_rows
from collector.ingest.columns import ROLES, Columns, choose_columns
from collector.ingest.rows import RowReader
from collector.ingest.rules import Arrival
from collector.loader import read_bots
from collector.settings import Settings
from collector.sites import rules_of

_WHAT = {
    "visitor": "who (an anonymous or any other stable id)",
    "time": "when: ISO 8601 or epoch seconds or milliseconds",
    "event": "the event's name; page views are named page or pageview",
    "url": "the address it happened on",
    "props": "a JSON object of properties; without it, every other column becomes a property",
    "user": "a known user's id, which the visitor is linked to",
    "id": "an id that is unique to the event",
}


def _column_options(command: click.Command) -> click.Command:
    for role, text in _WHAT.items():
        command.params.append(click.Option([f"--{role}"], metavar="COLUMN", help=f"The column that says {text}."))
    return command


@_column_options
@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@site_option
@click.option(
    "--refused",
    type=click.File("w", encoding="utf-8"),
    help="Write the lines that could not be read here, as JSON Lines.",
)
@place_options
def import_command(file: Path, site_name: str, refused: IO[str] | None, settings: Settings, **told: str | None) -> None:
    """Read events from FILE: CSV or JSON Lines, also gzipped.

    Columns are found by their usual names where no option names them. Reading a file again adds nothing. Times
    without a zone are in the site's. Lines that cannot be read are listed and do not stop the rest.
    """
    table = RowFile(file)
    columns = choose_columns(table.names, told)
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        click.echo(_columns_line(columns), err=True)
        begun = time.monotonic()
        done = _run(rooms, site, table, columns, refused)
        rooms.refresh(site)
    _summary(done, time.monotonic() - begun)
    if done.rows == done.refused:
        sys.exit(1)


def _columns_line(columns: Columns) -> str:
    if columns.ours:
        return "This is an export of Desireline: every column is read back as it was."
    return "Columns: " + ", ".join(f"{role} = {name}" for role in ROLES if (name := getattr(columns, role)))


def _run(rooms: Rooms, site: Site, table: RowFile, columns: Columns, refused: IO[str] | None) -> Imported:
    arrival = Arrival(rules_of(site), read_bots(), now_ms(), server=True)
    reader = RowReader(columns, arrival, site.zone, table.typed, rooms.ledger.bot_reasons)

    def append(chunk: Sequence[Event]) -> tuple[int, int]:
        found = rooms.ledger.append(site.id, chunk)
        return found.stored, found.duplicates

    def refuse(row: Row, reason: str) -> None:
        if refused is not None:
            line = {"line": row.number, "reason": reason, "row": row.text}
            refused.write(json.dumps(line) + "\n")

    with ExitStack() as stack:
        bar = stack.enter_context(click.progressbar(length=max(1, table.size), label="Reading", file=sys.stderr))
        done = import_rows(table, reader, append, lambda: bar.update(table.position() - bar.pos), refuse)
        bar.update(table.size - bar.pos)
    return done


def _summary(done: Imported, seconds: float) -> None:
    for number, reason in done.reasons:
        click.echo(f"line {number}: {reason}", err=True)
    if done.refused > SHOWN:
        click.echo(
            f"... and {done.refused - SHOWN} more lines that could not be read (--refused FILE keeps them all)",
            err=True,
        )
    speed = f" in {seconds:.1f} s, {done.rows / seconds:,.0f} a second" if seconds >= 1 else ""
    click.echo(
        f"{done.rows:,} rows read{speed}: {done.stored:,} events added, {done.known:,} were there already, "
        f"{done.refused:,} refused."
    )
