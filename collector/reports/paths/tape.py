"""The places of every visit or person one after the other, without reloads: what paths are read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64, Part
from collector.reports.paths.places import Rules, narrow, place_rows, places

UNIT_BITS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Stays: a stay is what a visit (or person) did at one place before it was at another, reloads and all.

    row, last: a stay's first and last row. code: its place. start: for unit u the stays `start[u]:start[u + 1]`.
    key: what stays are found by, ascending: the first row, or `unit << 32 | row` where visits interleave.
    """

    row: Int32
    last: Int32
    code: NDArray[Any]
    start: Int64
    key: Int32 | Int64

    def stay_at(self, unit: Int64, row: Int64) -> Int64:
        """The unit's last stay that began at or before a row, the one before its first where there is none."""
        wanted = row if self.key.dtype == np.int32 else (unit << UNIT_BITS) | row
        found = np.searchsorted(self.key, wanted.astype(self.key.dtype, copy=False), side="right") - 1
        return np.maximum(found, self.start[unit] - 1)


def tape(journeys: Journeys, part: Part, rules: Rules, sessions: bool, include_bots: bool) -> Tape:
    """The part's tape, remembered with the part."""
    found = places(journeys, rules)
    # Kinds that become known later may not change what the codes kept with a part mean.
    meaning = hash(found.code[: len(part.kind_start)].tobytes())
    key = ("path tape", rules, sessions, include_bots, meaning)
    return Tape(*part.memo.get(key, lambda: _made(journeys, part, rules, sessions, include_bots)))


def _made(
    journeys: Journeys, part: Part, rules: Rules, sessions: bool, include_bots: bool
) -> tuple[Int32, Int32, NDArray[Any], Int64, Int32 | Int64]:
    code = places(journeys, rules).code
    rows = place_rows(journeys, part, rules, include_bots).astype(np.int32)
    unit = (part.session if sessions else part.person)[rows]
    mixed = sessions and bool((unit[1:] < unit[:-1]).any())
    if mixed:  # two visitors of one person at the same time
        order = np.argsort(unit, kind="stable")
        rows, unit = rows[order], unit[order]
    at = narrow(code, len(code))[part.kind[rows]]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (at[1:] != at[:-1]) | (unit[1:] != unit[:-1])
    first = np.flatnonzero(fresh)
    row = rows[first]
    last = rows[np.append(first[1:], len(rows)) - 1] if len(rows) else rows
    count = len(part.session_row) if sessions else len(part.persons)
    start = np.concatenate(([0], np.cumsum(np.bincount(unit[first], minlength=count)))).astype(np.int64)
    key = (unit[first].astype(np.int64) << UNIT_BITS) | row if mixed else row
    return row, last, at[first], start, key
