"""Dashboards of a site: blocks of reports pinned to a page under a name, in an order that editors choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

import peewee

from collector.catalog import check
from collector.catalog.base import Base, Record
from collector.core.errors import UserError
from collector.core.times import parse_period

DASHBOARD = peewee.Table("dashboard")
PIN = peewee.Table("pinned_block")
MOST_DASHBOARDS = 50
MOST_PINS = 20


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard. `period`: that all its blocks are asked for, like 30d; "" leaves each its own."""

    id: int
    name: str
    period: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A block of a report's answer on a dashboard: `arguments` is the report's query string."""

    id: int
    name: str
    report: str
    block: str
    arguments: str
    wide: bool


def _dashboard(row: Record) -> Dashboard:
    return Dashboard(row["id"], row["name"], row["period"])


def _pin(row: Record) -> Pin:
    return Pin(row["id"], row["name"], row["report"], row["block"], row["arguments"], bool(row["wide"]))


class Dashboards(Base):
    """The part of the catalog about dashboards. Everything is found within its site only."""

    def dashboards(self, site_id: int) -> Sequence[Dashboard]:
        """A site's dashboards, by name."""
        mine = DASHBOARD.select().where(DASHBOARD.c.site == site_id)
        return [_dashboard(row) for row in self._all(mine.order_by(DASHBOARD.c.name))]

    def dashboard(self, site_id: int, dashboard_id: int) -> Dashboard | None:
        """One of a site's dashboards."""
        row = self._first(DASHBOARD.select().where(_at(DASHBOARD, site_id, dashboard_id)))
        return None if row is None else _dashboard(row)

    def pins(self, site_id: int, dashboard_id: int) -> Sequence[Pin]:
        """What is pinned to a dashboard, in its order."""
        mine = (PIN.c.site == site_id) & (PIN.c.dashboard == _number(dashboard_id))
        return [_pin(row) for row in self._all(PIN.select().where(mine).order_by(PIN.c.place, PIN.c.id))]

    def add_dashboard(self, site_id: int, name: str, now: int) -> Dashboard:
        """A dashboard without blocks.

        Raises:
            UserError: no name, it is taken, or too many dashboards.
        """
        name = check.label(name, "dashboard")
        with self._engine.writing():
            known = self.dashboards(site_id)
            self._free(known, name)
            if len(known) >= MOST_DASHBOARDS:
                raise UserError("There are too many dashboards.", "Delete those that nobody reads.")
            self._add(DASHBOARD, site=site_id, name=name, period="", created=now)
            return next(one for one in self.dashboards(site_id) if one.name == name)

    def change_dashboard(self, site_id: int, dashboard_id: int, name: str, period: str) -> bool:
        """Give a dashboard a name and a period; whether the site had it.

        Raises:
            UserError: no name, it is taken, or this is no period.
        """
        name, period = check.label(name, "dashboard"), check.storable(period).strip()
        if period:
            parse_period(period, date(2000, 1, 1))
        with self._engine.writing():
            self._free([one for one in self.dashboards(site_id) if one.id != dashboard_id], name)
            mine = _at(DASHBOARD, site_id, dashboard_id)
            return self._change(DASHBOARD.update(name=name, period=period).where(mine)) > 0

    def delete_dashboard(self, site_id: int, dashboard_id: int) -> bool:
        """Delete a dashboard with its pins; whether the site had it."""
        with self._engine.writing():
            return self._change(DASHBOARD.delete().where(_at(DASHBOARD, site_id, dashboard_id))) > 0

    def pin_block(
        self, site_id: int, dashboard_id: int, name: str, report: str, block: str, arguments: str, wide: bool = False
    ) -> bool:
        """Pin a block at the end of a dashboard; whether the site had it.

        Raises:
            UserError: no name, or too many blocks.
        """
        canonical = urlencode(parse_qsl(arguments.removeprefix("?"), keep_blank_values=True))
        name, block = check.label(name, "block"), check.storable(block)
        with self._engine.writing():
            if self.dashboard(site_id, dashboard_id) is None:
                return False
            known = self._places(site_id, dashboard_id)
            if len(known) >= MOST_PINS:
                raise UserError("This dashboard is full.", f"At most {MOST_PINS} blocks; make another one.")
            place = max((at for _, at in known), default=0) + 1
            cells = {"name": name, "report": report, "block": block, "arguments": canonical, "wide": int(wide)}
            self._add(PIN, site=site_id, dashboard=dashboard_id, place=place, **cells)
            return True

    def move_pin(self, site_id: int, dashboard_id: int, pin_id: int, by: int) -> bool:
        """Move a block up (-1) or down (1); whether the dashboard has it. The first cannot go up, nor the last down."""
        with self._engine.writing():
            known = self._places(site_id, dashboard_id)
            at = next((at for at, (number, _) in enumerate(known) if number == pin_id), None)
            if at is None:
                return False
            if 0 <= at + by < len(known):
                (one, here), (other, there) = known[at], known[at + by]
                self._change(PIN.update(place=there).where(_at(PIN, site_id, one)))
                self._change(PIN.update(place=here).where(_at(PIN, site_id, other)))
            return True

    def widen_pin(self, site_id: int, dashboard_id: int, pin_id: int, wide: bool) -> bool:
        """Let a block take the whole line or half of it; whether the dashboard has it."""
        mine = _pinned(site_id, dashboard_id, pin_id)
        with self._engine.writing():
            return self._change(PIN.update(wide=int(wide)).where(mine)) > 0

    def unpin(self, site_id: int, dashboard_id: int, pin_id: int) -> bool:
        """Take a block off; whether the dashboard had it."""
        mine = _pinned(site_id, dashboard_id, pin_id)
        with self._engine.writing():
            return self._change(PIN.delete().where(mine)) > 0

    def _places(self, site_id: int, dashboard_id: int) -> list[tuple[int, int]]:
        mine = (PIN.c.site == site_id) & (PIN.c.dashboard == _number(dashboard_id))
        return [
            (row["id"], row["place"]) for row in self._all(PIN.select().where(mine).order_by(PIN.c.place, PIN.c.id))
        ]

    @staticmethod
    def _free(known: Sequence[Dashboard], name: str) -> None:
        if any(one.name == name for one in known):
            raise UserError(f"There is a dashboard {name!r} already.", "Choose another name.")


def _number(row_id: int) -> int:
    # From an address, which may be longer than any id.
    return row_id if row_id < 2**63 else 0


def _at(table: peewee.Table, site_id: int, row_id: int) -> object:
    return (table.c.site == site_id) & (table.c.id == _number(row_id))


def _pinned(site_id: int, dashboard_id: int, pin_id: int) -> object:
    mine = (PIN.c.site == site_id) & (PIN.c.dashboard == _number(dashboard_id))
    return mine & (PIN.c.id == _number(pin_id))
