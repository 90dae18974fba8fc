"""On which days people did something: the days of the site's zone, computed once for a part and shared by reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.times import DAY, Span, day_of, day_start
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part, pieces

EPOCH = date(1970, 1, 1).toordinal()
MOST_PERIODS = 1_000
FEW = 8


class ActiveDays(NamedTuple):
    """One entry for each person and day with an event that fits, ascending by (person, day).

    person: index into `part.persons`. day: days since 1970-01-01 in the zone. first, last: rows of that day that fit.
    """

    person: Int32
    day: Int32
    first: Int32
    last: Int32


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def local_days(part: Part, zone: ZoneInfo) -> Int32:
    """For each row the day of the zone it lies on, as days since 1970-01-01; remembered with the part."""
    return part.memo.get(_local(zone), lambda: _local_days(part, part.time, zone))


def days_of(part: Part, rows: Int64 | Int32, zone: ZoneInfo) -> Int32:
    """The same of some rows: where they are few, not all are computed for their sake."""
    if len(rows) * FEW > part.size or _local(zone) in part.memo:
        days = local_days(part, zone)
        return days if len(rows) == part.size else days[rows]
    return _local_days(part, part.time[rows], zone)


def _local(zone: ZoneInfo) -> tuple[str, str]:
    return "local days", zone.key


def _local_days(part: Part, time: Int64, zone: ZoneInfo) -> Int32:
    if not len(time):
        return np.empty(0, dtype=np.int32)
    check()
    first = day_of(part.bounds[0], zone) - timedelta(days=1)
    last = day_of(part.bounds[1], zone) + timedelta(days=2)
    starts = np.array(_starts(first, last, zone), dtype=np.int64)
    # Days of 23 and 25 hours move a guess by days of 24 hours by one at most.
    days = np.empty(len(time), dtype=np.int32)
    for piece in pieces(len(time)):
        at = time[piece]
        guess = ((at - starts[0]) // DAY).astype(np.int32)
        guess += at >= starts.take(guess + 1)
        guess -= at < starts.take(guess)
        np.add(guess, np.int32(day_number(first)), out=days[piece])
    return days


@lru_cache(maxsize=64)
def _starts(first: date, last: date, zone: ZoneInfo) -> Sequence[int]:
    return [day_start(first + timedelta(days=number), zone) for number in range((last - first).days + 1)]


def active_days(
    journeys: Journeys, part: Part, matcher: Matcher, zone: ZoneInfo, include_bots: bool = False
) -> ActiveDays:
    """The days on which persons of the part did what fits; persons who are not alive in the part included."""
    key = ("active days", matcher, zone.key, include_bots)
    return part.memo.get(key, lambda: _active_days(journeys, part, matcher, zone, include_bots))


def _active_days(journeys: Journeys, part: Part, matcher: Matcher, zone: ZoneInfo, include_bots: bool) -> ActiveDays:
    days = local_days(part, zone)
    check()
    if matcher.subject == "any" and not matcher.conditions:
        return _days_with_anything(part, days, include_bots)
    rows = journeys.hits(part, matcher, include_bots).rows
    person, day = part.person[rows], days[rows]
    begin = np.flatnonzero(fresh(person, day))
    end = np.append(begin[1:], len(person))[: len(begin)] - 1
    return ActiveDays(person[begin], day[begin], rows[begin].astype(np.int32), rows[end].astype(np.int32))


def _days_with_anything(part: Part, days: Int32, include_bots: bool) -> ActiveDays:
    """Nearly all rows fit: they stay where they are, and each run of one day's rows with or without bots is told."""
    bot = ~part.counted(include_bots)
    begins = fresh(part.person, days)
    begins[1:] |= bot[1:] != bot[:-1]
    begin = np.flatnonzero(begins).astype(np.int32)
    end = np.append(begin[1:], np.int32(part.size))[: len(begin)] - np.int32(1)
    kept = ~bot[begin]
    begin, end = begin[kept], end[kept]
    person, day = part.person[begin], days[begin]
    # Bots' rows in between may have parted a day.
    whole = np.flatnonzero(fresh(person, day))
    if len(whole) < len(begin):
        end = end[np.append(whole[1:], len(begin)) - 1]
        begin, person, day = begin[whole], person[whole], day[whole]
    return ActiveDays(person, day, begin, end)


def fresh(person: Int32, place: Int32 | Int64) -> Bool:
    """Where another person or another place in time begins: within a person both ascend."""
    found = np.ones(len(person), dtype=np.bool_)
    np.not_equal(person[1:], person[:-1], out=found[1:])
    found[1:] |= place[1:] != place[:-1]
    return found


class ActivePeriods(NamedTuple):
    """One entry for each person and period with an event that fits, ascending by (person, period).

    person: index into `part.persons`. period: as in `period_numbers`. again: 0 for the person's first one, 1 for one
    that follows the one before, 2 for one after a break. last: the last row in the period that fits.
    """

    person: Int32
    period: Int32
    again: NDArray[np.int8]
    last: Int32


def active_periods(
    journeys: Journeys, part: Part, matcher: Matcher, unit: str, zone: ZoneInfo, include_bots: bool = False
) -> ActivePeriods:
    """The periods in which persons of the part did what fits; remembered with the part, for everybody in it."""
    key = ("active periods", matcher, unit, zone.key, include_bots)

    def find() -> ActivePeriods:
        return _active_periods(unit, active_days(journeys, part, matcher, zone, include_bots))

    return part.memo.get(key, find)


def _active_periods(unit: str, days: ActiveDays) -> ActivePeriods:
    check()
    period = period_numbers(unit, days.day)
    ends = np.ones(len(period), dtype=np.bool_)
    ends[:-1] = (days.person[1:] != days.person[:-1]) | (period[1:] != period[:-1])
    places = np.flatnonzero(ends)
    person, period = days.person[places], period[places]
    again = np.zeros(len(person), dtype=np.int8)
    np.copyto(again[1:], np.minimum(period[1:] - period[:-1], 2), where=person[1:] == person[:-1], casting="unsafe")
    return ActivePeriods(person, period, again, days.last[places])


def period_numbers(unit: str, day: Int32) -> Int32:
    """The day, week or month of each day (since 1970-01-01): numbers that do not hang on a range."""
    if unit == "day":
        return day
    if unit == "week":
        return (day + np.int32(3)) // np.int32(7)  # 1970-01-01 was a Thursday
    if not len(day):
        return day
    first = int(day.min())
    every = np.arange(first, int(day.max()) + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    found: Int32 = every[day - first]
    return found


class Periods:
    """Days, weeks or months of a zone in a row, numbered from 0, from the one that holds `first` to the one of `last`.

    Attributes:
        first: the first day of each. starts, ends: ms UTC. number: that of the first one in `period_numbers`.
    """

    def __init__(self, unit: str, first: date, last: date, zone: ZoneInfo) -> None:
        cuts = Span(first, max(first, last), zone).cuts(unit)
        following = Span(cuts[-1][0], cuts[-1][0] + timedelta(days=31), zone).cuts(unit)[1]
        self.unit, self.zone = unit, zone
        self.first = [day for day, _ in cuts]
        self.starts = np.array([start for _, start in cuts], dtype=np.int64)
        self.ends = np.append(self.starts[1:], following[1])
        self.number = int(period_numbers(unit, np.array([day_number(self.first[0])], dtype=np.int32))[0])
        lengths = np.diff([day_number(day) for day in (*self.first, following[0])])
        self._of_day = np.repeat(np.arange(len(self.first), dtype=np.int32), lengths)

    def __len__(self) -> int:
        return len(self.first)

    def of_days(self, day: Int32) -> Int32:
        """The period of each day; -1 for days before the first, the last period for those after it."""
        place = day - np.int32(day_number(self.first[0]))
        found: Int32 = self._of_day.take(place, mode="clip")
        if len(place) and place.min() < 0:
            found[place < 0] = -1
        return found

    def over(self, now: int) -> Bool:
        """Which have fully elapsed at `now` (ms UTC)."""
        found: Bool = self.ends <= now
        return found


def bounded(periods: int, unit: str) -> None:
    """Raise UserError where a table would have too many periods."""
    if periods > MOST_PERIODS:
        wider = {"day": "weeks", "week": "months"}.get(unit, "fewer months")
        raise UserError(f"This range holds {periods} {unit}s.", f"Choose {wider}, or a shorter range.")
