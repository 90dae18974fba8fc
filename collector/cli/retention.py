"""`desireline retention`: what is older than a site keeps, counted first, removed only when told to."""

from __future__ import annotations

import click

from collector.cli.place import now_ms, place_options, site_option
from collector.cli.rooms import open_rooms
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.core.write import iso_time
from collector.retention import oldest_kept, told
from collector.settings import Settings


@click.command("retention")
@site_option
@click.option("--days", type=click.IntRange(1, 36_500), help="Keep this many days [default: the site's own setting].")
@click.option("--apply", "really", is_flag=True, help="Remove it now; without this it is only counted.")
@place_options
def retention_command(site_name: str, days: int | None, really: bool, settings: Settings) -> None:
    """Count what is older than the site keeps, by table; with --apply, remove it.

    The server does this by itself once a day for sites that have a setting (Privacy on the site's pages). Backups are
    not touched.
    """
    now = now_ms()
    with open_rooms(settings) as rooms:
        site = rooms.site(site_name)
        before = oldest_kept(site, now, days)
        if before is None:
            raise UserError(f"{site.name} keeps everything.", "Give --days, or set how long on its Privacy page.")
        click.echo(f"{site.name} keeps {(now - before) // DAY} days: what happened before {iso_time(before)} is old.")
        last = rooms.ledger.last_expiry(site.id)
        if last is not None:
            click.echo(f"Last run {iso_time(last.time)}: {told(last.counts)} removed.")
        if not really:
            click.echo(f"Would be removed now: {told(rooms.ledger.old_counts(site.id, before))}.")
            click.echo("Nothing was removed. Add --apply to remove it.")
            return
        click.echo(f"Removed: {told(rooms.ledger.expire(site.id, before, now))}.")
        rooms.refresh(site)
