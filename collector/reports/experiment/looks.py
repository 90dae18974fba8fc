"""The difference as somebody saw it who looked every day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Bool, Int64
from collector.reports.experiment import statistics
from collector.reports.experiment.people import People
from collector.reports.stats import difference

# Fewer in an arm, and there is no number.
FLOOR = 20
# Goals in each arm before an interval that is to hold at every look is told: below, its theory does not.
FLOOR_GOALS = 5
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Look:
    """The difference as it stood when those first exposed up to the end of a day had had their time.

    `day` is an index into the days that the analysis was given.
    """

    day: int
    people: int
    difference: float
    low: float
    high: float
    always_low: float
    always_high: float


def looks_of(people: People, one: Bool, other: Bool, days: Int64) -> tuple[Look, ...]:
    """One look a day: those first exposed up to its end, whose time is over by now."""
    either = one | other
    place = np.searchsorted(days, people.time[either], side="right") - 1
    hit, treated = people.reached[either], one[either]

    def so_far(mask: Bool) -> Int64:
        return np.cumsum(np.bincount(place[mask], minlength=len(days)))

    n, m, x, y = so_far(treated), so_far(~treated), so_far(treated & hit), so_far(~treated & hit)
    fresh = np.diff(n + m, prepend=0) > 0
    told = np.flatnonzero(fresh & (np.minimum(n, m) >= FLOOR) & (np.minimum(x, y) >= FLOOR_GOALS))[-MOST_DAYS:]
    n, m, x, y = n[told], m[told], x[told], y[told]
    apart, low, high = difference(x, n, y, m)
    reach = statistics.always(statistics.rate_variance(x, n) / n + statistics.rate_variance(y, m) / m, n + m)
    columns = (told, n + m, apart, low, high, apart - reach, apart + reach)
    return tuple(Look(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
