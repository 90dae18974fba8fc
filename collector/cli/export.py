"""`desireline export`: events or people, streamed to the terminal or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

import click

from collector.cli.events_out import PEOPLE_COLUMNS, csv_cells, event_rows, people_rows
from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.consents import CONSENT_COLUMNS, consent_rows
from collector.core.errors import UserError
from collector.core.event import Json
from collector.core.write import csv_lines, json_text
from collector.dossier import person_document
from collector.ingest.columns import EXPORT_COLUMNS
from collector.settings import Settings
from collector.store.protocol import Ledger

_Rows = Callable[[Ledger, int], Iterator[dict[str, Json]]]
WHAT: dict[str, tuple[tuple[str, ...], _Rows]] = {
    "events": (EXPORT_COLUMNS, event_rows),
    "people": (PEOPLE_COLUMNS, people_rows),
    "consent": (CONSENT_COLUMNS, consent_rows),
}


@click.command("export")
@click.argument("what", type=click.Choice([*WHAT, "person"]))
@click.argument("who", required=False)
@site_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--output", type=click.File("w", encoding="utf-8", lazy=False), default="-", help="A file [default: stdout]."
)
@place_options
def export_command(what: str, who: str | None, site_name: str, form: str, output: IO[str], settings: Settings) -> None:
    """Write every event, every person, or the consent log of a site; or with `person WHO` all about one of them.

    `desireline import` reads exported events back as they were. WHO is a user id, or the key of a visitor: the answer
    is one JSON document, to be handed to that person.
    """
    if (what == "person") != (who is not None):
        raise UserError("WHO goes with person.", "Write: desireline export person WHO --site NAME")
    if who is not None:
        with open_rooms(settings) as rooms:
            output.writelines(person_document(rooms.ledger, rooms.catalog, rooms.site(site_name), who, now_ms()))
        return
    columns, rows = WHAT[what]
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        found = rows(rooms.ledger, site.id)
        if form == "jsonl":
            for row in found:
                output.write(json_text(row) + "\n")
            return
        output.writelines(csv_lines(columns, (csv_cells(row) for row in found)))
