"""Which people did some things in an order: one event a step, those of one instant in either order (SEMANTICS 1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.journeys.part import Bool, Hits, Int64, Part

_NEVER = 2**62


def in_order(part: Part, steps: Sequence[Hits], within: Sequence[int | None]) -> Bool:
    """Persons of the part who have a different event for each step, none before that of the step before it.

    Args:
        steps: what fits each step, ascending; 2 to 8 of them.
        within: for each step the most ms since the event of the step before it (its end inside), None for any; the
            first one's is not looked at.
    """
    found = np.zeros(len(part.persons), dtype=np.bool_)
    steps = _candidates(part, steps)
    if not all(len(hits.rows) for hits in steps):
        return found
    keys = _two(part, steps[0], steps[1], within[1]) if len(steps) == 2 else _many(part, steps, within)
    found[keys >> part.shift] = True
    return found


def _candidates(part: Part, steps: Sequence[Hits]) -> list[Hits]:
    """The steps' events of persons who have them all, each step's last one not before the first of the step before.

    Most events go here, at the cost of looking at each once.
    """
    size = len(part.persons)
    kept = np.ones(size, dtype=np.bool_)
    earliest = np.zeros(size, dtype=np.int64)
    people = []
    for hits in steps:
        check()
        person = hits.keys >> part.shift
        people.append(person)
        change = np.flatnonzero(person[1:] != person[:-1]) + 1
        begin, end = np.append(0, change), np.append(change, len(person))
        first = np.full(size, _NEVER, dtype=np.int64)
        last = np.full(size, -1, dtype=np.int64)
        if len(person):
            first[person[begin]], last[person[begin]] = hits.keys[begin], hits.keys[end - 1]
        np.maximum(earliest, first, out=earliest)
        kept &= last >= earliest
    if kept.all():
        return list(steps)
    of_step = [kept[person] for person in people]
    return [Hits(hits.keys[mine], hits.rows[mine]) for hits, mine in zip(steps, of_step, strict=True)]


def _two(part: Part, first: Hits, second: Hits, within: int | None) -> Int64:
    """Keys of those events of the second step that follow another event, of the first step, closely enough.

    Of the events before one only the latest needs to be looked at, for the others are further away.
    """
    latest = np.searchsorted(first.keys, second.keys, "right") - 1
    tied = np.flatnonzero((latest >= 0) & (first.keys[np.maximum(latest, 0)] == second.keys))
    # Of what happened at the same instant, anything but the event itself will do.
    fresh = np.append(True, first.keys[1:] != first.keys[:-1])
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(fresh)), 0))[latest[tied]]
    follows = np.zeros(len(second.keys), dtype=np.bool_)
    follows[tied] = (latest[tied] > begin) | (first.rows[begin] != second.rows[tied])
    latest[tied] = begin - 1
    known = np.flatnonzero(latest >= 0)
    before, after = first.keys[latest[known]], second.keys[known]
    follows[known] |= _close(part, before, after, within)
    return second.keys[follows]


def _close(part: Part, before: Int64, after: Int64, within: int | None) -> Bool:
    """Whether two keys are of one person, and no further apart than `within` ms."""
    close: Bool = (before >> part.shift) == (after >> part.shift)
    return close if within is None else close & (after - before <= within)


def _many(part: Part, steps: Sequence[Hits], within: Sequence[int | None]) -> Int64:
    """Keys of the instants at which the last step can be reached.

    A step is reached at an instant where a run of steps up to it can be filled there, and the step before that run was
    reached at an earlier instant that is close enough.
    """
    fits = np.zeros(part.size, dtype=np.uint8)
    for number, hits in enumerate(steps):
        fits[hits.rows] |= 1 << number
    rows = np.flatnonzero(fits)
    keys, fits = part.key[rows], fits[rows]
    begin = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    can_fill = _Instants(fits, begin)
    keys = keys[begin]
    entered: list[Bool] = []
    reached = np.ones(len(keys), dtype=np.bool_)
    for number in range(len(steps)):
        check()
        entered.append(reached if number == 0 else _later(part, keys, reached, within[number]))
        reached = entered[number] & can_fill.one(number)
        for since in range(number):
            reached |= entered[since] & can_fill.run(since, number)
    return keys[reached]


def _later(part: Part, keys: Int64, reached: Bool, within: int | None) -> Bool:
    """The instants that have an earlier one among `reached`, of the same person and close enough."""
    last = np.maximum.accumulate(np.where(reached, np.arange(len(keys)), -1))
    before = np.append(-1, last[:-1])
    return (before >= 0) & _close(part, keys[before], keys, within)


class _Instants:
    """Which steps the events of one instant can fill, each event one of them.

    Args:
        fits: for each event the steps that it fits, as bits.
        begin: where each instant's events begin.
    """

    def __init__(self, fits: NDArray[np.uint8], begin: Int64) -> None:
        self._any = np.bitwise_or.reduceat(fits, begin)
        ends = np.append(begin[1:], len(fits))
        self._several = np.flatnonzero(ends - begin > 1)
        first, size = begin[self._several], (ends - begin)[self._several]
        offset = np.cumsum(size) - size
        self._fits = fits[np.repeat(first - offset, size) + np.arange(int(size.sum()))]
        self._begin = offset
        self._counts: dict[int, Int64] = {}

    def one(self, step: int) -> Bool:
        """The instants with an event that fits a step."""
        found: Bool = (self._any >> step & 1).astype(np.bool_)
        return found

    def run(self, first: int, last: int) -> Bool:
        """The instants whose events can be shared out among these steps (P. Hall 1935).

        That is so where any of the steps have, for as many as they are, so many events that fit one or other of them.
        """
        found = np.zeros(len(self._any), dtype=np.bool_)
        if len(self._several):
            whole = (2 << last) - (1 << first)
            chosen = [some for some in range(1, whole + 1) if some & ~whole == 0]
            found[self._several] = np.all([self._count(some) >= some.bit_count() for some in chosen], axis=0)
        return found

    def _count(self, some: int) -> Int64:
        if some not in self._counts:
            self._counts[some] = np.add.reduceat((self._fits & some != 0).astype(np.int64), self._begin)
        return self._counts[some]
