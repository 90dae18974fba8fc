"""`desireline link`, `unlink` and `forget`: who belongs together, and who is erased."""

from __future__ import annotations

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.core.errors import UserError
from collector.settings import Settings


@click.command("link")
@click.argument("visitor")
@click.argument("user")
@site_option
@place_options
def link_command(visitor: str, user: str, site_name: str, settings: Settings) -> None:
    """Say that VISITOR (an anonymous visitor's key) is the known person USER. `unlink` takes it back."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        rooms.ledger.link(site.id, visitor, user, now_ms())
        rooms.refresh(site)
    click.echo(f"{visitor} is now part of {user}.")


@click.command("unlink")
@click.argument("visitor")
@site_option
@place_options
def unlink_command(visitor: str, site_name: str, settings: Settings) -> None:
    """Take back that VISITOR is a known person; the person keeps the other visitors."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        rooms.ledger.unlink(site.id, visitor, now_ms())
        rooms.refresh(site)
    click.echo(f"{visitor} stands alone again.")


@click.command("forget")
@click.argument("person")
@site_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@place_options
def forget_command(person: str, site_name: str, yes: bool, settings: Settings) -> None:
    """Erase everything about PERSON (a user id, or a visitor's key): events, links and traits. There is no way back."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        _, visitors = rooms.ledger.person(site.id, person)
        if not visitors:
            raise UserError(f"There is nobody called {person!r} in {site.name}.")
        if not yes:
            click.confirm(f"Erase {person} and all {len(visitors)} visitors of theirs for good?", abort=True)
        counts = rooms.ledger.forget(site.id, [visitor.id for visitor in visitors], now_ms())
        rooms.refresh(site)
    click.echo("Erased: " + ", ".join(f"{count} {table}" for table, count in counts.items()))
