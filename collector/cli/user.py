"""`desireline user`: accounts, made and helped by links that work once."""

from __future__ import annotations

import secrets

import click

from collector.catalog.catalog import Catalog
from collector.catalog.values import ROLES, Purpose, User
from collector.cli.place import now_ms, origin_of, place_options
from collector.cli.rooms import open_rooms
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.settings import Settings

_TTL = DAY


# What a one-time token is for, and the page that takes it.
_PAGES: dict[Purpose, str] = {"setup": "/setup", "login": "/login/once", "password": "/welcome"}


def one_time_link(catalog: Catalog, settings: Settings, purpose: Purpose, now: int, user: User | None = None) -> str:
    """An address that works once, within a day: to make the first account, to log in, or to choose a password."""
    token = catalog.issue_token(purpose, now, _TTL, None if user is None else user.id)
    return f"{origin_of(settings)}{_PAGES[purpose]}?token={token}"


def make_user(catalog: Catalog, email: str, now: int, admin: bool) -> User:
    """An account whose password nobody knows yet: its owner comes in by a link and sets one."""
    return catalog.create_user(email, secrets.token_urlsafe(48), now, admin=admin)


@click.group("user")
def user_command() -> None:
    """Add people who may log in, and help them in."""


@user_command.command("add")
@click.argument("email")
@click.option(
    "--site", "site_name", metavar="NAME", help="Only this site, by --role [default: every site, as an owner]."
)
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@place_options
def add(email: str, site_name: str | None, role: str, settings: Settings) -> None:
    """Add an account, and print a link by which its owner chooses a password."""
    with open_rooms(settings) as rooms:
        site = None if site_name is None else rooms.site(site_name)
        user = make_user(rooms.catalog, email, now_ms(), admin=site is None)
        if site is not None:
            rooms.catalog.set_role(user.id, site.id, role)
        address = one_time_link(rooms.catalog, settings, "password", now_ms(), user)
    click.echo(f"Added {user.email}. To choose a password, open this once within a day:\n\n  {address}\n")


@user_command.command("link")
@click.argument("email")
@click.option("--password", is_flag=True, help="A link to choose a new password, instead of one that just logs in.")
@place_options
def link(email: str, password: bool, settings: Settings) -> None:
    """Print a link that logs EMAIL in once, within a day."""
    with open_rooms(settings) as rooms:
        user = rooms.catalog.user_by_email(email)
        if user is None:
            raise UserError(f"There is no user {email!r}.", "Add one: desireline user add EMAIL")
        purpose: Purpose = "password" if password else "login"
        click.echo(one_time_link(rooms.catalog, settings, purpose, now_ms(), user))


@user_command.command("list")
@place_options
def list_users(settings: Settings) -> None:
    """List the accounts."""
    with open_rooms(settings) as rooms:
        names = {site.id: site.name for site in rooms.catalog.sites()}
        for user in rooms.catalog.users():
            roles = [f"{role} of {names[site]}" for site, role in rooms.catalog.roles(user).items() if site in names]
            click.echo(f"{user.email:<40} {'owner of all' if user.admin else ', '.join(roles) or 'no site'}")
