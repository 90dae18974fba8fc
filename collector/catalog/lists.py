"""Kept lists of people: who stood behind a number on a day. A segment names its list by a condition `list:DAY-ID`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import peewee

from collector.catalog import check
from collector.catalog.base import Base
from collector.core.errors import UserError

LIST = peewee.Table("people_list")
MEMBER = peewee.Table("people_list_member")
MOST_LISTED = 100_000


class Lists(Base):
    """The part of the catalog about kept lists. Everything is found within its site only."""

    def people_on(self, site_id: int, name: str) -> Sequence[str]:
        """The user ids and visitors' keys on the list that `list:<name>` names, in no order.

        Raises:
            UserError: the site has no such list (any more).
        """
        day, _, number = name.rpartition("-")
        mine = (LIST.c.site == site_id) & (LIST.c.day == day)
        if not number.isdecimal() or not self._first(LIST.select(LIST.c.id).where(mine & (LIST.c.id == int(number)))):
            raise UserError(f"There is no list {name!r} (any more).", "Choose another segment, or keep the list again.")
        return [row["key"] for row in self._all(MEMBER.select(MEMBER.c.key).where(MEMBER.c.list == int(number)))]

    def lists_with(self, site_id: int, keys: Sequence[str]) -> Sequence[tuple[str, int]]:
        """The lists of the site with one of these user ids or visitors' keys: name, and ms UTC of when it was kept."""
        mine = MEMBER.select(MEMBER.c.list).where(MEMBER.c.key.in_(list(keys)))
        found = LIST.select(LIST.c.id, LIST.c.day, LIST.c.created).where((LIST.c.site == site_id) & LIST.c.id.in_(mine))
        return [(f"{row['day']}-{row['id']}", row["created"]) for row in self._all(found.order_by(LIST.c.id))]

    def _keep_list(self, site_id: int, keys: Iterable[str], day: str, now: int) -> str:
        """Keep a list, within a transaction; its name.

        Raises:
            UserError: nobody stands on it, or too many do.
        """
        people = list(dict.fromkeys(check.storable(key) for key in keys if key))
        if not people:
            raise UserError("Nobody is on this list.", "Keep one with somebody on it.")
        if len(people) > MOST_LISTED:
            raise UserError(
                f"{len(people):,} people are too many for a list.",
                f"At most {MOST_LISTED:,}: narrow the question, or write it as conditions.",
            )
        number = self._all(LIST.insert(site=site_id, day=day, created=now).returning(LIST.c.id))[0]["id"]
        self._engine.run_many(
            "INSERT INTO people_list_member (list, key) VALUES (?, ?)", [(number, key) for key in people]
        )
        return f"{day}-{number}"

    def _drop_lists(self, site_id: int, named: Iterable[str]) -> None:
        """Delete the lists that none of these names is of, within a transaction."""
        kept = [int(name.rpartition("-")[2]) for name in named]
        self._change(LIST.delete().where((LIST.c.site == site_id) & LIST.c.id.not_in(kept or [0])))

    def _drop_listed(self, site_id: int, keys: Sequence[str]) -> int:
        """Take these keys off all lists of the site, within a transaction; how many there were."""
        lists = [row["id"] for row in self._all(LIST.select(LIST.c.id).where(LIST.c.site == site_id))]
        if not lists or not keys:
            return 0
        return self._change(MEMBER.delete().where(MEMBER.c.list.in_(lists) & MEMBER.c.key.in_(list(keys))))
