"""What to say of people counted without cookies: on another day they are somebody else (REQUIREMENTS E4)."""

from __future__ import annotations

import numpy as np

from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.base import Report
from collector.reports.counted import people, told
from collector.reports.scope import choose, inside

# What is said of one of them, and of more.
_INCLUDED = (
    T("Of {people} in this time one was counted without cookies: the same person on another day counts again."),
    T(
        "{daily} of {everyone} people in this time were counted without cookies: the same person on another day counts "
        "again."
    ),
)
_LEFT_OUT = (
    T(
        "Of {people} in this time one was counted without cookies and is left out here, since nobody can follow them "
        "for longer than a day. “Follow people without cookies too” brings them in."
    ),
    T(
        "{daily} of {everyone} people in this time were counted without cookies and are left out here, since nobody "
        "can follow them for longer than a day. “Follow people without cookies too” brings them in."
    ),
)
_PARTLY = (
    T(
        "Of {people} in this time one was counted without cookies: the same person on another day counts again. They "
        "are left out of what was changed; “Follow people without cookies too” brings them in there."
    ),
    T(
        "{daily} of {everyone} people in this time were counted without cookies: the same person on another day counts "
        "again. They are left out of what was changed; “Follow people without cookies too” brings them in there."
    ),
)


def day_note(daily: int, everyone: int, follows: str = "", included: bool = False) -> Text | None:
    """The note on `daily` of `everyone` people; None where there are none of them.

    Args:
        follows: what of the answer follows people for longer than a day: "", "part" or "whole".
        included: whether they were asked for there too.
    """
    if not daily:
        return None
    one, many = _INCLUDED if included else {"part": _PARTLY, "whole": _LEFT_OUT}.get(follows, _INCLUDED)
    values = {"daily": Value(daily, "count"), "everyone": Value(everyone, "count")}
    return told(daily, one, many, people=people(everyone), **values)


def note_of(report: Report, journeys: Journeys, query: Query) -> Text | None:
    """The note under an answer of this report, by the people who were active in its range."""
    if not report.people or not len(journeys.cookieless):
        return None
    daily = everyone = 0
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        active = np.zeros(len(part.persons), dtype=np.bool_)
        active[part.person[np.flatnonzero(mask)]] = True
        everyone += int(np.count_nonzero(active))
        daily += count_daily(journeys, part, active)
    return day_note(daily, everyone, report.follows(query), query.include_cookieless)


def count_daily(journeys: Journeys, part: Part, persons: Bool) -> int:
    """How many of these persons of the part are counted for a day only."""
    of_a_day = journeys.of_a_day(part)
    return 0 if of_a_day is None else int(np.count_nonzero(persons & of_a_day))
