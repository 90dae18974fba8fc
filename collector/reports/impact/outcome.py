"""What came of each moment within the horizon, and how likely a control was to stay unexposed that long.

Controls who are exposed later within the horizon are dropped from then on, and what comes to those alike who were not
exposed counts for them too (inverse probability of censoring; Robins & Finkelstein, Biometrics 2000): what comes at a
time counts as often as one in so many was still unexposed then. Without it the controls' outcome would hold a part of
the very effect that is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from collector.core.times import DAY
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.moments import Moments
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape

BESIDE = MONEY, STAYED, VISITS = -3, -2, -1  # the columns of an outcome after those of the goal
LEAST_CHANCE = 0.1  # of staying unexposed: caps how often one outcome counts at ten


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """What counts more than once since others were exposed before: of `owner` (an entry of the outcome), `worth` in
    each column, after having stayed unexposed at the moments `start` < place <= `end`.
    """

    owner: Int64
    start: Int64
    end: Int64
    worth: Float64


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Per moment: whose it is, what is compared (`y`), the delay to the goal in ms (inf where not within
    the horizon, or where exposed before it), and whether exposed later within the horizon.

    The columns of y: the goal reached by each edge, days of the horizon left when it was, money, and having stayed
    unexposed until the goal or the end, each counted as often as it stands for (`spans` tells where from), so that the
    last is 1 on the average; and visits begun within as long a time before.
    """

    person: Int64
    y: Float64
    delay: Float64
    later: Bool
    spans: Spans


def case_outcome(tape: Tape, plan: Plan, rows: Int64, edges: Int64) -> Outcome:
    """The outcome after exposures at these rows; `edges` are the ends of the curve's steps in ms after the moment."""
    person, time = tape.person[rows], tape.time[rows]
    delay = _delay(tape, plan, tape.reached[person], time)
    total = np.concatenate([[0.0], np.cumsum(tape.value)])
    paid = total[last_rows(tape, person, time + plan.horizon) + 1] - total[rows + 1]
    none = np.empty(0, dtype=np.int64)
    stayed = np.ones(len(rows))
    y = np.column_stack([_reached(delay, edges, plan.horizon), paid, stayed, _visits_before(tape, plan, rows)])
    return Outcome(person, y, delay, np.zeros(len(rows), dtype=np.bool_), Spans(none, none, none, y[:0]))


def control_outcome(tape: Tape, plan: Plan, moments: Moments, pick: Int64, chance: Float64, edges: Int64) -> Outcome:
    """The outcome after control moments; `chance` is, per moment of all, the chance of being exposed there."""
    row = moments.row[pick]
    person, time = tape.person[row], tape.time[row]
    goal, exposed = tape.reached[person], tape.exposed[person]
    delay = _delay(tape, plan, goal, time)
    delay[goal > exposed] = np.inf
    last = last_rows(tape, person, time + plan.horizon)
    won = np.flatnonzero(np.isfinite(delay))
    payments = np.flatnonzero(tape.value)
    begin = np.searchsorted(payments, row + moments.after[pick])
    count = np.maximum(np.searchsorted(payments, np.minimum(last + 1, exposed)) - begin, 0)
    paid_by = np.repeat(np.arange(len(pick)), count)
    payment = payments[np.arange(len(paid_by)) + np.repeat(begin - (np.cumsum(count) - count), count)]
    # Who neither reached the goal nor was exposed until the end of the horizon stayed unexposed until then.
    whole = np.flatnonzero(~np.isfinite(delay) & (exposed > last))
    owner = np.concatenate([won, whole, paid_by])
    start = pick[owner]
    until = 2 * np.concatenate([goal[won], last[whole], payment])
    until[len(won) : len(won) + len(whole)] += 1
    end = np.maximum(np.searchsorted(moments.key, until, side="right") - 1, start)
    stay = np.cumsum(np.log1p(-np.minimum(chance, 0.99)))
    often = 1 / np.maximum(np.exp(stay[end] - stay[start]), LEAST_CHANCE)
    reached = _reached(delay[won], edges, plan.horizon)
    size = reached.shape[1] + len(BESIDE)
    worth = np.zeros((len(owner), size))
    worth[: len(won), : reached.shape[1]] = reached * often[: len(won), None]
    worth[len(won) + len(whole) :, MONEY] = tape.value[payment] * often[len(won) + len(whole) :]
    worth[: len(won) + len(whole), STAYED] = often[: len(won) + len(whole)]
    y = np.empty((len(pick), size))
    for at, column in enumerate(worth.T):
        y[:, at] = np.bincount(owner, weights=column, minlength=len(pick))
    y[:, VISITS] = _visits_before(tape, plan, row)
    return Outcome(person, y, delay, exposed <= last, Spans(owner, start, end, worth))


def _delay(tape: Tape, plan: Plan, goal: Int64, time: Int64) -> Float64:
    if not tape.none:
        return np.full(len(goal), np.inf)
    delay = tape.time[np.minimum(goal, tape.none - 1)] - time
    return np.where((goal < tape.none) & (delay <= plan.horizon), delay.astype(np.float64), np.inf)


def last_rows(tape: Tape, person: Int64, until: Int64) -> Int64:
    """The last row of each person at or before an instant."""
    low = int(tape.time.min()) if tape.none else 0
    wide = int(max(int(tape.time.max()), int(until.max(initial=0)))) - low + 2 if tape.none else 1
    packed = tape.person * wide + (tape.time - low)
    return np.searchsorted(packed, person * wide + (until - low), side="right") - 1


def _visits_before(tape: Tape, plan: Plan, row: Int64) -> Float64:
    """Visits begun within the horizon before each row, the row's own aside."""
    begun = np.concatenate([[0], np.cumsum(tape.first == np.arange(tape.none))])
    person, first = tape.person[row], tape.first[row]
    since = np.maximum(last_rows(tape, person, tape.time[row] - plan.horizon) + 1, tape.begin[person])
    return np.asarray(np.maximum(begun[first] - begun[np.minimum(since, first)], 0), dtype=np.float64)


def _reached(delay: Float64, edges: Int64, horizon: int) -> Float64:
    """A column an edge, 1 where the goal was reached by then, and one of the days of the horizon left when it was."""
    won = np.isfinite(delay)
    left = np.where(won, horizon - np.where(won, delay, 0.0), 0.0) / DAY
    return np.column_stack([delay[:, None] <= edges[None, :], left])


def settled(controls: Outcome, weight: Float64) -> Outcome:
    """The same outcome with less noise, by a control variate.

    Having stayed is 1 on the average; how far it is off tells by how much those who stand for others happen to be too
    many or too few.
    """
    y, worth = controls.y.copy(), controls.spans.worth.copy()
    total = float(weight.sum())
    mean = weight @ y / total
    apart = y[:, STAYED] - mean[STAYED]
    spread = float(weight @ apart**2)
    if spread <= 0:
        return controls
    slope = (weight * apart) @ (y - mean) / spread
    slope[[STAYED, VISITS]] = 0.0
    y -= np.outer(y[:, STAYED] - 1.0, slope)
    worth -= np.outer(worth[:, STAYED], slope)
    return replace(controls, y=y, spans=replace(controls.spans, worth=worth))
