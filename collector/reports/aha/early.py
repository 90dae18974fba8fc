"""What everybody did in their first days, kept with the part: it hangs on nothing that a question asks for."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.times import DAY
from collector.journeys.part import Int32, Int64, Part
from collector.reports.people_mask import first_times

DAYS = (DAY, 3 * DAY, 7 * DAY)
UInt8 = NDArray[np.uint8]
MOST = 255
"""So often or more often: more is not told apart."""


class Early(NamedTuple):
    """One entry for each kind and person who did it in the longest of the first days, by kind, then by person.

    edges: the entries of kind id k are `edges[k]:edges[k + 1]`. times: for each of DAYS how often, up to `MOST`.
    """

    edges: Int64
    person: Int32
    times: tuple[UInt8, ...]


def early(part: Part) -> Early:
    """Of all persons of the part since the first thing they did, bots aside."""
    return part.memo.get("early", lambda: _early(part))


def rows_since_first(part: Part, after: int, include_bots: bool) -> Int32:
    """For each person the first row that counts at `after` ms since their first one or later; else their end."""

    def find() -> Int32:
        persons = np.arange(len(part.persons))
        return rows_since(part, persons, first_times(part, include_bots), after, include_bots).astype(np.int32)

    return part.memo.get(("since first", after, include_bots), find)


def rows_since(part: Part, person: Int64, start: Int64, after: int, include_bots: bool) -> Int64:
    """For each of some persons the first row that counts `after` ms since an instant or later; else their end."""
    check()
    offset = np.clip(start + after - part.origin, 0, 1 << part.shift)
    rows = np.searchsorted(part.key, (person << part.shift) + offset)
    if include_bots or not part.size:
        return rows
    stopped = np.flatnonzero(part.bot[np.minimum(rows, part.size - 1)] != 0)
    if len(stopped):
        counting = np.append(np.flatnonzero(part.bot == 0), part.size)
        rows[stopped] = counting[np.searchsorted(counting, np.minimum(rows[stopped], part.size))]
    return np.minimum(rows, part.person_row[person + 1])


def _early(part: Part) -> Early:
    check()
    begin = rows_since_first(part, 0, False)
    ends = [rows_since_first(part, within + 1, False) for within in DAYS]
    # The first days of a person are neighbouring rows: one step up where they begin, one down where they end.
    steps = np.zeros(part.size + 1, dtype=np.int8)
    some = ends[-1] > begin
    steps[begin[some]] += 1
    steps[ends[-1][some]] -= 1
    within = np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)
    kept = within[part.kind_rows]
    lengths = [np.count_nonzero(kept[start:end]) for start, end in pairwise(part.kind_start.tolist())]
    rows = part.kind_rows[kept]
    check()
    person = part.person[rows]
    starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    fresh = np.empty(len(rows), dtype=np.bool_)
    np.not_equal(person[1:], person[:-1], out=fresh[1:])
    fresh[starts[:-1][np.diff(starts) > 0]] = True
    groups = np.flatnonzero(fresh)
    times = [np.diff(np.append(groups, len(rows)))]
    for end in reversed(ends[:-1]):
        times.insert(0, np.add.reduceat(rows < end[person], groups, dtype=np.int64) if len(groups) else groups)
    found = tuple(np.minimum(one, MOST).astype(np.uint8) for one in times)
    return Early(np.searchsorted(groups, starts), person[groups], found)
