"""Whose journeys the question is asked of: people seen in the range who had not reached the goal before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.query import Query
from collector.core.source import CHANNELS
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.impact.coded import Codes
from collector.reports.impact.drawn import active
from collector.reports.impact.plan import Plan
from collector.reports.scope import choose, rows_of_any


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One part's people: `chosen` are those seen in the range who had not reached the goal before it began.

    reached: each person's first row at the goal, the part's size for never. low, high: each person's rows `low` to
    before `high` lie in the range and before the goal, with the horizon over; none of those who are not chosen.
    soon: each person's first row from which the goal lies within the horizon, the part's size for none.
    came: by which of CHANNELS each session began, a place after the last of them for none and for bots.
    """

    part: Part
    chosen: Bool
    reached: Int64
    low: Int32
    high: Int32
    soon: Int32
    came: Codes


def asked(journeys: Journeys, query: Query, plan: Plan) -> list[Asked]:
    """The people of the question, part by part."""
    found = []
    for part in journeys.each():
        goals = rows_of_any(journeys, part, [plan.goal], query.include_bots)
        reached = np.full(len(part.persons), part.size, dtype=np.int64)
        reached[part.person[goals[::-1]]] = goals[::-1]  # the last write to a place is that of the first row
        chosen = choose(journeys, part, query, lasting=True) & active(part, plan, query.include_bots)
        if plan.new:
            first = part.time[part.person_row[:-1]]
            chosen &= (first >= plan.start) & (first < plan.end)
        won = np.flatnonzero(reached < part.size)
        chosen[won[part.time[reached[won]] < plan.start]] = False
        low, high = _between(part, plan.start, min(plan.end - 1, plan.as_of - plan.horizon))
        high = np.where(chosen, np.minimum(high, reached), 0)
        soon = _soon(part, plan, won, reached[won])
        came = _came(journeys, part, query.include_bots)
        found.append(Asked(part, chosen, reached, low.astype(np.int32), high.astype(np.int32), soon, came))
    return found


def _between(part: Part, start: int, last: int) -> tuple[Int64, Int64]:
    """Each person's first row from `start` on, and the first one later than `last`."""
    low, high = part.person_row[:-1], part.person_row[1:]
    earliest, latest = part.bounds if part.size else (0, 0)
    if earliest < start:
        low = low + np.bincount(part.person[part.time < start], minlength=len(low))
    if latest > last:
        high = high - np.bincount(part.person[part.time > last], minlength=len(high))
    return low, high


def _soon(part: Part, plan: Plan, person: Int64, goal: Int64) -> Int32:
    found = np.full(len(part.persons), part.size, dtype=np.int32)
    since = np.maximum(part.time[goal] - plan.horizon - part.origin, 0)
    found[person] = np.searchsorted(part.key, (person << part.shift) | since)
    return found


def _came(journeys: Journeys, part: Part, include_bots: bool) -> Codes:
    channels = np.full(max(journeys.sources, default=0) + 2, len(CHANNELS), dtype=np.uint8)
    for number, source in journeys.sources.items():
        if source.channel in CHANNELS:
            channels[number] = CHANNELS.index(source.channel)
    found = channels[part.source[part.session_row]]  # the place of -1, no source, is the last
    found[~part.counted(include_bots, part.session_row)] = len(CHANNELS)
    return found


def reached_within(one: Asked, rows: Int64 | Int32, person: Int32) -> Bool:
    """Whether the goal, which comes after each of these rows of these people, does so within the horizon."""
    return np.asarray(rows >= one.soon.take(person))
