"""`desireline split`: people with their arm of an experiment, for ad systems and mailings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.core.errors import UserError
from collector.core.query import parse_query
from collector.core.write import csv_lines, json_text, one_line
from collector.reports.experiment.params import parse_shares
from collector.reports.experiment.split import Assigned, split
from collector.settings import Settings

_FORMS = ("csv", "jsonl", "events")
Row = dict[str, str]


@click.command("split")
@site_option
@click.option("--name", required=True, help="The experiment's; the name alone decides who gets what.")
@click.option("--share", required=True, metavar="SHARE", help="How many of 1 are on, like 0.9; or a=0.3,b=0.3,off=0.4.")
@click.option("--segment", metavar="NAME", help="Only people of a saved segment.")
@click.option("--where", metavar="CONDITION", multiple=True, help="Only people who did this, or are. Repeat: all hold.")
@click.option("--where-not", metavar="CONDITION", multiple=True, help="Only people who did not, or are not.")
@click.option(
    "--hash", "trait", metavar="TRAIT", default="", help="Only people with this trait, like email, as SHA-256."
)
@click.option("--arm", metavar="ARM", help="Only this arm.")
@click.option("--parameters", is_flag=True, help="Add the arm as parameters for a link.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="csv", show_default=True)
@place_options
def split_command(
    site_name: str,
    name: str,
    share: str,
    segment: str | None,
    where: tuple[str, ...],
    where_not: tuple[str, ...],
    trait: str,
    arm: str | None,
    parameters: bool,
    form: str,
    settings: Settings,
) -> None:
    """Write people with their arm of an experiment: an audience to upload, and the hold-out beside it.

    The arm comes of the name and the user id (or the visitor's key) alone, so that the same command gives the same
    split on any day. `--format events` writes what `desireline import` reads, so that the report tells what it changed:
    write it on the day the campaign begins, for both arms.
    """
    if not name.strip():
        raise UserError("An experiment needs a name.", "Write the one that pages and reports call it by.")
    shares = parse_shares(share)
    if form == "events" and (arm or trait):
        raise UserError("An experiment needs all its people.", "Write events without --arm and --hash.")
    given = {"where": list(where), "where-not": list(where_not), "all-time": ["1"]}
    given |= {"segment": [segment]} if segment else {}
    now = now_ms()
    counts: Counter[str] = Counter()

    def wanted(found: Iterator[Assigned]) -> Iterator[Assigned]:
        for one in found:
            if arm is None or one.arm == arm:
                counts[one.arm] += 1
                yield one

    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        query = parse_query((), given, rooms.catalog.question_site(site), now)
        found = wanted(split(rooms.journeys(site), query, name, shares, trait))
        for line in _lines(found, form, name, _row(name, bool(trait), parameters), shares, now):
            click.echo(line, nl=False)
    told = ", ".join(f"{one_line(one)} {counts[one]:,}" for one in sorted(counts)) or "nobody"
    click.echo(f"{one_line(name)}: {told}", err=True)


def _row(name: str, hashed: bool, parameters: bool) -> Callable[[Assigned], Row]:
    """What is written of a person: the hash in place of the id where there is one, so that no name leaves with it."""

    def row(one: Assigned) -> Row:
        who = {"sha256": one.sha256} if hashed else {"person": one.person}
        return {**who, "arm": one.arm, **({"parameters": one.parameters(name)} if parameters else {})}

    return row


def _lines(
    found: Iterator[Assigned],
    form: str,
    name: str,
    row: Callable[[Assigned], Row],
    shares: dict[str, float],
    now: int,
) -> Iterator[str]:
    if form == "events":
        yield from (json_text(one.exposure(name, shares, now)) + "\n" for one in found)
    elif form == "jsonl":
        yield from (json_text({**row(one)}) + "\n" for one in found)
    else:
        columns = list(row(Assigned("", False, "", "")))
        yield from csv_lines(columns, (list(row(one).values()) for one in found))
