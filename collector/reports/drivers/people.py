"""Whose journeys the question is asked of: people seen in the range who had not reached the goal before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.impact.plan import Plan
from collector.reports.scope import choose, rows_of_any


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One part's people: `chosen` are those seen in the range who had not reached the goal before it began.

    reached: each person's first row at the goal, the part's size for never.
    """

    part: Part
    chosen: Bool
    reached: Int64


def asked(journeys: Journeys, query: Query, plan: Plan) -> list[Asked]:
    """The people of the question, part by part."""
    found = []
    for part in journeys.each():
        goals = rows_of_any(journeys, part, [plan.goal], query.include_bots)
        reached = np.full(len(part.persons), part.size, dtype=np.int64)
        reached[part.person[goals[::-1]]] = goals[::-1]  # the last write to a place is that of the first row
        chosen = choose(journeys, part, query, lasting=True) & _seen(part, plan, query.include_bots)
        if plan.new:
            first = part.time[part.person_row[:-1]]
            chosen &= (first >= plan.start) & (first < plan.end)
        won = np.flatnonzero(reached < part.size)
        chosen[won[part.time[reached[won]] < plan.start]] = False
        found.append(Asked(part, chosen, reached))
    return found


def _seen(part: Part, plan: Plan, include_bots: bool) -> Bool:
    low, high = part.bounds if part.size else (0, 0)
    if plan.start <= low and high < plan.end and (include_bots or not part.bot.any()):
        return np.diff(part.person_row) > 0
    rows = (part.time >= plan.start) & (part.time < plan.end)
    if not include_bots:
        rows &= part.bot == 0
    found = np.zeros(len(part.persons), dtype=np.bool_)
    found[part.person[rows]] = True
    return found


def reached_within(one: Asked, plan: Plan, rows: Int64) -> Bool:
    """Whether the goal follows each of these rows within the horizon."""
    part = one.part
    goal = one.reached[part.person[rows]]
    won = goal < part.size
    won[won] = part.time[goal[won]] <= part.time[rows[won]] + plan.horizon
    return np.asarray(won)
