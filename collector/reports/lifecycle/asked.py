"""The question as the blocks of this room need it, and the days on which the people asked for were active."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.local_days import (
    ActiveDays,
    ActivePeriods,
    Periods,
    active_days,
    active_periods,
    bounded,
    day_number,
)
from collector.reports.overview_trend import whole_span
from collector.reports.params import EVERY
from collector.reports.scope import choose

_DAYS = {"day": 1, "week": 7, "month": 30}
_LINKED = ("people", "at", "group", "limit")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    event: what makes a day active. goal: what makes a customer; None where the site has none.
    span: the range, cut off at today. unit: of the lifecycle. counted: of the number of active days, weeks or months.
    periods: whole ones, from the one before the range on. end: ms UTC, where the range ends or now.
    """

    event: Matcher
    goal: Matcher | None
    span: Span
    unit: str
    counted: str
    periods: Periods
    end: int
    now: int

    @property
    def first_day(self) -> int:
        """The first day of the range, since 1970-01-01."""
        return day_number(self.span.first)

    @property
    def last_day(self) -> int:
        """The last day of the range, since 1970-01-01: today at most."""
        return day_number(self.span.last)


@dataclass(frozen=True, slots=True, eq=False)
class Active:
    """A part, the persons of it that are asked for (`everybody`: all), their active days, and what finds periods.

    key: what the days hang on besides the part and who is asked for.
    """

    part: Part
    chosen: Bool
    everybody: bool
    key: tuple[object, ...]
    days: ActiveDays
    in_periods: Callable[[str], ActivePeriods]


def asked(journeys: Journeys, query: Query) -> Asked:
    """Read the question.

    Raises:
        UserError: a range of more periods than a table should have.
    """
    span = whole_span(journeys, query)
    span = Span(span.first, max(span.first, min(span.last, day_of(query.now, span.zone))), span.zone)
    given = str(query.values["interval"])
    unit = given if given != "auto" else "day" if span.days <= 14 else "week" if span.days <= 183 else "month"
    counted = given if given != "auto" else "day" if span.days <= 31 else unit
    bounded(span.days // _DAYS[unit], unit)
    before = span.cuts(unit)[0][0] - timedelta(days=1)
    event, goal = query.values["event"], query.values["goal"]
    first_goal = query.site.goals[0][1] if query.site.goals else None
    return Asked(
        event=event if isinstance(event, Matcher) else EVERY,
        goal=goal if isinstance(goal, Matcher) else first_goal,
        span=span,
        unit=unit,
        counted=counted,
        periods=Periods(unit, before, span.last, span.zone),
        end=min(span.end, query.now + 1),
        now=query.now,
    )


def active(journeys: Journeys, part: Part, query: Query, question: Asked) -> Active:
    """The active days of the persons asked for, of their whole journey."""
    chosen = choose(journeys, part, query, lasting=True)
    days = active_days(journeys, part, question.event, question.span.zone, query.include_bots)
    everybody = bool(chosen.all())
    if not everybody:
        kept = np.flatnonzero(chosen[days.person])
        days = ActiveDays(*(column[kept] for column in days))

    def in_periods(unit: str) -> ActivePeriods:
        found = active_periods(journeys, part, question.event, unit, question.span.zone, query.include_bots)
        if everybody:
            return found
        kept = np.flatnonzero(chosen[found.person])
        return ActivePeriods(found.person[kept], found.period[kept], found.again[kept], found.last[kept])

    key = (question.event, question.span.zone.key, query.include_bots)
    return Active(part, chosen, everybody, key, days, in_periods)


def between(days: ActiveDays, first: int, last: int) -> ActiveDays:
    """Those from one day to another, both included."""
    fits = (days.day >= first) & (days.day <= last)
    if fits.all():
        return days
    kept = np.flatnonzero(fits)
    return ActiveDays(*(column[kept] for column in days))


def last_of_each(days: ActiveDays) -> ActiveDays:
    """The last active day of each person."""
    if not len(days.person):
        return days
    kept = np.flatnonzero(np.append(days.person[1:] != days.person[:-1], True))
    return ActiveDays(*(column[kept] for column in days))


@lru_cache(maxsize=8)
def _kept(arguments: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in arguments if pair[0] not in _LINKED)


def link(query: Query, which: str, at: int | None = None, group: str = "") -> tuple[tuple[str, str], ...]:
    """The arguments of a list of people."""
    kept = _kept(tuple(query.arguments))
    numbered = () if at is None else (("at", str(at)),)
    return (*kept, ("people", which), *numbered, *((("group", group),) if group else ()))
