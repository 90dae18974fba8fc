"""What people did within the goal's time after something: a rate with its interval, which is no effect by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from collector.core.blocks import Cell, Column
from collector.core.errors import NoGoalError
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.params import goal_of
from collector.reports.scope import rows_of_any
from collector.reports.stats import wilson

RATE = (
    Column("followed", T("Time for the goal over"), "count", T("Those for whom the time for the goal is over.")),
    Column("reached", T("Reached the goal"), "count"),
    Column("rate", T("Goal rate"), "ratio", T("Of those for whom the time for the goal is over.")),
    Column("low", T("At least"), "ratio", T("95 % interval (Wilson).")),
    Column("high", T("At most"), "ratio"),
)
DRAWN = {"y": "rate", "low": "low", "high": "high", "link": "people", "more": ("followed",)}


class Followed(NamedTuple):
    """For each of some rows whether the time for the goal is over, and whether it was reached within it.

    reached: among those whose time is over. so_far: among all.
    """

    over: Bool
    reached: Bool
    so_far: Bool


def goal_rows(journeys: Journeys, part: Part, query: Query) -> Int64 | None:
    """The rows of the question's goal; None where there is no goal."""
    try:
        goal = goal_of(query)
    except NoGoalError:
        return None
    return rows_of_any(journeys, part, [goal], query.include_bots)


def followed(journeys: Journeys, part: Part, query: Query, rows: Int64) -> Followed:
    """What became of each row within the horizon after it; nothing is over where there is no goal."""
    goals = goal_rows(journeys, part, query)
    if goals is None:
        no = np.zeros(len(rows), dtype=np.bool_)
        return Followed(no, no, no)
    within = horizon_of(query)
    over = part.time[rows] + within <= min(journeys.as_of, query.now)
    place = np.searchsorted(goals, rows, side="right")
    found = goals[np.minimum(place, len(goals) - 1)] if len(goals) else rows
    fits = (place < len(goals)) & (part.person[found] == part.person[rows])
    so_far = fits & (part.time[found] - part.time[rows] <= within)
    return Followed(over, over & so_far, so_far)


def horizon_of(query: Query) -> int:
    """How long after the moment the goal counts, in ms."""
    horizon = query.values.get("horizon")
    return horizon if isinstance(horizon, int) else 14 * DAY


def rate_cells(over: int, reached: int) -> Sequence[Cell]:
    """The cells of `RATE`; empty where nobody's time is over."""
    if not over:
        return [0, 0, None, None, None]
    low, high = wilson(reached, over)
    return [over, reached, reached / over, float(low), float(high)]
