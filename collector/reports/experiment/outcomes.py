"""What people did within the time that each of them has, and before it: `since` is when each was first exposed."""

from __future__ import annotations

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.experiment.people import Plan
from collector.reports.numbers import numbers


def within(part: Part, rows: Int64, since: Int64, horizon: int) -> Int64:
    """Of ascending rows those of people in the experiment, from their first exposure on, within the horizon."""
    apart = part.time[rows] - since[part.person[rows]]
    return rows[(apart >= 0) & (apart <= horizon)]


def before(part: Part, rows: Int64, since: Int64, horizon: int) -> Bool:
    """Who did it in as long before their first exposure."""
    apart = since[part.person[rows]] - part.time[rows]
    mask = np.zeros(len(part.persons), dtype=np.bool_)
    mask[part.person[rows[(apart > 0) & (apart <= horizon)]]] = True
    return mask


def outcome(journeys: Journeys, query: Query, plan: Plan, part: Part, since: Int64) -> tuple[Float64, Float64, bool]:
    """Delay to the first goal in ms (infinite for none), value of all, and whether any carried one, by person."""
    rows = within(part, journeys.rows(part, plan.goal, query.include_bots), since, plan.horizon)
    person = part.person[rows]
    delay = np.full(len(part.persons), np.inf)
    # of several writes to one place the last one, here the first row, stays
    delay[person[::-1]] = (part.time[rows] - since[person])[::-1]
    carried = part.value[rows] if plan.value is None else numbers(journeys, part, plan.value, rows)
    value = np.bincount(person, weights=np.nan_to_num(carried), minlength=len(part.persons))
    return delay, value.astype(np.float64), bool(np.isfinite(carried).any())
