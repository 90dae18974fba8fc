"""Which of all candidates are looked into: by facts that are quickly counted of everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool
from collector.reports.drivers.candidates import LEAST, Candidate, cases, every, of_each
from collector.reports.drivers.people import Asked, reached_within
from collector.reports.impact.plan import Plan

MOST_SHARE = 0.9  # of all people
MOST = 40  # looked into
BY_PEOPLE = 20  # of these chosen by how many people did it, the others by how far their goal rate is off


@dataclass(frozen=True, slots=True)
class Screened:
    """What is looked into, most people first, out of how many that enough people did; how many people there are."""

    chosen: Sequence[Candidate]
    eligible: int
    people: int


def screen(journeys: Journeys, query: Query, plan: Plan, people: Sequence[Asked]) -> Screened:
    """The candidates that most people did, and those whose plain goal rate is furthest from everybody's."""
    total = sum(int(np.count_nonzero(one.chosen)) for one in people)
    won = sum(int(np.count_nonzero(_won(one, plan))) for one in people)
    base = min(max(won / max(total, 1), 1e-6), 1 - 1e-6)
    candidates = list(every(journeys, plan))
    counted = of_each(people, candidates, lambda candidate: _counted(query, people, candidate))
    enough = [one for one in counted if LEAST <= one.people <= MOST_SHARE * total]
    enough.sort(key=lambda one: (-one.people, str(one.matcher)))
    apart = sorted(enough[BY_PEOPLE:], key=lambda one: -abs(_apart(one, base)))
    chosen = [*enough[:BY_PEOPLE], *apart[: MOST - BY_PEOPLE]]
    return Screened(sorted(chosen, key=lambda one: (-one.people, str(one.matcher))), len(enough), total)


def _won(one: Asked, plan: Plan) -> Bool:
    won = one.chosen & (one.reached < one.part.size)
    won[won] = one.part.time[one.reached[won]] < plan.end
    return won


def _apart(candidate: Candidate, base: float) -> float:
    """How many standard errors the goal rate of those who did it is off everybody's."""
    rate = candidate.reached / candidate.people
    return float((rate - base) / np.sqrt(base * (1 - base) / candidate.people))


def _counted(query: Query, people: Sequence[Asked], candidate: Candidate) -> Candidate:
    count = reached = 0
    for one in people:
        rows, person = cases(query, one, candidate)
        count += len(rows)
        reached += int(np.count_nonzero(reached_within(one, rows, person)))
    return Candidate(candidate.matcher, candidate.kinds, candidate.channel, count, reached)
