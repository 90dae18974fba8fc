"""`desireline annotation`: what happened on which day; added (by a release script, say), listed, deleted."""

from __future__ import annotations

import json

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.core.annotation import KINDS
from collector.core.errors import UserError
from collector.core.times import day_of
from collector.core.write import one_line
from collector.settings import Settings


@click.group("annotation")
def annotation_command() -> None:
    """Marks on days (a release, a campaign, an outage) that plots show."""


@annotation_command.command("add")
@click.argument("text")
@site_option
@click.option("--day", metavar="YYYY-MM-DD", default="", help="In the site's time zone [default: today].")
@click.option("--kind", type=click.Choice(list(KINDS)), default="release", show_default=True)
@click.option("--link", metavar="URL", default="", help="Where more is said of it.")
@place_options
def add(text: str, site_name: str, day: str, kind: str, link: str, settings: Settings) -> None:
    """Mark a day with TEXT."""
    with open_rooms(settings) as rooms:
        site, now = rooms.site(site_name), now_ms()
        chosen = day or day_of(now, site.zone).isoformat()
        made = rooms.catalog.add_annotation(site.id, chosen, text, now, kind, link)
    click.echo(f"Marked {made.day} (number {made.id}): {one_line(made.text)}")


@annotation_command.command("list")
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
def list_annotations(site_name: str, as_json: bool, settings: Settings) -> None:
    """List the marks, the earliest first."""
    with open_rooms(settings) as rooms:
        found = rooms.catalog.annotations(rooms.site(site_name).id)
    if as_json:
        rows = [
            {"id": one.id, "day": one.day.isoformat(), "kind": one.kind, "text": one.text, "link": one.link}
            for one in found
        ]
        click.echo(json.dumps(rows))
        return
    if not found:
        click.echo("No day is marked yet. Mark one: desireline annotation add TEXT --site SITE --day YYYY-MM-DD")
    for one in found:
        click.echo(one_line(f"{one.id:>5}  {one.day}  {one.kind:<8}  {one.text}  {one.link}".rstrip()))


@annotation_command.command("delete")
@click.argument("number", type=click.IntRange(min=1))
@site_option
@place_options
def delete(number: int, site_name: str, settings: Settings) -> None:
    """Delete the mark with this NUMBER."""
    with open_rooms(settings) as rooms:
        if not rooms.catalog.delete_annotation(rooms.site(site_name).id, number):
            raise UserError(f"There is no mark number {number}.", "The numbers are in: desireline annotation list")
    click.echo(f"Deleted mark number {number}.")
