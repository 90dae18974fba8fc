"""`desireline backup` and `desireline restore`: an installation into one file, and back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from collector.backups.make import make_backup
from collector.backups.restore import restore
from collector.cli.place import now_ms, place_options
from collector.cli.words import so_many
from collector.settings import Settings

_STAGES = {
    "copy": "Copying the database",
    "pack": "Packing",
    "unpack": "Reading the file back",
    "verify": "Checking and counting",
    "restore": "Writing the tables",
}


class Progress:
    """Says each stage once; on a terminal with how much of it is done."""

    def __init__(self) -> None:
        self._stage = ""
        self._share = -1
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, part: float) -> None:
        share = int(100 * part)
        if stage != self._stage:
            if self._stage and self._live:
                click.echo(err=True)
            self._stage, self._share = stage, -1
            click.echo(f"{_STAGES[stage]} ...", nl=not self._live, err=True)
        if self._live and share != self._share:
            self._share = share
            click.echo(f"\r{_STAGES[stage]} ... {share} %", nl=False, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._stage:
            click.echo(err=True)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="The folder to write to [default: DIR/backups].")
@click.option("--keep", type=click.IntRange(0), default=0, metavar="N", help="Delete older backups there beyond N.")
@place_options
def backup_command(settings: Settings, folder: Path | None, keep: int) -> None:
    """Write everything into one file while the collector runs, then restore that file in a corner and count.

    The file holds the keys and everybody's events: keep it on another machine, where only you can read it.
    """
    progress = Progress()
    made = make_backup(settings, folder or settings.data / "backups", now_ms(), keep, progress)
    progress.end()
    waiting = f" and {so_many(made.waiting, 'request')} not yet loaded" if made.waiting else ""
    click.echo(
        f"{made.path}\n{so_many(made.events, 'event')}{waiting}, {made.size / 2**20:,.1f} MB; read back and counted."
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Set an installation that is there aside (Postgres: overwrite its tables)."
)
@place_options
def restore_command(settings: Settings, file: Path, replace: bool) -> None:
    """Put a backup back, as it was. The collector must not run meanwhile."""
    progress = Progress()
    found = restore(settings, file, now_ms(), replace, progress)
    progress.end()
    if found.aside:
        click.echo(f"What was there is in {found.aside} now.")
    waiting = f" and {so_many(found.waiting, 'request')} to load" if found.waiting else ""
    click.echo(
        f"Back as of {_day(found.made)}: {so_many(found.events, 'event')}{waiting}. Start it with: desireline serve"
    )
