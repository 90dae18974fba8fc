"""`desireline serve`: the collector, in this process, until it is told to stop."""

from __future__ import annotations

from dataclasses import replace

import click

from collector.cli.place import now_ms, origin_of, place_options
from collector.cli.rooms import open_rooms
from collector.cli.user import one_time_link
from collector.server import serve
from collector.settings import Settings


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Where to listen [default: 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65_535), help="[default: 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer requests [default: 2].")
@click.option("--public-url", metavar="URL", help="The address that browsers use, where a proxy stands in front.")
@place_options
def serve_command(settings: Settings, **told: object) -> None:
    """Collect events and show reports, until TERM or Ctrl-C; what was accepted is stored before it ends."""
    settings = replace(settings, **{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]
    with open_rooms(settings) as rooms:
        if not rooms.catalog.users():
            link = one_time_link(rooms.catalog, settings, "setup", now_ms())
            click.echo(f"Welcome. Make the first account here (the link works once, within a day):\n\n  {link}\n")
    click.echo(f"Desireline listens on {origin_of(settings)}")
    serve(settings)
