"""What became of every event that came by the inbox: counted in the transaction that decides it (REQUIREMENTS C5.4).

accepted = stored + flagged + duplicate + quarantined + refused, for every site, after every commit. `accepted` is what
the loader read in the records; the others are what the database says it did, so that an event which gets lost between
the two shows as a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from collector.core.times import DAY
from collector.store.engine import Engine
from collector.store.protocol import Outcome

ACCEPTED, STORED, FLAGGED, DUPLICATE, QUARANTINED = "accepted", "stored", "flagged", "duplicate", "quarantined"
REFUSED = "refused"
ERASED = "erased"  # of somebody who was erased, and must not come back by a retry
DELETED = "deleted_site"  # still on their way when their site was deleted
CONFLICT = "conflict"  # the reason of a duplicate that says something else than what is stored (B23)
NO_ROOM = "no_room"  # the reason of what a full quarantine did not keep
KEPT_DAYS = 60
Account: TypeAlias = Counter[tuple[int, str, str]]  # (site, outcome, reason) -> events

_ADD = (
    "INSERT INTO outcome_count (site, outcome, reason, day, events) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (site, outcome, reason, day) DO UPDATE SET events = outcome_count.events + excluded.events"
)
_FOLD = (
    "INSERT INTO outcome_count (site, outcome, reason, day, events) "
    "SELECT site, outcome, reason, 0, sum(events) FROM outcome_count WHERE day > 0 AND day < ? "
    "GROUP BY site, outcome, reason "
    "ON CONFLICT (site, outcome, reason, day) DO UPDATE SET events = outcome_count.events + excluded.events"
)


def add(engine: Engine, account: Mapping[tuple[int, str, str], int], now: int) -> None:
    """Add counts to the day that holds `now` (ms UTC); inside `Engine.writing`."""
    rows = [(*key, now // DAY, number) for key, number in sorted(account.items()) if number]
    engine.run_many(_ADD, rows)


def outcomes(engine: Engine, site: int | None, since: int) -> Sequence[Outcome]:
    """Totals of a site (None: of each) from the day that holds `since` (ms UTC; 0: from the beginning)."""
    where, params = ("", ()) if site is None else (" AND site = ?", (site,))
    query = (
        "SELECT site, outcome, reason, sum(events) FROM outcome_count "  # noqa: S608 - our own words
        f"WHERE day >= ?{where} GROUP BY site, outcome, reason ORDER BY site, outcome, reason"
    )
    return [Outcome(row[0], row[1], row[2], int(row[3])) for row in engine.rows(query, (since // DAY, *params))]


def fold(engine: Engine, now: int) -> None:
    """Put days older than `KEPT_DAYS` together: totals stay, the table stays small."""
    before = now // DAY - KEPT_DAYS
    if engine.row("SELECT 1 FROM outcome_count WHERE day > 0 AND day < ? LIMIT 1", (before,)) is None:
        return
    with engine.writing():
        engine.run(_FOLD, (before,))
        engine.run("DELETE FROM outcome_count WHERE day > 0 AND day < ?", (before,))
