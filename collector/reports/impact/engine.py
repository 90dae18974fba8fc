"""The whole of an impact question: people, moments, weights, outcomes, effect. Pure; no words, no blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.core.text import Text
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.balancing import hazard, tilt, tilted
from collector.reports.impact.censoring import pull
from collector.reports.impact.coded import Coded
from collector.reports.impact.crossings import crossed
from collector.reports.impact.drawn import Crowd, draw
from collector.reports.impact.estimate import Effect, Fitted, Sample, effect, fit
from collector.reports.impact.features import coded, features, measures, possible
from collector.reports.impact.keysteps import KeyStep, key_steps, stage_steps
from collector.reports.impact.moments import Moments, find_moments
from collector.reports.impact.outcome import Outcome, case_outcome, control_outcome, settled
from collector.reports.impact.plan import SEED, Plan
from collector.reports.impact.state import State, state_at
from collector.reports.impact.tape import Tape, make_tape
from collector.reports.scope import distinct_sorted

MOST_CONTROLS = 60_000
POINTS = 14
RATE, LEFT, MONEY, VISITS = POINTS - 1, POINTS, POINTS + 1, POINTS + 3  # columns of the outcome
EVERY = tuple(range(POINTS + 4))
TOLD = (RATE, LEFT, MONEY)
BEYOND = 0.995  # exposed above this share of the controls' odds, as weighted, have nobody like them
FLOORS = {"exposed": 30, "controls": 100, "share": 0.5, "goals": 5}


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Exposures that found controls, and those controls with their weights.

    case, control: places among the moments. case_row: rows of the exposures. case_x, control_x: their features.
    base: how many control moments each stands for. odds: the coefficients of the model of exposure, which make them
    weights. x, chance: features of all moments, and the chance of being exposed there.
    """

    case: Int64
    case_row: Int64
    control: Int64
    case_x: Coded
    control_x: Coded
    base: Float64
    odds: Float64
    weight: Float64
    cases: Outcome
    controls: Outcome
    x: Coded
    chance: Float64


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

    exposed: exposures that count. lonely: rows of those with nobody alike. days: of the curve. rate: its points; value,
    left: money, and days of the horizon left when the goal was reached. placebo: visits in as long a time before, which
    nothing that came later can have changed.
    """

    plan: Plan
    tape: Tape
    crowd: Crowd
    exposed: int = 0
    matched: Matched | None = None
    moments: Moments | None = None
    state: State | None = None
    lonely: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    reasons: Mapping[str, Int64] = field(default_factory=dict)
    control_people: int = 0
    goals: int = 0
    used: tuple[str, ...] = ()
    steps: Sequence[KeyStep] = ()
    days: Float64 = field(default_factory=lambda: np.empty(0))
    fitted: Fitted | None = None
    rate: Effect | None = None
    value: Effect | None = None
    left: Effect | None = None
    placebo: Effect | None = None
    balance: Sequence[Balance] = ()
    refused: str = ""

    @property
    def naive(self) -> tuple[float | None, float | None]:
        """Goal rate and money of people never exposed."""
        return self.crowd.naive


def answer(journeys: Journeys, query: Query, plan: Plan) -> Answer:
    """What exposure changed, or which floor it fell short of."""
    crowd = draw(journeys, query, plan)
    tape = make_tape(journeys, query, plan, crowd)
    found = Answer(plan, tape, crowd)
    check()
    moments = find_moments(tape, plan)
    found.moments = moments
    found.exposed = len(moments.case_row)
    found.reasons = {"converted": moments.converted, "open": moments.unfinished}
    if found.exposed < FLOORS["exposed"] or not moments.control.any():
        found.refused = "exposed" if found.exposed < FLOORS["exposed"] else "controls"
        return found
    _match(journeys, plan, found, moments)
    found.refused = _floors(found)
    if not found.refused and found.matched is not None:
        _estimate(found, found.matched)
    return found


def _match(journeys: Journeys, plan: Plan, found: Answer, moments: Moments) -> None:
    """Who is compared with whom, and with which weights."""
    tape = found.tape
    found.steps = key_steps(journeys, plan, tape)
    stages = stage_steps(journeys, plan, tape)
    state = state_at(tape, moments, plan, found.steps, stages)
    found.state = state
    check()
    coarse = features(state, moments.case, len(stages))
    can_be = possible(coarse, moments.case)
    moments = replace(moments, control=moments.control & can_be)
    scale = np.where(moments.control, tape.scale[tape.person[moments.row]], 0.0)
    x, found.used = coded(coarse, moments.case, scale)
    pool = _sample(np.flatnonzero(moments.control))
    if not len(pool):
        found.refused, found.lonely = "controls", moments.case_row
        return
    check()
    pool_x, base = x.of(pool), scale[pool]
    odds = tilt(_means(x.of(moments.case)), pool_x, base)
    wider = crossed(x, moments.case, pool, tilted(base, pool_x, odds, 1.0))
    if wider is not x:
        x, pool_x = wider, wider.of(pool)
        start = np.concatenate([odds, np.zeros(x.width - len(odds))])
        odds = tilt(_means(x.of(moments.case)), pool_x, base, start)
    score = x.dot(odds)
    fits = alike(score, moments.case, pool, base)
    found.lonely = moments.case_row[~fits]
    case, case_row = moments.case[fits], moments.case_row[fits]
    chance = np.where(moments.fresh, hazard(score, scale, len(moments.case)), 0.0)
    if tape.value.any():
        chance += np.where(moments.fresh, 0.0, _late_chance(tape, moments, x))
    check()
    edges = np.linspace(0, plan.horizon, POINTS + 1)[1:].astype(np.int64)
    found.days = edges / DAY
    chance = np.where(can_be, chance, 0.0)
    controls = control_outcome(tape, plan, moments, pool, chance, edges)
    case_x = x.of(case)
    if not fits.all():
        odds = tilt(_means(case_x), pool_x, base, odds)
    weight = tilted(base, pool_x, odds, float(len(case)))
    cases = case_outcome(tape, plan, case_row, edges)
    found.matched = Matched(case, case_row, pool, case_x, pool_x, base, odds, weight, cases, controls, x, chance)
    found.moments = moments
    found.balance = _balance(state, found, scale)


def _sample(pool: Int64) -> Int64:
    """Every moment is drawn with the same chance, so that no weight has to change."""
    if len(pool) <= MOST_CONTROLS:
        return pool
    return np.sort(np.random.default_rng(SEED).choice(pool, MOST_CONTROLS, replace=False))


def _means(x: Coded) -> Float64:
    return x.sums(np.ones(x.rows)) / max(x.rows, 1)


def alike(score: Float64, case: Int64, pool: Int64, base: Float64) -> Bool:
    """Exposures whose odds do not lie beyond those of hardly any control."""
    weight = base * np.exp(score[pool] - score[pool].max())
    order = np.argsort(score[pool], kind="stable")
    mass = np.cumsum(weight[order]) / weight.sum()
    edge = score[pool][order[min(int(np.searchsorted(mass, BEYOND)), len(order) - 1)]]
    return np.asarray(score[case] <= edge)


def _late_chance(tape: Tape, moments: Moments, x: Coded) -> Float64:
    """The chance of being exposed after the goal: it counts for money, which goes on."""
    late = np.flatnonzero(~moments.fresh)
    scale = np.zeros(len(moments.row))
    scale[late] = tape.scale[tape.person[moments.row[late]]]
    scale[moments.late] = 0.0
    pool = _sample(late[scale[late] > 0])
    if not len(pool):
        return np.zeros(len(scale))
    enough = len(moments.late) >= FLOORS["exposed"]
    score = x.dot(tilt(_means(x.of(moments.late)), x.of(pool), scale[pool])) if enough else np.zeros(len(scale))
    return hazard(score, scale, len(moments.late))


def _floors(found: Answer) -> str:
    """The first floor that is missed, "" for none; counts the controls that carry weight, and their goals."""
    matched = found.matched
    if matched is None:
        return found.refused or "controls"
    weighed = matched.weight > 0
    found.control_people = distinct_sorted(matched.controls.person[weighed])
    found.goals = distinct_sorted(matched.controls.person[weighed & np.isfinite(matched.controls.delay)])
    if len(matched.case) < max(FLOORS["exposed"], FLOORS["share"] * found.exposed):
        return "share"
    if found.control_people < FLOORS["controls"]:
        return "controls"
    reached = int(np.count_nonzero(np.isfinite(matched.cases.delay)))
    if found.goals + reached < FLOORS["goals"]:
        return "goals"
    return "" if found.goals else "alone"


def fitted(matched: Matched, weight: Float64, case: Int64 | None = None, columns: Sequence[int] = EVERY) -> Fitted:
    """The outcome model under some weights of the controls.

    Args:
        case: those of the exposures that are meant; all without it. columns: those of the outcome.
    """
    y, person, x = matched.cases.y, matched.cases.person, matched.case_x
    if case is not None:
        y, person, x = y[case], person[case], x.of(case)
    controls = settled(matched.controls, weight)
    spans = replace(controls.spans, worth=controls.spans.worth[:, columns])
    exact = [at for at, column in enumerate(columns) if column in TOLD]
    moved = pull(spans, matched.x, matched.chance, weight, x, matched.control_x, exact)
    theirs = Sample(controls.y[:, columns], matched.control_x, controls.person)
    return fit(Sample(y[:, columns], x, person), theirs, weight, moved)


def _estimate(found: Answer, matched: Matched) -> None:
    found.fitted = fitted(matched, matched.weight)
    whole = effect(found.fitted)
    if whole is None:
        return
    found.rate, found.left = whole.part(slice(POINTS)), whole.part(slice(POINTS, POINTS + 1))
    found.placebo = whole.part(slice(VISITS, VISITS + 1))
    if matched.cases.y[:, MONEY].any() or matched.controls.y[:, MONEY].any():
        found.value = whole.part(slice(MONEY, MONEY + 1))


def _balance(state: State, found: Answer, scale: Float64) -> list[Balance]:
    """Means of exposures, of all controls as they are, and of the weighted ones, with standardised differences."""
    matched = found.matched
    if matched is None or not matched.weight.any() or not len(matched.case):
        return []
    raw_weight, cases = scale[matched.control], len(matched.case)
    rows = []
    for measure in measures(state, found.steps, np.concatenate([matched.case, matched.control])):
        case, control = measure.values[:cases], measure.values[cases:]
        raw = float(raw_weight @ control / raw_weight.sum())
        variance = float(raw_weight @ (control - raw) ** 2 / raw_weight.sum())
        spread = float(np.sqrt((case.var() + variance) / 2)) or 1.0
        after = float(matched.weight @ control / matched.weight.sum())
        mean = float(case.mean())
        rows.append(Balance(measure.label, mean, raw, after, (mean - raw) / spread, (mean - after) / spread))
    return rows
