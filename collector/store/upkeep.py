"""What a ledger lets go of in time, so that nothing in it grows for ever unasked."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.times import DAY
from collector.store import accounts, aside
from collector.store.engine import Engine

QUARANTINE_DAYS = 90
# Another host's loader may have boxes that this one cannot see, so only a mark that nobody moved for long goes. Were it
# needed after all, the ids of the events would still keep them from being stored twice.
MARK_DAYS = 30


def drop_marks(engine: Engine, inboxes: Sequence[str]) -> None:
    """Remove the marks of inboxes that are gone for good."""
    with engine.writing():
        engine.run(f"DELETE FROM mark WHERE {engine.within('inbox', 'text')}", (engine.many(list(inboxes)),))  # noqa: S608


def tidy(engine: Engine, inboxes: Sequence[str], now: int) -> None:
    """Remove quarantine past its days, and marks long unmoved of inboxes that are not here; fold old counts.

    Args:
        inboxes: the inboxes that there are on this host.
        now: ms UTC.
    """
    aside.expire(engine, now - QUARANTINE_DAYS * DAY)
    accounts.fold(engine, now)
    old = engine.rows("SELECT inbox FROM mark WHERE time < ?", (now - MARK_DAYS * DAY,))
    if gone := sorted({row[0] for row in old} - set(inboxes)):
        drop_marks(engine, gone)
