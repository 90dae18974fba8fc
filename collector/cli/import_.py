"""`desireline import`: a file of events into a site."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from collector.catalog.values import Site
from collector.cli.import_progress import Watch
from collector.cli.import_words import say, show_columns, show_events, show_format, show_refused, summary
from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import Rooms, open_rooms
from collector.cli.words import so_many
from collector.core.errors import UserError
from collector.core.event import Event
from collector.importing.files import RowFile
from collector.importing.owners import find_owners, needs_owners
from collector.importing.refused import RefusedReport
from collector.importing.rows import Imported, import_rows
from collector.importing.state import Progress, fingerprint, forget_old_salt, log_salt
from collector.ingest.columns import Columns
from collector.ingest.imports.guess import FORMATS, guess_columns, guess_format, make_reader
from collector.ingest.imports.making import Reader
from collector.ingest.rows import RowError, RowReader
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
_OLD_SPOOL_SECONDS = 86_400
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is going to be read."""

    site: Site
    file: RowFile
    format: str
    columns: Columns | None
    arrival: Arrival
    salt: bytes
    bot_reasons: Sequence[str]

    def reader(self) -> Reader:
        """A reader that has read nothing yet."""
        if self.columns is not None:
            return RowReader(self.columns, self.arrival, self.site.zone, self.file.typed, self.bot_reasons)
        origin = next((origin for origin in self.site.origins if "*" not in origin), "")
        return make_reader(self.format, self.arrival, self.site.zone, self.salt, origin)


def _column_options(command: click.Command) -> click.Command:
    for role, text in _WHAT.items():
        command.params.append(click.Option([f"--{role}"], metavar="COLUMN", help=f"The column that says {text}."))
    return command


@_column_options
@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
@site_option
@click.option("--format", "format_", type=click.Choice(("auto", *FORMATS)), default="auto", help="Where it is from.")
@click.option("--encoding", default="", metavar="NAME", help="How its letters are spelled [default: look].")
@click.option("--dry-run", is_flag=True, help="Show and count, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--restart", is_flag=True, help="Begin anew where an interrupted import would go on.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the lines that could not be read here, as CSV or (.jsonl) JSON Lines [default: FILE.refused.csv].",
)
@place_options
def import_command(
    file: Path,
    site_name: str,
    format_: str,
    encoding: str,
    dry_run: bool,
    yes: bool,
    restart: bool,
    refused: Path | None,
    settings: Settings,
    **told: str | None,
) -> None:
    """Read events from FILE (- for standard input): CSV, JSON Lines, or what another tool exported, also packed.

    Where it comes from and what its columns mean is found out and shown. Reading a file again adds nothing; what was
    interrupted goes on where it ended. Times without a zone are in the site's. Lines that cannot be read are listed
    and do not stop the rest.
    """
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        folder = settings.data / "imports"
        folder.mkdir(mode=0o700, exist_ok=True)
        forget_old_salt(folder, now_ms())
        with _path_of(file, folder) as path:
            table = RowFile(path, encoding, "" if path == file else "Standard input" if str(file) == "-" else str(file))
            plan, unsure = _plan(rooms, site, table, format_, told, folder)
            show_events(_preview(plan))
            if not _go_on(unsure, yes or dry_run, path == file):
                say("Nothing was imported.")
                sys.exit(1)
            report = refused or Path(f"{file if path == file else 'import'}.refused.csv")
            done = _run(rooms, plan, _Wish(folder, report, refused is not None, dry_run, restart, told))
        if not dry_run:
            rooms.refresh(site)
    if done.rows and done.rows == done.refused:
        sys.exit(1)


@contextmanager
def _path_of(file: Path, folder: Path) -> Iterator[Path]:
    """The file itself; what comes through a pipe is kept beside while it is read, since it is looked at first."""
    if file.is_file():
        yield file
        return
    for old in folder.glob("stdin-*"):
        if time.time() - old.stat().st_mtime > _OLD_SPOOL_SECONDS:
            old.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="stdin-") as spool:
        if str(file) == "-":
            shutil.copyfileobj(sys.stdin.buffer, spool)
        else:
            with file.open("rb") as pipe:
                shutil.copyfileobj(pipe, spool)
        spool.flush()
        yield Path(spool.name)


def _plan(
    rooms: Rooms, site: Site, table: RowFile, format_: str, told: dict[str, str | None], folder: Path
) -> tuple[Plan, Sequence[str]]:
    """How to read the file, and the roles of columns that only a look at the cells speaks for; says so."""
    rows = [row.cells for row in table.first(200) if row.cells is not None]
    named = any(told.values())
    found = format_
    if format_ == "auto":
        generic = "csv" if table.kind == "csv" else "jsonl"
        found = generic if named and table.kind != "lines" else guess_format(table.kind, table.names, rows)
    elif (format_ == "access-log") != (table.kind == "lines"):
        raise UserError(f"{table.name} does not look like --format {format_}.", "Leave --format out to have it found.")
    if named and found not in ("csv", "jsonl"):
        raise UserError(f"Columns cannot be named for --format {found}.", "Its fields are known.")
    arrival = Arrival(rules_of(site), read_bots(), now_ms(), server=True)
    columns: Columns | None = None
    unsure: tuple[str, ...] = ()
    if found in ("csv", "jsonl"):
        columns, unsure = guess_columns(table.names, rows, told)
        show_columns(columns, unsure, table, rows)
    else:
        show_format(found, format_ == "auto", table)
    salt = log_salt(folder, arrival.received) if found == "access-log" else b""
    return Plan(site, table, found, columns, arrival, salt, rooms.ledger.bot_reasons), unsure


def _preview(plan: Plan) -> list[Event | str]:
    """What the first three rows that are not left out become."""
    found: list[Event | str] = []
    reader = plan.reader()
    for row in plan.file.first(50):
        try:
            if row.cells is None:
                raise RowError(row.problem)
            found.extend(reader.read(row.cells, row.text))
        except RowError as error:
            found.append(str(error))
        if len(found) >= 3:
            break
    return found[:3]


def _go_on(unsure: Sequence[str], agreed: bool, may_ask: bool) -> bool:
    if agreed:
        return True
    if may_ask and _is_terminal():
        return click.confirm("Import?", default=True, err=True)
    if unsure:
        named = ", ".join(f"--{role}" for role in unsure)
        raise UserError(
            f"It is only a guess which column is the {' and the '.join(unsure)}.", f"Say {named}, or --yes."
        )
    return True


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@dataclass(frozen=True, slots=True)
class _Wish:
    """How the person wants it done."""

    folder: Path
    report: Path
    report_asked: bool
    dry: bool
    restart: bool
    told: dict[str, str | None]


def _run(rooms: Rooms, plan: Plan, wish: _Wish) -> Imported:
    """Import, or count only, and say what came of it."""
    named = sorted((role, name) for role, name in wish.told.items() if name)
    key = fingerprint(
        plan.file.path, rooms.settings.database, str(plan.site.id), plan.format, plan.file.encoding, str(named)
    )
    progress = Progress(wish.folder, key)
    if wish.restart and not wish.dry:
        progress.clear()
    before, kept = (None if wish.dry else progress.load()) or (Imported(), 0)
    begun_with = before.rows
    if begun_with:
        say(f"Going on after the {so_many(begun_with, 'row')} of an interrupted import (--restart begins anew).")
    report = None if wish.dry and not wish.report_asked else RefusedReport(wish.report, kept, wish.report_asked)
    begun = time.monotonic()
    erased = 0

    def append(chunk: Sequence[Event]) -> tuple[int, int]:
        nonlocal erased
        if wish.dry:
            return 0, 0
        found = rooms.ledger.append(plan.site.id, chunk)
        erased += found.refused
        return found.stored, found.duplicates

    owners = None
    if needs_owners(plan.file, plan.reader()):
        say("It names users and is not in order of time, so it is read twice: first for who had which device when.")
        owners = find_owners(plan.file, plan.reader())
    with Watch(plan.file) as watch:

        def told(done: Imported) -> None:
            size = report.flush() if report is not None else 0
            if not wish.dry:
                progress.save(done, size)
            watch.tell(done)

        try:
            refuse = report.add if report is not None else None
            name = owners.name if owners is not None else None
            done = import_rows(plan.file, plan.reader(), append, told, refuse, before, name)
        except KeyboardInterrupt:
            watch.stop()
            say("Stopped. The same command goes on from there." if not wish.dry else "Stopped.")
            sys.exit(INTERRUPTED)
        finally:
            if report is not None:
                report.close()
    if not wish.dry:
        progress.clear()
    written = str(report.path) if report is not None and not report.failed and report.size else ""
    show_refused(done, written)
    if erased:
        withheld = so_many(erased, "event is", "events are")
        click.echo(f"{withheld} of people who were erased here, and left out (desireline unforget).")
    click.echo(summary(done, time.monotonic() - begun, wish.dry, begun_with))
    return done
