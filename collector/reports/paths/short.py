"""Visits of one place or two, counted together: most visits are such, and few different ways there are among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from collector.core.deadline import check
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.paths.places import Rules, places
from collector.reports.paths.tape import Tape, tape
from collector.reports.paths.walk import LEFT, NONE, OFFSET, Codes

# Ways are counted in a table of every place by every place: of more places visits are walked one by one.
MOST_WAYS = 4_000_000


class Ways(NamedTuple):
    """The short visits of a part whatever is asked of them, and the others that are at a place.

    few: sessions of one place or two, ascending; way: of each the number of its way; rest: the other sessions. By that
    number the places `first` and `second`, which is `LEFT` where there is none.
    """

    few: Int32
    way: Int32
    rest: Int32
    first: Codes
    second: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Short:
    """Some short visits of a part: their sessions, their ways, and by the number of a way how many went so."""

    part: Part
    of: Tape
    unit: Int32
    way: Int32
    ways: Ways
    many: Int64

    def columns(self, count: int) -> list[Codes]:
        """Of each way its first `count` codes."""
        first, second = self.ways.first, self.ways.second
        nothing = np.full(len(first), NONE, dtype=first.dtype)
        third = np.where(second == LEFT, NONE, LEFT).astype(first.dtype)
        return [first, second, third, *[nothing] * count][:count]

    def seconds(self, first: int, second: int) -> Float64:
        """How long each visit of a way took up to the last view of its second place; nothing where it has none."""
        way = np.flatnonzero((self.ways.first == first) & (self.ways.second == second))
        if second == LEFT or not len(way):
            return np.empty(0, dtype=np.float64)
        stay = self.of.start[self.unit[self.way == way[0]]]
        time = self.part.time
        took: Float64 = np.maximum(time[self.of.last[stay + 1]] - time[self.of.row[stay]], 0) / SECOND
        return took

    def begun_after(self, time: int) -> Int32:
        """The sessions with their first place after an instant (ms UTC)."""
        late = np.unique(self.part.session[np.flatnonzero(self.part.time > time)])
        late = late[np.isin(late, self.unit)]
        return late[self.part.time[self.of.row[self.of.start[late]]] > time]


def ways_of(journeys: Journeys, part: Part, rules: Rules, include_bots: bool) -> Ways | None:
    """The short visits of a part, remembered with it; None where there are too many places."""
    of = tape(journeys, part, rules, sessions=True, include_bots=include_bots)
    known = np.unique(places(journeys, rules).code)
    known = known[known >= 0]
    wide = len(known) + 1
    if wide * wide > MOST_WAYS:
        return None
    key = ("short visits", rules, include_bots, known.tobytes())
    return part.memo.get(key, lambda: _ways(of, known, wide))


def _ways(of: Tape, known: Int32, wide: int) -> Ways:
    length = np.diff(of.start)
    few = np.flatnonzero((length == 1) | (length == 2))
    stay, two = of.start[few], length[few] == 2
    check()
    number = np.zeros(int(known.max(initial=0)) + 1, dtype=np.int32)
    number[known] = np.arange(1, wide)
    way = number[of.code[stay]] * np.int32(wide)
    way[two] += number[of.code[stay[two] + 1]]
    check()
    there = np.zeros(wide * wide, dtype=np.bool_)
    there[way] = True
    ways = np.flatnonzero(there)
    place = np.zeros(wide * wide, dtype=np.int32)
    place[ways] = np.arange(len(ways))
    codes = np.concatenate(([LEFT], known)).astype(of.code.dtype)
    rest = np.flatnonzero(length > 2).astype(np.int32)
    return Ways(few.astype(np.int32), place[way], rest, codes[ways // wide], codes[ways % wide])


def short_of(part: Part, of: Tape, ways: Ways, kept: Bool | None) -> Short:
    """The short visits of the part that are kept, all of them where that is None."""
    unit, way = (ways.few, ways.way) if kept is None else (ways.few[kept], ways.way[kept])
    return Short(part, of, unit, way, ways, np.bincount(way, minlength=len(ways.first)))


def commonest_ways(shorts: Sequence[Short], most: int) -> list[tuple[int, int, int]]:
    """(how many visits, first place, second place or `LEFT`) of the commonest, those of one number by their codes."""
    if not shorts:
        return []
    went = [np.flatnonzero(one.many) for one in shorts]
    first, second = (
        np.concatenate([column[at] for column, at in zip(columns, went, strict=True)]).astype(np.int64)
        for columns in ([one.ways.first for one in shorts], [one.ways.second for one in shorts])
    )
    wide = int(second.max(initial=0)) + OFFSET + 1
    keys, of_key = np.unique(first * wide + second + OFFSET, return_inverse=True)
    many = np.bincount(of_key, weights=np.concatenate([one.many[one.many > 0] for one in shorts])).astype(np.int64)
    best = np.lexsort((keys, -many))[:most]
    return [(int(many[at]), int(keys[at]) // wide, int(keys[at]) % wide - OFFSET) for at in best]
