"""A person or a site is erased everywhere: ledger, inbox, journeys, what people saved; the wiring of those rooms."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from collector.catalog.catalog import Catalog
from collector.core.errors import UserError
from collector.inbox.wipe import ask_to_wipe, still_to_wipe
from collector.store.protocol import Ledger


class Views(Protocol):
    """Brings a site's journeys up to the ledger."""

    def refresh(self, site: int, /) -> object: ...


def erase_person(
    ledger: Ledger, catalog: Catalog, views: Views, inbox: Path, site: int, key: str, now: int
) -> Mapping[str, int]:
    """Erase everything about a person (a user id, or the key of any visitor of theirs); how many rows by table.

    Records of theirs that still wait in the inbox are refused when they are loaded; then the boxes are rewritten.

    Args:
        inbox: the folder of the boxes.
        now: ms UTC.

    Raises:
        UserError: the site knows nobody by this key.
    """
    person, visitors = ledger.person(site, key)
    if not visitors:
        raise UserError(f"There is nobody called {key!r}.", "Give a user id, or the key of a visitor.")
    counts = dict(ledger.forget(site, [visitor.id for visitor in visitors], now))
    names = {key, *(visitor.key for visitor in visitors)} | ({person.user} if person else set())
    counts |= catalog.drop_mentions(site, names)
    ask_to_wipe(inbox)
    views.refresh(site)
    return counts


def delete_site(
    ledger: Ledger,
    catalog: Catalog,
    data: Path,
    inbox: Path,
    site: int,
    now: int,
    *,
    at_once: bool = True,
) -> Mapping[str, int]:
    """Delete a site with everything that is kept of it; how many rows by table. Its number is never given out again.

    Args:
        data: the folder that holds the journeys.
        at_once: whether to wait until all of it is removed; else the loader does so in the next minutes.

    Raises:
        UserError: no such site.
    """
    # First its keys and settings: no door takes anything for it from then on.
    catalog.delete_site(site)
    ledger.mark_deleted(site, now)
    counts = ledger.delete_site(site) if at_once else {}
    shutil.rmtree(data / "journeys" / str(site), ignore_errors=True)
    ask_to_wipe(inbox)
    return counts


def wait_for_wipe(inbox: Path, seconds: float) -> bool:
    """Wait until the boxes of running workers are rewritten; whether they are."""
    until = time.monotonic() + seconds
    while still_to_wipe(inbox):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
