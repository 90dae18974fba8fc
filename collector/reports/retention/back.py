"""In which periods after their start people came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.local_days import ActiveDays, active_days, period_numbers
from collector.reports.retention.cohorts import Asked, Starts, first_starts

# One flag a person and period at once: more persons are taken in pieces.
_CELLS = 64_000_000
_Lag = Int32 | NDArray[np.uint16]


class Later(NamedTuple):
    """Returns in periods after that of the start, one entry a person and period, ascending by both.

    person: index into `part.persons`, of those too whose start is not asked for. lag: periods after the start, from 1.
    """

    person: Int32
    lag: _Lag


def counted(
    journeys: Journeys, query: Query, question: Asked, begun: Starts, cell: Int64 | Int32, size: Int64
) -> Int64:
    """How many came back, by cell and period after the start, from 0 to `most`.

    Args:
        cell: of each start, an index into `size`, which tells how many starts there are of each.
    """
    cells = len(size)
    if question.recurring or question.after:
        found = np.zeros((cells, question.most + 1), dtype=np.int64)
        came = returns(journeys, query, question, begun)
        for k in range(question.most + 1):
            check()
            found[:, k] = np.bincount(cell[came(k)], minlength=cells)
        return found
    later = _later(journeys, query, question, begun)
    # What nobody asked for is counted too, in a row and a column of its own: cheaper than leaving it out.
    wide = question.most + 2
    base = np.full(len(begun.part.persons), cells * wide, dtype=np.int64)
    base[begun.person] = np.multiply(cell, wide, dtype=np.int64)
    check()
    key = base[later.person]
    key += np.minimum(later.lag, wide - 1)
    found = np.bincount(key, minlength=(cells + 1) * wide).reshape(-1, wide)[:cells, :-1]
    same = _in_the_same(journeys, query, question, begun)
    found[:, 0] = size if same is None else np.bincount(cell[same], minlength=cells)
    return found


def returns(journeys: Journeys, query: Query, question: Asked, begun: Starts) -> Callable[[int], Bool]:
    """Which of these starts were followed by a return so many periods later, from 0 to `most`."""
    if question.recurring:
        later = _again(journeys, query, question, begun)
    else:
        later = _once(_later(journeys, query, question, begun), question, begun)
    same = _in_the_same(journeys, query, question, begun)

    def came(k: int) -> Bool:
        if k:
            return later(k)
        here = np.ones(len(begun.person), dtype=np.bool_) if same is None else same
        return later(1) | here if question.after else here

    return came


def _once(later: Later, question: Asked, begun: Starts) -> Callable[[int], Bool]:
    """Who of those with one start each came back so many periods later."""
    if question.after:
        latest = np.zeros(len(begun.part.persons), dtype=np.int32)
        latest[later.person] = later.lag  # ascending, and of several writes to one place the last one stays
        longest = latest[begun.person]
        return lambda k: longest >= k

    def came(k: int) -> Bool:
        found = np.zeros(len(begun.part.persons), dtype=np.bool_)
        found[later.person[later.lag == k]] = True
        return found[begun.person]

    return came


def _later(journeys: Journeys, query: Query, question: Asked, begun: Starts) -> Later:
    """The returns of those with one start each."""
    part, unit, zone, bots = begun.part, question.periods.unit, question.periods.zone, query.include_bots
    if question.start == question.back:
        key = ("returns", question.start, unit, zone.key, bots)
        kept = part.memo.get(key, lambda: _after_first(journeys, query, question, part))
        if _reaches(question, kept.latest):
            return Later(kept.person, kept.lag)
    days = active_days(journeys, part, question.back, zone, bots)
    cohort = np.full(len(part.persons), len(question.periods), dtype=np.int32)
    cohort[begun.person] = begun.cohort
    lag = question.periods.of_days(days.day) - cohort[days.person]
    fits = lag > 0
    fits[1:] &= (lag[1:] != lag[:-1]) | (days.person[1:] != days.person[:-1])
    return Later(days.person[fits], lag[fits])


class _Kept(NamedTuple):
    """`Later` after the first time ever that somebody did what is also a return; the latest period of all."""

    person: Int32
    lag: _Lag
    latest: int


def _after_first(journeys: Journeys, query: Query, question: Asked, part: Part) -> _Kept:
    days = active_days(journeys, part, question.start, question.periods.zone, query.include_bots)
    if not len(days.day):
        return _Kept(days.person, days.day, 0)
    period = period_numbers(question.periods.unit, days.day)
    check()
    first = np.zeros(len(part.persons), dtype=np.int32)
    starts = first_starts(journeys, part, question.start, question.periods.zone, query.include_bots)
    first[starts.person] = period_numbers(question.periods.unit, starts.day)
    lag = period - first[days.person]
    fits = lag > 0
    fits[1:] &= (lag[1:] != lag[:-1]) | (days.person[1:] != days.person[:-1])
    latest = int(period.max())
    few = latest - int(period.min()) < 2**16
    return _Kept(days.person[fits], lag[fits].astype(np.uint16) if few else lag[fits], latest)


def _reaches(question: Asked, latest: int) -> bool:
    """Whether no event lies after the last period, where it would count as one in it."""
    periods = question.periods
    return len(periods) - question.cohorts > question.most or latest < periods.number + len(periods)


def _again(journeys: Journeys, query: Query, question: Asked, begun: Starts) -> Callable[[int], Bool]:
    """Which of several starts of a person were followed by a return so many periods later."""
    days, period = _periods(journeys, query, question, begun.part)
    if question.after:
        latest = np.full(len(begun.part.persons), -1, dtype=np.int64)
        latest[days.person] = period  # ascending, and of several writes to one place the last one stays
        longest = latest[begun.person] - begun.cohort
        return lambda k: longest >= k
    code, start, stride = _codes(question, begun, days, period)
    flags = _Flags(code, stride, len(begun.part.persons))
    return lambda k: flags.at(start + k)


def _periods(journeys: Journeys, query: Query, question: Asked, part: Part) -> tuple[ActiveDays, Int32]:
    """The days of returns from the first period on, and their periods."""
    days = active_days(journeys, part, question.back, question.periods.zone, query.include_bots)
    period = question.periods.of_days(days.day)
    if len(period) and period.min() < 0:
        kept = np.flatnonzero(period >= 0)
        days, period = ActiveDays(*(column[kept] for column in days)), period[kept]
    return days, period


def _codes(question: Asked, begun: Starts, days: ActiveDays, period: Int32) -> tuple[Int32 | Int64, Int64, int]:
    """`person * stride + period` of returns and of starts, and that stride."""
    stride = len(question.periods) + question.most + 1
    narrow = np.int32 if len(begun.part.persons) * stride < 2**31 else np.int64
    code: Int32 | Int64 = np.multiply(days.person, stride, dtype=narrow) + period
    return code, begun.person.astype(np.int64) * stride + begun.cohort, stride


def _in_the_same(journeys: Journeys, query: Query, question: Asked, begun: Starts) -> Bool | None:
    """Which starts have a return in their own period, not before the start; None for all: one event may be both."""
    if question.start == question.back:
        return None
    days, period = _periods(journeys, query, question, begun.part)
    code, start, _ = _codes(question, begun, days, period)
    if not len(code):
        return np.zeros(len(start), dtype=np.bool_)
    last = np.searchsorted(code, start.astype(code.dtype), "right") - 1
    found = (last >= 0) & (code[np.maximum(last, 0)] == start)
    time = begun.part.time
    row = days.last[np.maximum(last, 0)]
    same: Bool = found & (time[row] >= time[begun.row])
    return same


class _Flags:
    """Membership in a sorted set of codes `person * stride + period`, looked up in ascending order."""

    def __init__(self, code: Int32 | Int64, stride: int, persons: int) -> None:
        self._code, self._stride, self._persons = code, stride, persons
        self._whole: Bool | None = None
        if persons * stride <= _CELLS:
            self._whole = np.zeros(persons * stride, dtype=np.bool_)
            self._whole[code] = True

    def at(self, wanted: Int64) -> Bool:
        """Which of these ascending codes are in the set."""
        if self._whole is not None:
            return self._whole[wanted]
        found = np.zeros(len(wanted), dtype=np.bool_)
        step = max(1, _CELLS // self._stride) * self._stride
        for low in range(0, self._persons * self._stride, step):
            check()
            mine = slice(*np.searchsorted(wanted, (low, low + step)))
            those = slice(*np.searchsorted(self._code, (low, low + step)))
            flags = np.zeros(step, dtype=np.bool_)
            flags[self._code[those] - low] = True
            found[mine] = flags[wanted[mine] - low]
        return found
