"""One person is erased everywhere: ledger, inbox, journeys, and what people saved; the only wiring of those rooms."""

from __future__ import annotations

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
    catalog.forget_contacts(site, [visitor.key for visitor in visitors])
    ask_to_wipe(inbox)
    views.refresh(site)
    return counts


def wait_for_wipe(inbox: Path, seconds: float) -> bool:
    """Wait until the boxes of running workers are rewritten; whether they are."""
    until = time.monotonic() + seconds
    while still_to_wipe(inbox):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
