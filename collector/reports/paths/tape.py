"""The places of every visit or person one after the other, without reloads: what paths are read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Int32, Int64, Part, looked_up
from collector.reports.paths.places import Rules, narrow, place_rows, places

UNIT_BITS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Stays: a stay is what a visit (or person) did at one place before it was at another, reloads and all.

    row, last: a stay's first and last row. code: its place. start: for unit u the stays `start[u]:start[u + 1]`.
    mixed: visits of persons whose visits took turns, ascending; `row` ascends over the stays of all others.
    """

    row: Int32
    last: Int32
    code: NDArray[Any]
    start: Int64
    mixed: Int64

    def stay_at(self, unit: Int64, row: Int64) -> Int64:
        """The unit's last stay that began at or before a row, the one before its first where there is none."""
        # All rows of a person whose visits took turns are before or after those of another, in whatever order.
        found = np.searchsorted(self.row, row.astype(np.int32, copy=False), side="right") - 1
        turns = np.flatnonzero(np.isin(unit, self.mixed))
        if len(turns):
            found[turns] = self._stay_of_mixed(unit[turns], row[turns])
        return np.maximum(found, self.start[unit] - 1)

    def _stay_of_mixed(self, unit: Int64, row: Int64) -> Int64:
        first, end = self.start[self.mixed], self.start[self.mixed + 1]
        stays = ranges(first, end)
        keys = (np.repeat(self.mixed, end - first) << UNIT_BITS) | self.row[stays]
        place = np.searchsorted(keys, (unit << UNIT_BITS) | row, side="right")
        return np.append(-1, stays)[place]


def tape(journeys: Journeys, part: Part, rules: Rules, sessions: bool, include_bots: bool) -> Tape:
    """The part's tape, remembered with the part."""
    found = places(journeys, rules)
    # Kinds that become known later may not change what the codes kept with a part mean.
    meaning = hash(found.code[: len(part.kind_start)].tobytes())
    key = ("path tape", rules, sessions, include_bots, meaning)
    return part.memo.get(key, lambda: _made(journeys, part, rules, sessions, include_bots))


def _made(journeys: Journeys, part: Part, rules: Rules, sessions: bool, include_bots: bool) -> Tape:
    code = places(journeys, rules).code
    rows = place_rows(journeys, part, rules, include_bots).astype(np.int32)
    unit = looked_up(part.session if sessions else part.person, rows)
    mixed = _put_in_order(part, rows, unit)
    at = looked_up(narrow(code, len(code)), looked_up(part.kind, rows))
    fresh = np.ones(len(rows) + 1, dtype=np.bool_)
    if len(rows):
        np.not_equal(at[1:], at[:-1], out=fresh[1:-1])
        fresh[1:-1] |= unit[1:] != unit[:-1]
    first = np.flatnonzero(fresh)
    begin, end = first[:-1], first[1:] - 1
    count = len(part.session_row) if sessions else len(part.persons)
    start = np.concatenate(([0], np.cumsum(np.bincount(unit[begin], minlength=count)))).astype(np.int64)
    return Tape(rows[begin], rows[end], at[begin], start, mixed)


def _put_in_order(part: Part, rows: Int32, unit: Int32) -> Int64:
    """Bring the rows of each unit together; the units of whom that changed something.

    Where two visitors of one person are there at the same time, their visits take turns.
    """
    back = np.flatnonzero(unit[1:] < unit[:-1])
    if not len(back):
        return np.empty(0, dtype=np.int64)
    persons = np.unique(part.person[rows[back]])
    edges = np.searchsorted(rows, part.person_row[[persons, persons + 1]].astype(np.int32))
    mine = ranges(edges[0], edges[1])
    order = mine[np.argsort(unit[mine], kind="stable")]
    rows[mine], unit[mine] = rows[order], unit[order]
    return np.unique(unit[mine]).astype(np.int64)
