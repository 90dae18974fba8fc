"""`desireline spend`: what advertising cost, day by day; imported, listed, deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from collector.cli.place import place_options, site_option
from collector.cli.rooms import open_rooms
from collector.cli.words import so_many
from collector.core.errors import UserError
from collector.core.write import one_line
from collector.importing.files import RowFile
from collector.importing.spend import ROLES, read_spend, reading
from collector.settings import Settings

_SHOWN = 10


@click.group("spend")
def spend_command() -> None:
    """What advertising cost, which the attribution report sets beside what it brought."""


@spend_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@site_option
@click.option("--column", "columns", metavar="ROLE=NAME", multiple=True, help=f"Roles: {', '.join(ROLES)}. Repeat.")
@click.option("--channel", default="", help="The channel of rows that name none, like paid_search.")
@click.option("--source", default="", help="The source of rows that name none, like google.")
@click.option("--campaign", default="", help="The campaign of rows that name none.")
@click.option("--currency", default="", metavar="CODE", help="The currency of rows that name none, like EUR.")
@click.option("--dry-run", is_flag=True, help="Show and count, and write nothing.")
@place_options
def import_spend(
    file: Path,
    site_name: str,
    columns: tuple[str, ...],
    channel: str,
    source: str,
    campaign: str,
    currency: str,
    dry_run: bool,
    settings: Settings,
) -> None:
    """Read costs from FILE: a row a day and campaign, as ad platforms export them (CSV or JSON Lines).

    Its columns are found by their usual names. Rows of one day, channel, source and campaign are summed; what the site
    has of these days already is replaced, so that reading a file again changes nothing.
    """
    table = RowFile(file)
    if table.kind == "lines":
        raise UserError(f"{file} is not a table.", "Give CSV or JSON Lines.")
    told = dict(_pair(text) for text in columns)
    how = reading(table.names, told, {"channel": channel, "source": source, "campaign": campaign, "currency": currency})
    found = read_spend(table.rows(), how)
    for role in ROLES:
        meant = how.columns.get(role)
        said = (
            f"the column {meant!r}" if meant else f"{how.constants[role]!r} for all" if role in how.constants else "–"
        )
        click.echo(f"{role:<9} {one_line(said)}", err=True)
    for line, problem in found.refused[:_SHOWN]:
        click.echo(f"line {line}: {one_line(problem)}", err=True)
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        added, replaced = (0, 0) if dry_run else rooms.catalog.put_spend(site.id, found.days)
    kept = f"{so_many(added, 'day')} added, {replaced:,} replaced"
    outcome = f"{so_many(len(found.days), 'day')} would be kept" if dry_run else kept
    click.echo(f"{so_many(found.rows, 'row')} read: {outcome}, {so_many(len(found.refused), 'row')} refused.")
    if found.rows and found.rows == len(found.refused):
        raise SystemExit(1)


def _pair(text: str) -> tuple[str, str]:
    role, equals, name = text.partition("=")
    if not equals or role not in ROLES:
        raise UserError(f"{text!r} names no column.", f"Write ROLE=NAME; roles are {', '.join(ROLES)}.")
    return role, name


@spend_command.command("list")
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
def list_spend(site_name: str, as_json: bool, settings: Settings) -> None:
    """List what was spent, by channel, source and campaign."""
    with open_rooms(settings) as rooms:
        groups = rooms.catalog.spend_groups(rooms.site(site_name).id)
    if as_json:
        click.echo(json.dumps([asdict(group) for group in groups]))
        return
    if not groups:
        click.echo("No costs yet. Import some: desireline spend import FILE --site NAME")
    for one in groups:
        name = " / ".join(text or "–" for text in (one.channel, one.source, one.campaign))
        click.echo(
            f"{one_line(name)}  {one.first} to {one.last}  {so_many(one.days, 'day')}  {one.cost:,.2f} {one.currency}"
        )


@spend_command.command("delete")
@site_option
@click.option("--channel", default="", help="Of this channel.")
@click.option("--source", default="", help="Of this source.")
@click.option("--campaign", default="", help="Of this campaign.")
@click.option("--all", "everything", is_flag=True, help="All of it.")
@place_options
def delete_spend(
    site_name: str, channel: str, source: str, campaign: str, everything: bool, settings: Settings
) -> None:
    """Delete the costs of a channel, source and campaign as they are listed, or all."""
    group = (channel, source, campaign)
    if everything == any(group):
        raise UserError("Say what to delete.", "Give --channel, --source and --campaign as they are listed, or --all.")
    with open_rooms(settings) as rooms:
        gone = rooms.catalog.delete_spend(rooms.site(site_name).id, None if everything else group)
    if not gone:
        raise UserError("There are no such costs.", "See desireline spend list.")
    click.echo(f"{so_many(gone, 'day')} deleted.")
