"""What the site's own data say for a plan: how many people come, and how many of them reach the goal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part
from collector.reports.scope import choose, inside


@dataclass(frozen=True, slots=True)
class Traffic:
    """People who met the trigger in the range; of those whose time is over (`mature`) how many `reached` the goal.

    `days` is how long the range has lasted so far.
    """

    people: int
    days: float
    mature: int
    reached: int

    @property
    def a_day(self) -> float:
        """Different people a day, those who come again counted once."""
        return self.people / self.days if self.days else 0.0

    @property
    def rate(self) -> float | None:
        """The goal's rate, None where nobody's time is over."""
        return self.reached / self.mature if self.mature else None


def traffic(journeys: Journeys, query: Query, trigger: Matcher, goal: Matcher, horizon: int) -> Traffic:
    """The people who would have been in an experiment that began with the range."""
    until = min(journeys.as_of, query.now)
    people = mature = reached = 0
    first = until
    for part in journeys.each():
        rows = _first_rows(journeys, query, part, trigger)
        if not len(rows):
            continue
        person, since = part.person[rows], part.time[rows]
        first = min(first, int(since.min()))
        done = since + horizon <= until
        start = np.full(len(part.persons), 2**62, dtype=np.int64)
        start[person[done]] = since[done]
        goals = journeys.rows(part, goal, query.include_bots)
        apart = part.time[goals] - start[part.person[goals]]
        hit = np.zeros(len(part.persons), dtype=np.bool_)
        hit[part.person[goals[(apart >= 0) & (apart <= horizon)]]] = True
        people, mature, reached = people + len(rows), mature + int(done.sum()), reached + int(hit.sum())
    begin = query.start if query.span else first
    return Traffic(people, max(min(query.end, until) - begin, 0) / DAY, mature, reached)


def _first_rows(journeys: Journeys, query: Query, part: Part, trigger: Matcher) -> Int64:
    """Each chosen person's first row in the range that fits the trigger."""
    rows = journeys.rows(part, trigger, query.include_bots)
    mask = inside(part, query, choose(journeys, part, query, lasting=True), query.start, query.end)
    rows = rows[mask[rows]]
    person = part.person[rows]
    return rows[np.append(True, person[1:] != person[:-1])] if len(rows) else rows
