"""What came of each moment within the horizon, and how likely a control was to stay unexposed that long.

Controls who are exposed later within the horizon are dropped from then on, and those alike who were not exposed count
for them too (inverse probability of censoring; Robins & Finkelstein 2000). Without it their outcome would hold a part
of the very effect that is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.moments import Moments
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape

NEVER = np.inf
LEAST_CHANCE = 0.1  # of staying unexposed: caps the weight of one control at ten


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Per moment: delay to the goal in ms (inf where not within the horizon), money within the horizon, and the
    weights that stand in for those exposed later: of the goal, and of the money (0 where exposed before).
    """

    person: Int64
    delay: Float64
    paid: Float64
    weight: Float64
    paid_weight: Float64


def case_outcome(tape: Tape, plan: Plan, rows: Int64) -> Outcome:
    """The outcome after exposures at these rows."""
    person, time = tape.person[rows], tape.time[rows]
    goal = tape.reached[person]
    delay = _delay(tape, plan, goal, time)
    last = _last_rows(tape, person, time + plan.horizon)
    one = np.ones(len(rows))
    return Outcome(person, delay, _paid(tape, rows + 1, last), one, one)


def control_outcome(tape: Tape, plan: Plan, moments: Moments, pick: Int64, chance: Float64) -> Outcome:
    """The outcome after control moments; `chance` is, per moment of all, the chance of being exposed there."""
    row, key = moments.row[pick], moments.key[pick]
    person, time = tape.person[row], tape.time[row]
    goal, exposed = tape.reached[person], tape.exposed[person]
    delay = _delay(tape, plan, goal, time)
    delay[goal > exposed] = NEVER
    last = _last_rows(tape, person, time + plan.horizon)
    later = exposed <= last
    stay = np.cumsum(np.log1p(-np.minimum(chance, 0.99)))
    so_far = stay[pick]

    def until(bound: Int64) -> Float64:
        place = np.searchsorted(moments.key, bound, side="right") - 1
        return np.asarray(np.maximum(np.exp(stay[np.maximum(place, pick)] - so_far), LEAST_CHANCE))

    won = np.isfinite(delay)
    whole = until(2 * last + 1)
    to_goal = until(np.where(won, 2 * goal, key))
    weight = np.where(won, 1 / to_goal, np.where(later, 0.0, 1 / whole))
    begin = row + moments.after[pick]
    return Outcome(person, delay, _paid(tape, begin, last), weight, np.where(later, 0.0, 1 / whole))


def _delay(tape: Tape, plan: Plan, goal: Int64, time: Int64) -> Float64:
    if not tape.none:
        return np.full(len(goal), NEVER)
    delay = tape.time[np.minimum(goal, tape.none - 1)] - time
    return np.where((goal < tape.none) & (delay <= plan.horizon), delay.astype(np.float64), NEVER)


def _last_rows(tape: Tape, person: Int64, until: Int64) -> Int64:
    """The last row of each person at or before an instant."""
    low = int(tape.time.min()) if tape.none else 0
    wide = int(max(int(tape.time.max()), int(until.max(initial=0)))) - low + 2 if tape.none else 1
    packed = tape.person * wide + (tape.time - low)
    return np.searchsorted(packed, person * wide + (until - low), side="right") - 1


def _paid(tape: Tape, begin: Int64, last: Int64) -> Float64:
    total = np.concatenate([[0.0], np.cumsum(tape.value)])
    return np.asarray(total[np.maximum(last + 1, begin)] - total[begin])


def reached_by(outcome: Outcome, edges: Int64) -> Float64:
    """A column per edge (ms): 1 where the goal was reached by then."""
    return (outcome.delay[:, None] <= edges[None, :]).astype(np.float64)
