"""Who began when, and in which later periods they came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.local_days import ActiveDays, Periods, active_days, bounded, day_number
from collector.reports.params import EVERY
from collector.reports.scope import choose

# One flag a person and period at once: more persons are taken in pieces.
_CELLS = 64_000_000
_LONGEST = {"day": 1, "week": 7, "month": 31}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: who begins by `start`, who comes back by `back`.

    periods: all that matter, the first `cohorts` of them of the range. most: the last period counted, from 0, which is
    the one of the start. after: a return in a later period counts for the earlier ones too. recurring: whoever begins
    again in a further period is of that cohort too, instead of only at the first time ever.
    """

    start: Matcher
    back: Matcher
    periods: Periods
    cohorts: int
    most: int
    after: bool
    recurring: bool


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Starts in one part, ascending by (person, cohort): one a person, or one a person and cohort.

    person: index into `part.persons`. cohort: number of the period. row: of the start in `part`.
    """

    part: Part
    person: Int64
    cohort: Int64
    row: Int64


def asked(query: Query, span: Span, unit: str, most: int) -> Asked:
    """The question with its periods, from the first of `span` to `most` after the last, but none in the future."""
    last = min(span.last + timedelta(days=most * _LONGEST[unit] + 31), max(day_of(query.now, span.zone), span.last))
    bounded(span.days // {"day": 1, "week": 7, "month": 30}[unit], unit)
    periods = Periods(unit, span.first, last, span.zone)
    cohorts = int(periods.of_days(np.array([day_number(span.last)], dtype=np.int32))[0]) + 1
    after, recurring = query.values["returning"] == "after", bool(query.values["recurring"])
    return Asked(_matcher(query, "start"), _matcher(query, "return"), periods, cohorts, most, after, recurring)


def _matcher(query: Query, name: str) -> Matcher:
    found = query.values[name]
    return found if isinstance(found, Matcher) else EVERY


def starts(journeys: Journeys, part: Part, query: Query, question: Asked, span: Span) -> Starts:
    """Who begins in the range: by the first time ever (SEMANTICS 7), or in each period in which they do."""
    days = active_days(journeys, part, question.start, span.zone, query.include_bots)
    fits = choose(journeys, part, query, lasting=True)[days.person]
    fits &= (days.day >= day_number(span.first)) & (days.day <= day_number(span.last))
    if not question.recurring:
        fits[1:] &= days.person[1:] != days.person[:-1]
    taken = np.flatnonzero(fits)
    person = days.person[taken].astype(np.int64)
    cohort = question.periods.of_days(days.day[taken]).astype(np.int64)
    fresh = np.ones(len(person), dtype=np.bool_)
    fresh[1:] = (person[1:] != person[:-1]) | (cohort[1:] != cohort[:-1])
    return Starts(part, person[fresh], cohort[fresh], days.first[taken][fresh].astype(np.int64))


def returns(journeys: Journeys, query: Query, question: Asked, begun: Starts, zone_days: Span) -> Iterator[Bool]:
    """For each period after the start, from 0 to `most`, which of these starts were followed by a return in it."""
    days = active_days(journeys, begun.part, question.back, zone_days.zone, query.include_bots)
    period = question.periods.of_days(days.day)
    if len(period) and period.min() < 0:
        kept = np.flatnonzero(period >= 0)
        days, period = ActiveDays(*(column[kept] for column in days)), period[kept]
    stride = len(question.periods) + question.most + 1
    persons = len(begun.part.persons)
    narrow = np.int32 if persons * stride < 2**31 else np.int64
    code: Int32 | Int64 = np.multiply(days.person, stride, dtype=narrow) + period
    start = begun.person * stride + begun.cohort
    same = _in_the_same(begun, days, code, start)
    if question.after:
        latest = _latest(days, period, begun)
        for k in range(question.most + 1):
            check()
            later = latest - begun.cohort >= max(k, 1)
            yield later | same if k == 0 else later
        return
    yield same
    came = _again(code, start, stride, persons) if question.recurring else _once(days, period, begun)
    for k in range(1, question.most + 1):
        check()
        yield came(k)


def _once(days: ActiveDays, period: Int32, begun: Starts) -> Callable[[int], Bool]:
    """Who of those with one start each came back so many periods later."""
    place = np.full(len(begun.part.persons), -1, dtype=np.int32)
    place[begun.person] = np.arange(len(begun.person), dtype=np.int32)
    owner = place[days.person]
    known = owner >= 0
    owner = owner[known]
    lag = period[known] - begun.cohort.astype(np.int32)[owner]

    def came(k: int) -> Bool:
        found = np.zeros(len(begun.person), dtype=np.bool_)
        found[owner[lag == k]] = True
        return found

    return came


def _again(code: Int32 | Int64, start: Int64, stride: int, persons: int) -> Callable[[int], Bool]:
    """Which of several starts of a person were followed by a return so many periods later."""
    flags = _Flags(code, stride, persons)
    return lambda k: flags.at(start + k)


def _in_the_same(begun: Starts, days: ActiveDays, code: Int32 | Int64, start: Int64) -> Bool:
    """Which starts have a return in their own period, not before the start; the same event may be both."""
    if not len(code):
        return np.zeros(len(start), dtype=np.bool_)
    last = np.searchsorted(code, start.astype(code.dtype), "right") - 1
    found = (last >= 0) & (code[np.maximum(last, 0)] == start)
    time = begun.part.time
    row = days.last[np.maximum(last, 0)]
    same: Bool = found & (time[row] >= time[begun.row])
    return same


def _latest(days: ActiveDays, period: Int32, begun: Starts) -> Int64:
    """For each start the last period in which the person came back, -1 where in none."""
    latest = np.full(len(begun.part.persons), -1, dtype=np.int64)
    latest[days.person] = period  # ascending, and of several writes to one place the last one stays
    return latest[begun.person]


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
            mine = slice(*np.searchsorted(wanted, (low, low + step)))
            those = slice(*np.searchsorted(self._code, (low, low + step)))
            flags = np.zeros(step, dtype=np.bool_)
            flags[self._code[those] - low] = True
            found[mine] = flags[wanted[mine] - low]
        return found


def group_texts(journeys: Journeys, begun: Sequence[Starts], by: str) -> tuple[list[Int64], list[str]]:
    """For the starts of each part the number of their group, by the value at the start; and the groups' texts."""
    known: dict[str, int] = {}
    found = []
    for one in begun:
        codes, texts = journeys.labels(one.part, one.row, by)
        places = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)
        found.append(places[codes] if len(codes) else np.empty(0, dtype=np.int64))
    return found, list(known)
