"""The stretches of time in which the actions of those who went on and of the dropped are compared, alike for both.

*Before*: the seven days up to the instant in which each reached the step. *After*: a first
stretch from that instant on, of the same length for everybody (a landmark analysis): only those who had not gone on by
its end are compared, so that nobody's stretch is cut short by the outcome, and only those who did anything in it, so
that an action does not merely tell who had left at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.part import Bool, Int64
from collector.reports.funnel_outcome import Outcome

BEFORE = 7 * DAY
# How long the stretch after the step may be; the longest that three in four of those who went on were slower than.
_AFTER = (10 * SECOND, 20 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, DAY)
_LATER_THAN = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Who is compared, and from when (ms UTC) until before when an action of each counts.

    went: of each entrant whether they went on. length: ms.
    """

    entrants: Int64
    went: Bool
    low: Int64
    high: Int64
    length: int


def before(outcome: Outcome, step: int) -> Stretch:
    """The days before step `step` (from 1), of all who either went on or can no longer."""
    entrants, went, reached = _settled(outcome, step)
    return Stretch(entrants, went, reached - BEFORE, reached, BEFORE)


def after(outcome: Outcome, step: int) -> Stretch | None:
    """The first stretch after the step, of those who had not gone on by its end; None where most go on at once."""
    entrants, went, reached = _settled(outcome, step)
    if not went.any():
        return None
    gap = outcome.times(step, entrants[went]) - reached[went]
    early = float(np.quantile(gap, _LATER_THAN))
    length = max((one for one in _AFTER if one < early), default=0)
    if not length:
        return None
    still = np.ones(len(entrants), dtype=np.bool_)
    still[went] = gap > length
    reached = reached[still]
    return Stretch(entrants[still], went[still], reached + 1, reached + length + 1, length)


def _settled(outcome: Outcome, step: int) -> tuple[Int64, Bool, Int64]:
    """Who reached the step and is not open there, whether they went on, and when they reached it."""
    entrants = outcome.settled(step)
    return entrants, outcome.reach[entrants] > step, outcome.times(step - 1, entrants)
