"""`desireline segment`: sets of people under a name; made, listed, counted, exported, renamed, deleted."""

from __future__ import annotations

from typing import IO

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import Rooms, open_rooms
from collector.cli.words import so_many
from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.people_words import people_words
from collector.core.times import day_of
from collector.core.write import block_csv, one_line
from collector.reports.ask import ask
from collector.reports.base import Report
from collector.reports.segment import COUNT, REPORT
from collector.settings import Settings

_MOST = "100000"
where_options = [
    click.option("--where", metavar="CONDITION", multiple=True, help="What its people did or are. Repeat: all hold."),
    click.option("--where-not", metavar="CONDITION", multiple=True, help="What they did not do, or are not."),
]


@click.group("segment")
def segment_command() -> None:
    """Sets of people to ask any report of (--segment NAME).

    A CONDITION is what they did, how often and when, like 'event:purchase[total>=100][#times>=2][#last=30d]', an order
    like 'page:/pricing -> event:signup[#within=7d]', or what they are: device:mobile, is:identified, segment:NAME.
    """


@segment_command.command("add")
@click.argument("name")
@site_option
@where_options[0]
@where_options[1]
@click.option("--list", "file", type=click.File(encoding="utf-8"), help="Keep the people of this file: a key a line.")
@click.option("--replace", is_flag=True, help="Change the one of this name.")
@place_options
def add(
    name: str,
    site_name: str,
    where: tuple[str, ...],
    where_not: tuple[str, ...],
    file: IO[str] | None,
    replace: bool,
    settings: Settings,
) -> None:
    """Keep the people of these conditions, or of a file as they are now, as the segment NAME.

    The file holds a user id or a visitor's key a line (- is the standard input).
    """
    if file is not None and (where or where_not):
        raise UserError("A list and conditions are given at once.", "Keep the list, then name it in a condition.")
    with open_rooms(settings) as rooms:
        site, now = rooms.site(site_name), now_ms()
        if file is None:
            made = rooms.catalog.save_segment(site.id, name, where, where_not, now, replace=replace)
        else:
            known, others = _known(rooms, site.id, file)
            made = rooms.catalog.save_list(site.id, name, known, str(day_of(now, site.zone)), now, replace=replace)
            if others:
                click.echo(f"Left out, since nobody here is called so: {_people(others)}.", err=True)
        people = _count(rooms, site_name, made.name)
    click.echo(f"Saved {one_line(made.name)}: {_people(people)} now.")


def _known(rooms: Rooms, site: int, file: IO[str]) -> tuple[list[str], int]:
    """The keys of a file that somebody here has, and how many others there are: of these nothing is kept."""
    try:
        keys = list(dict.fromkeys(line.strip() for line in file if line.strip()))
    except UnicodeDecodeError as error:
        raise UserError("The file cannot be read as text.", "Write it as UTF-8.") from error
    found = {*rooms.ledger.person_ids(site, keys), *rooms.ledger.visitor_ids(site, keys)}
    known = [key for key in keys if key in found]
    return known, len(keys) - len(known)


@segment_command.command("list")
@site_option
@place_options
def list_segments(site_name: str, settings: Settings) -> None:
    """List the segments with their conditions, and with how many people each has now."""
    with open_rooms(settings) as rooms:
        segments = rooms.catalog.segments(rooms.site(site_name).id)
        counts = {name: _count(rooms, site_name, name) for name in segments}
    if not segments:
        click.echo("There are no segments yet. Add one: desireline segment add NAME --site SITE --where CONDITION")
    for name, segment in segments.items():
        click.echo(f"{one_line(name)}  {_people(counts[name])}")
        for sign, conditions in (("with", segment.where), ("without", segment.where_not)):
            for one in conditions:
                click.echo(f"  {sign:<8} {one_line(str(one))}  ({one_line(str(people_words(one)))})")


@segment_command.command("count")
@click.argument("name", required=False, default="")
@site_option
@where_options[0]
@where_options[1]
@place_options
def count(name: str, site_name: str, where: tuple[str, ...], where_not: tuple[str, ...], settings: Settings) -> None:
    """Count the people of the segment NAME, of conditions, or of both."""
    with open_rooms(settings) as rooms:
        click.echo(_count(rooms, site_name, name, where, where_not))


@segment_command.command("export")
@click.argument("name")
@site_option
@place_options
def export(name: str, site_name: str, settings: Settings) -> None:
    """Write the people of the segment NAME as CSV, those seen last first."""
    with open_rooms(settings) as rooms:
        zone = rooms.site(site_name).zone
        result = _ask(rooms, site_name, REPORT, {"segment": [name], "limit": [_MOST]})
    block = result.block("people")
    click.echo(block_csv(block, zone), nl=False)
    if block.note is not None:
        click.echo(one_line(str(block.note)), err=True)


@segment_command.command("rename")
@click.argument("name")
@click.argument("new")
@site_option
@place_options
def rename(name: str, new: str, site_name: str, settings: Settings) -> None:
    """Call the segment NAME by the name NEW, also in saved reports, shared links and other segments."""
    with open_rooms(settings) as rooms:
        made = rooms.catalog.rename_segment(rooms.site(site_name).id, name, new)
    click.echo(f"It is called {one_line(made.name)} now.")


@segment_command.command("delete")
@click.argument("name")
@site_option
@place_options
def delete(name: str, site_name: str, settings: Settings) -> None:
    """Delete the segment NAME; its people stay."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        if not rooms.catalog.delete_segment(site.id, name):
            known = ", ".join(rooms.catalog.segments(site.id))
            raise UserError(f"There is no segment {name!r}.", f"Known: {known or 'none yet'}.")
    click.echo(f"Deleted {one_line(name)}.")


def _people(number: int) -> str:
    return so_many(number, "person", "people")


def _count(
    rooms: Rooms, site_name: str, name: str, where: tuple[str, ...] = (), where_not: tuple[str, ...] = ()
) -> int:
    given = {"where": list(where), "where-not": list(where_not), **({"segment": [name]} if name else {})}
    return int(_ask(rooms, site_name, COUNT, given).block("total").rows[0][0] or 0)


def _ask(rooms: Rooms, site_name: str, report: Report, given: dict[str, list[str]]) -> Result:
    site = rooms.site(site_name)
    return ask(report, rooms.journeys(site), given, rooms.catalog.question_site(site), now_ms())[1]
