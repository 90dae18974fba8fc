"""`desireline site`: add a site, list sites."""

from __future__ import annotations

import html
import json

import click

from collector.catalog.values import Site
from collector.cli.place import now_ms, origin_of, place_options
from collector.cli.rooms import open_rooms
from collector.cli.words import so_many
from collector.core.errors import UserError
from collector.erasing import delete_site
from collector.settings import Settings


def script_tag(settings: Settings, site: Site) -> str:
    """The line that goes into every page of the site."""
    origin = html.escape(origin_of(settings))
    return f'<script defer src="{origin}/t.js" data-site="{html.escape(site.write_key)}"></script>'


@click.group("site")
def site_command() -> None:
    """Add, list and delete sites."""


@site_command.command("add")
@click.argument("name")
@click.option(
    "--origin",
    "origins",
    metavar="URL",
    multiple=True,
    required=True,
    help="Where its pages are, like https://shop.example. Repeat for several.",
)
@click.option(
    "--timezone", metavar="TZ", default="UTC", show_default=True, help="Days are cut in it, like Europe/Berlin."
)
@click.option("--title", default="", help="A longer name for people to read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
def add(name: str, origins: tuple[str, ...], timezone: str, title: str, as_json: bool, settings: Settings) -> None:
    """Add a site, and print its script tag and keys.

    The secret key, for events that your own server sends, is shown this once.
    """
    with open_rooms(settings) as rooms:
        made = rooms.catalog.add_site(name, origins, now_ms(), timezone=timezone, title=title)
    tag = script_tag(settings, made.site)
    if as_json:
        shown = {"name": made.site.name, "write_key": made.site.write_key, "secret_key": made.secret_key, "tag": tag}
        click.echo(json.dumps(shown))
        return
    click.echo(f"Added {made.site.name}. Paste this into every page:\n\n  {tag}\n")
    click.echo(f"Write key   {made.site.write_key}")
    click.echo(f"Secret key  {made.secret_key}   (shown once; only for your own server)")


@site_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
def list_sites(as_json: bool, settings: Settings) -> None:
    """List the sites."""
    with open_rooms(settings) as rooms:
        sites = rooms.catalog.sites()
    if as_json:
        rows = [
            {
                "name": site.name,
                "write_key": site.write_key,
                "origins": list(site.origins),
                "timezone": site.timezone,
                "tag": script_tag(settings, site),
            }
            for site in sites
        ]
        click.echo(json.dumps(rows))
        return
    if not sites:
        click.echo("There are no sites yet. Add one: desireline site add NAME --origin URL")
    for site in sites:
        click.echo(f"{site.name:<20} {site.write_key}  {', '.join(site.origins)}  ({site.timezone})")


@site_command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@place_options
def delete(name: str, yes: bool, settings: Settings) -> None:
    """Delete the site NAME with every event, person, saved report and consent of it. There is no way back."""
    with open_rooms(settings) as rooms:
        site = rooms.site(name)
        if not yes:
            events = rooms.ledger.counts(site.id)["events"]
            told = click.prompt(f"This deletes {so_many(events, 'event')} for good. Type {name} to confirm", default="")
            if told.strip() != name:
                raise UserError("Nothing was deleted.", "Type the site's name exactly.")
        counts = delete_site(rooms.ledger, rooms.catalog, settings.data, settings.inbox, site.id, now_ms())
    click.echo("Deleted: " + (", ".join(f"{count:,} {table}" for table, count in counts.items() if count) or name))
    click.echo("Backups made before still hold it.")
