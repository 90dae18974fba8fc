"""What a site spent on advertising, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import peewee

from collector.catalog import check
from collector.catalog.base import Record
from collector.catalog.saved import Saved
from collector.catalog.values import Site
from collector.core import query
from collector.core.errors import UserError
from collector.core.spend import NO_SPEND, Spend, SpendDay
from collector.store.engine import Engine

DAY = peewee.Table("spend_day")
STATE = peewee.Table("spend_state")
MAX_DAYS = 100_000
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SpendGroup:
    """What was spent on one channel, source and campaign in one currency, from `first` to `last` (ISO days)."""

    channel: str
    source: str
    campaign: str
    currency: str
    first: str
    last: str
    days: int
    cost: float


class Spending(Saved):
    """The part of the catalog about what was spent. Everything is found within its site only."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._kept: dict[int, Spend] = {}

    def spend(self, site_id: int) -> Spend:
        """The whole spend of a site; read again only after it changed."""
        version = self._version(site_id)
        if not version:
            return NO_SPEND
        kept = self._kept.get(site_id)
        if kept is not None and kept.version == version:
            return kept
        rows = self._all(DAY.select().where(DAY.c.site == site_id).order_by(DAY.c.day))
        found = Spend(tuple(map(_day, rows)), version)
        self._kept[site_id] = found
        return found

    def question_site(self, site: Site) -> query.Site:
        """What a question must know of the site it is asked of, its spend among it."""
        return replace(super().question_site(site), spend=self.spend(site.id))

    def put_spend(self, site_id: int, rows: Sequence[SpendDay]) -> tuple[int, int]:
        """Keep the cost of these days; one of the same day, channel, source and campaign is replaced.

        Returns:
            How many are new, and how many took the place of another.

        Raises:
            UserError: the site would have too many.
        """
        fresh = {(row.day, row.channel, row.source, row.campaign): row for row in map(_storable, rows)}
        with self._engine.writing():
            known = {_key(row) for row in self._all(DAY.select().where(DAY.c.site == site_id))}
            if len(known | fresh.keys()) > MAX_DAYS:
                raise UserError(f"A site can have the costs of {MAX_DAYS:,} days.", "Delete old ones first.")
            columns = (DAY.c.site, DAY.c.day, DAY.c.channel, DAY.c.source, DAY.c.campaign, DAY.c.cost, DAY.c.currency)
            cells = [
                (site_id, one.day, one.channel, one.source, one.campaign, one.cost, one.currency)
                for one in fresh.values()
            ]
            for start in range(0, len(cells), _AT_ONCE):
                put = DAY.insert(cells[start : start + _AT_ONCE], columns=columns)
                with self._engine.errors():
                    put.on_conflict(conflict_target=columns[:5], preserve=columns[5:]).execute(self._engine.database)
            self._changed(site_id)
        return len(fresh.keys() - known), len(fresh.keys() & known)

    def spend_groups(self, site_id: int) -> Sequence[SpendGroup]:
        """What was spent, by channel, source and campaign; what was spent last comes first."""
        groups: dict[tuple[str, str, str, str], list[SpendDay]] = {}
        for row in self.spend(site_id).rows:
            groups.setdefault((row.channel, row.source, row.campaign, row.currency), []).append(row)
        found = [
            SpendGroup(*key, rows[0].day, rows[-1].day, len(rows), sum(row.cost for row in rows))
            for key, rows in groups.items()
        ]
        return sorted(found, key=lambda one: (one.last, one.cost), reverse=True)

    def delete_spend(self, site_id: int, group: tuple[str, str, str] | None = None) -> int:
        """Delete what was spent on one (channel, source, campaign), or all of it; how many days that were."""
        mine = DAY.c.site == site_id
        if group is not None:
            channel, source, campaign = map(check.storable, group)
            mine &= (DAY.c.channel == channel) & (DAY.c.source == source) & (DAY.c.campaign == campaign)
        with self._engine.writing():
            gone = self._change(DAY.delete().where(mine))
            if gone:
                self._changed(site_id)
        return gone

    def _version(self, site_id: int) -> int:
        row = self._first(STATE.select(STATE.c.version).where(STATE.c.site == site_id))
        return 0 if row is None else int(row["version"])

    def _changed(self, site_id: int) -> None:
        """Give the spend another version, within the change itself."""
        if not self._change(STATE.update(version=STATE.c.version + 1).where(STATE.c.site == site_id)):
            self._add(STATE, site=site_id, version=1)


def _day(row: Record) -> SpendDay:
    return SpendDay(**{name: row[name] for name in SpendDay.__slots__})


def _key(row: Record) -> tuple[str, str, str, str]:
    return row["day"], row["channel"], row["source"], row["campaign"]


def _storable(row: SpendDay) -> SpendDay:
    channel, source, campaign = (check.storable(text)[:200] for text in (row.channel, row.source, row.campaign))
    return SpendDay(row.day, channel, source, campaign, row.cost, row.currency)
