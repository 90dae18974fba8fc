"""The whole of an impact question on journeys: tape, moments, strata, outcomes, effect. Pure; no words, no blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.core.query import Query
from collector.core.text import Text
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.balancing import design, hazard, scores, tilt, tilted
from collector.reports.impact.estimate import Effect, estimate, match_weights
from collector.reports.impact.features import Feature, State, compact, features, measures, possible, state_at
from collector.reports.impact.keysteps import KeyStep, key_steps
from collector.reports.impact.moments import Moments, find_moments
from collector.reports.impact.outcome import Outcome, case_outcome, control_outcome, reached_by
from collector.reports.impact.plan import SEED, Plan
from collector.reports.impact.strata import Strata, build_strata
from collector.reports.impact.tape import Tape, make_tape

MOST_CONTROLS = 60_000
POINTS = 14
FLOORS = {"exposed": 30, "controls": 100, "share": 0.5, "goals": 5}


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Exposures that found controls, and those controls: weights from strata alone, and balanced ones."""

    case: Int64
    case_row: Int64
    control: Int64
    start: Float64
    weight: Float64
    cases: Outcome
    controls: Outcome


@dataclass(frozen=True, slots=True)
class Balance:
    """One feature: means of the exposed, of all controls, of the matched ones; standardised differences."""

    label: Text
    exposed: float
    naive: float
    matched: float
    before: float
    after: float


@dataclass(slots=True)
class Answer:
    """All that the report tells. `refused` names the floor that was missed ("" where none was).

    `naive` holds the goal rate and the money of people never exposed; `days` the curve's days.
    """

    plan: Plan
    tape: Tape
    exposed: int = 0
    matched: Matched | None = None
    lonely: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    reasons: dict[str, Int64] = field(default_factory=dict)
    control_people: int = 0
    goals: int = 0
    used: tuple[str, ...] = ()
    steps: Sequence[KeyStep] = ()
    naive: tuple[float | None, float | None] = (None, None)
    days: Float64 = field(default_factory=lambda: np.empty(0))
    rate: Effect | None = None
    value: Effect | None = None
    balance: Sequence[Balance] = ()
    refused: str = ""


def answer(journeys: Journeys, query: Query, plan: Plan) -> Answer:
    """What exposure changed, or which floor it fell short of."""
    tape = make_tape(journeys, query, plan)
    found = Answer(plan, tape)
    found.naive = _naive(tape, plan)
    if not tape.none:
        found.refused = "exposed"
        return found
    moments = find_moments(tape, plan)
    found.exposed, found.reasons = len(moments.case_row), moments.reasons
    if len(moments.case_row) < FLOORS["exposed"]:
        found.refused = "exposed"
        return found
    if not moments.control.any():
        found.refused = "controls"
        return found
    found.steps = key_steps(journeys, plan, tape)
    state = state_at(tape, moments, found.steps, plan.at_start)
    coarse = features(state)
    can_be = possible(coarse, moments.case)
    moments = replace(moments, control=moments.control & can_be)
    strata = build_strata(coarse, moments.control, moments.case)
    found.used = strata.used
    coarse = compact(coarse, moments.case)
    found.matched = _match(tape, plan, moments, strata, coarse, can_be)
    found.lonely = moments.case_row[strata.controls[strata.code[moments.case]] == 0]
    found.refused = _floors(found)
    matched = found.matched
    if matched.weight.sum() > 0:
        found.balance = _balance(state, found, moments)
    if found.refused:
        return found
    case_x, control_x = design(coarse, matched.case), design(coarse, matched.control)
    edges = np.linspace(0, plan.horizon, POINTS + 1)[1:].astype(np.int64)
    found.days = edges / DAY
    whose = matched.cases.person, matched.controls.person
    y = reached_by(matched.cases, edges), reached_by(matched.controls, edges)
    found.rate = estimate(*y, matched.weight, case_x, control_x, *whose)
    if matched.cases.paid.any() or matched.controls.paid.any():
        base = matched.start * matched.controls.paid_weight
        paid = matched.cases.paid[:, None], matched.controls.paid[:, None]
        found.value = estimate(*paid, _balanced(base, case_x, control_x), case_x, control_x, *whose)
    return found


def _match(
    tape: Tape, plan: Plan, moments: Moments, strata: Strata, coarse: Sequence[Feature], can_be: Bool
) -> Matched:
    fits = strata.controls[strata.code[moments.case]] > 0
    case, case_row = moments.case[fits], moments.case_row[fits]
    pick = np.flatnonzero(moments.control & (strata.cases[strata.code] > 0))
    if len(pick) > MOST_CONTROLS:
        # Every moment is drawn with the same chance, so that no weight has to change.
        pick = np.sort(np.random.default_rng(SEED).choice(pick, MOST_CONTROLS, replace=False))
    scale = tape.scale[tape.person[moments.row]]
    case_x, x = design(coarse, case), design(coarse, pick)
    size = len(strata.cases)
    if not len(case) or not len(pick):
        nobody = np.zeros(0, dtype=np.int64)
        none = control_outcome(tape, plan, moments, nobody, np.zeros(len(scale)))
        return Matched(case, case_row, nobody, np.zeros(0), np.zeros(0), case_outcome(tape, plan, case_row), none)
    score = scores(coarse, tilt(case_x.mean(axis=0), x, scale[pick]), len(moments.row))
    chance = np.where(can_be, hazard(score, np.where(moments.control, scale, 0.0), len(moments.case)), 0.0)
    controls = control_outcome(tape, plan, moments, pick, chance)
    start = match_weights(strata.code[case], strata.code[pick], scale[pick], size)
    weight = _balanced(start * controls.weight, case_x, x)
    return Matched(case, case_row, pick, start, weight, case_outcome(tape, plan, case_row), controls)


def _balanced(base: Float64, case_x: Float64, x: Float64) -> Float64:
    if not (base > 0).any():
        return base
    return tilted(base, x, tilt(case_x.mean(axis=0), x, base), float(len(case_x)))


def _floors(found: Answer) -> str:
    """The first floor that is missed, "" for none; counts the controls that carry weight, and their goals."""
    matched = found.matched
    if matched is None:
        return "exposed"
    weighed = matched.weight > 0
    found.control_people = len(np.unique(matched.controls.person[weighed]))
    found.goals = len(np.unique(matched.controls.person[weighed & np.isfinite(matched.controls.delay)]))
    if not found.control_people:
        return "controls"
    if len(matched.case) < max(FLOORS["exposed"], FLOORS["share"] * found.exposed):
        return "share"
    if found.control_people < FLOORS["controls"]:
        return "controls"
    reached = int(np.count_nonzero(np.isfinite(matched.cases.delay)))
    if found.goals + reached < FLOORS["goals"]:
        return "goals"
    return "" if found.goals else "alone"


def _naive(tape: Tape, plan: Plan) -> tuple[float | None, float | None]:
    inside = (tape.time >= plan.start) & (tape.time < plan.end)
    active = np.zeros(len(tape.code), dtype=np.bool_)
    active[tape.person[inside]] = True
    people = np.flatnonzero(active & (tape.exposed == tape.none))
    if not len(people):
        return None, None
    won = np.zeros(len(tape.code), dtype=np.bool_)
    won[tape.person[inside & tape.goal]] = True
    paid = np.bincount(tape.person[inside], weights=tape.value[inside], minlength=len(tape.code))
    return float(won[people].mean()), float(paid[people].mean())


def _balance(state: State, found: Answer, moments: Moments) -> list[Balance]:
    """Means of exposures, of all controls as they are, and of the weighted ones, with standardised differences."""
    matched = found.matched
    if matched is None:
        return []
    pool = np.flatnonzero(moments.control)
    if len(pool) > MOST_CONTROLS:
        pool = np.sort(np.random.default_rng(SEED).choice(pool, MOST_CONTROLS, replace=False))
    pick = np.concatenate([matched.case, pool, matched.control])
    a, b = len(matched.case), len(matched.case) + len(pool)
    rows = []
    for measure in measures(state, found.steps, pick):
        case, raw, kept = measure.values[:a], measure.values[a:b], measure.values[b:]
        spread = float(np.sqrt((case.var() + raw.var()) / 2)) or 1.0
        after = float(matched.weight @ kept / matched.weight.sum())
        means = float(case.mean()), float(raw.mean()), after
        rows.append(Balance(measure.label, *means, (means[0] - means[1]) / spread, (means[0] - after) / spread))
    return rows
