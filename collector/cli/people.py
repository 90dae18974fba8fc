"""`desireline link`, `unlink` and `forget`: who belongs together, and who is erased."""

from __future__ import annotations

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.cli.words import so_many
from collector.core.errors import UserError
from collector.erasing import erase_person, wait_for_wipe
from collector.settings import Settings

_WIPE_SECONDS = 5.0


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
            click.confirm(f"Erase {person} and {so_many(len(visitors), 'visitor')} of theirs for good?", abort=True)
        inbox = settings.inbox
        counts = erase_person(rooms.ledger, rooms.catalog, rooms.views, inbox, site.id, person, now_ms())
    click.echo("Erased: " + ", ".join(f"{count} {table}" for table, count in counts.items()))
    click.echo("What is still sent about them is refused; `desireline unforget` lifts that. Backups keep them.")
    if not wait_for_wipe(inbox, _WIPE_SECONDS):
        click.echo("Some of it still waits in the inbox: it is refused and wiped once the loader has come that far.")


@click.command("unforget")
@click.argument("key")
@site_option
@place_options
def unforget_command(key: str, site_name: str, settings: Settings) -> None:
    """Let KEY, the user id or visitor's key of somebody who was erased, be counted again from now on."""
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        if not rooms.ledger.lift(site.id, key, now_ms()):
            raise UserError(f"{key!r} is not among the erased of {site.name}.")
    click.echo(f"{key} is counted again. What was erased stays erased.")
