"""One sample of people that serves all candidates: of each enough who did it, and of the others a part.

Everybody has one lot, drawn once. Whose lot lies below the chance of any reason to be looked at is in; and of those who
did one thing those count as its cases whose lot lies below that thing's own chance. So the cases of every candidate are
an even sample, though all share one tape (permanent random numbers; Ohlsson, in Business Survey Methods 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.journeys.part import Float64, Int64
from collector.reports.drivers.candidates import Candidate, cases, of_each
from collector.reports.drivers.people import Asked
from collector.reports.impact.drawn import NEVER, Crowd, Drawn
from collector.reports.impact.lots import lots

MOST_ROWS = 600_000
OTHER_ROWS = 150_000  # of people who never reach the goal, and as many of those who do
MOST_CASES = 4_000  # of a candidate


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The people drawn, the lot of each in the order of `crowd`, and how many cases of a candidate are wanted."""

    crowd: Crowd
    lot: Float64
    cases: int

    def share(self, candidate: Candidate) -> float:
        """The share of a candidate's cases that are looked at."""
        return min(1.0, self.cases / candidate.people)


def sample(query: Query, people: Sequence[Asked], candidates: Sequence[Candidate]) -> Sample:
    """Draw the people of all candidates. What one did long after the goal is left away."""
    most = [_most(query, one, candidates) for one in people]
    lengths = [np.where(one.chosen, np.diff(one.part.person_row), 0) for one in people]
    base = _base(people, lengths)
    wanted = MOST_CASES
    while wanted > 250 and _rows(base, most, lengths, wanted) > MOST_ROWS:
        wanted //= 2
    drawn, found = [], []
    for one, low, share in zip(people, base, most, strict=True):
        check()
        lot = lots(one.part.persons)
        chance = np.minimum(np.maximum(low, wanted * share), 1.0)
        place = np.flatnonzero(one.chosen & (lot < chance))
        reached = np.where(one.reached[place] < one.part.size, one.reached[place], NEVER)
        # `Drawn.exposed` ends what is read of a person a horizon later, here after the goal.
        drawn.append(Drawn(one.part, place, 1 / chance[place], reached, reached))
        found.append(lot[place])
    return Sample(Crowd(drawn, (None, None), 0, 1.0), np.concatenate([np.zeros(0), *found]), wanted)


def _most(query: Query, one: Asked, candidates: Sequence[Candidate]) -> Float64:
    """For each person one over the number of cases of the rarest candidate that they are a case of."""
    found = np.zeros(len(one.chosen))
    # From the commonest on, so that what is written last is the rarest.
    ordered = sorted(candidates, key=lambda candidate: -candidate.people)
    theirs = of_each([one], ordered, lambda candidate: cases(query, one, candidate)[1])
    for candidate, person in zip(ordered, theirs, strict=True):
        found[person] = 1 / candidate.people
    return found


def _base(people: Sequence[Asked], lengths: Sequence[Int64]) -> list[Float64]:
    """Everybody's chance to be looked at whatever they did, by whether they reach the goal."""
    shares = []
    for won in (False, True):
        rows = sum(
            int(length[(one.reached < one.part.size) == won].sum()) for one, length in zip(people, lengths, strict=True)
        )
        shares.append(min(1.0, OTHER_ROWS / max(rows, 1)))
    return [np.where(one.reached < one.part.size, shares[1], shares[0]) for one in people]


def _rows(base: Sequence[Float64], most: Sequence[Float64], lengths: Sequence[Int64], wanted: int) -> float:
    """About how many rows so many cases of each candidate make."""
    each = zip(base, most, lengths, strict=True)
    return sum(float(np.minimum(np.maximum(low, wanted * share), 1.0) @ length) for low, share, length in each)
