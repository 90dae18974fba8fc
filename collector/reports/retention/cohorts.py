"""Who began when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64, Part
from collector.reports.local_days import ActiveDays, Periods, active_days, bounded, day_number
from collector.reports.params import EVERY
from collector.reports.scope import choose

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
    person: Int32
    cohort: Int32
    row: Int32


class FirstStarts(NamedTuple):
    """The first time that each person did something, by ascending person: the day of the zone and the row."""

    person: Int32
    day: Int32
    first: Int32


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
    if question.recurring:
        days: ActiveDays | FirstStarts = active_days(journeys, part, question.start, span.zone, query.include_bots)
    else:
        days = first_starts(journeys, part, question.start, span.zone, query.include_bots)
    person, day, row = days.person, days.day, days.first
    chosen = choose(journeys, part, query, lasting=True)
    within = len(day) > 0 and day_number(span.first) <= day.min() and day.max() <= day_number(span.last)
    if not within or not chosen.all():
        fits = chosen[person]
        fits &= (day >= day_number(span.first)) & (day <= day_number(span.last))
        person, day, row = person[fits], day[fits], row[fits]
    cohort = question.periods.of_days(day)
    if question.recurring:
        fresh = np.ones(len(person), dtype=np.bool_)
        fresh[1:] = (person[1:] != person[:-1]) | (cohort[1:] != cohort[:-1])
        person, cohort, row = person[fresh], cohort[fresh], row[fresh]
    return Starts(part, person, cohort, row)


def first_starts(
    journeys: Journeys, part: Part, matcher: Matcher, zone: ZoneInfo, include_bots: bool = False
) -> FirstStarts:
    """The first time ever of each person of the part, whether alive in it or not; remembered with the part."""

    def find() -> FirstStarts:
        days = active_days(journeys, part, matcher, zone, include_bots)
        fresh = np.ones(len(days.person), dtype=np.bool_)
        fresh[1:] = days.person[1:] != days.person[:-1]
        return FirstStarts(days.person[fresh], days.day[fresh], days.first[fresh])

    return part.memo.get(("first starts", matcher, zone.key, include_bots), find)


def group_texts(journeys: Journeys, begun: Sequence[Starts], by: str) -> tuple[list[Int64], list[str]]:
    """For the starts of each part the number of their group, by the value at the start; and the groups' texts."""
    known: dict[str, int] = {}
    found = []
    for one in begun:
        codes, texts = journeys.labels(one.part, one.row.astype(np.int64), by)
        places = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)
        found.append(places[codes] if len(codes) else np.empty(0, dtype=np.int64))
    return found, list(known)
