"""The whole of an impact question: people, moments, weights, outcomes, effect. Pure; no words, no blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.core.deadline import check, progress
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64
from collector.reports.impact.away import with_ticks
from collector.reports.impact.balance import Balance, balance
from collector.reports.impact.censoring import pull
from collector.reports.impact.drawn import Crowd, draw
from collector.reports.impact.estimate import Effect, Fitted, Sample, effect, fit
from collector.reports.impact.forerunners import without_forerunners
from collector.reports.impact.keysteps import KeyStep, key_steps, stage_steps
from collector.reports.impact.matching import POINTS, Matched, match
from collector.reports.impact.moments import find_moments
from collector.reports.impact.outcome import settled
from collector.reports.impact.places import places
from collector.reports.impact.plan import Plan
from collector.reports.impact.state import State, state_at
from collector.reports.impact.tape import Tape, make_tape
from collector.reports.scope import distinct_sorted

RATE, LEFT, MONEY, VISITS = POINTS - 1, POINTS, POINTS + 1, POINTS + 3  # columns of the outcome
EVERY = tuple(range(POINTS + 4))
TOLD = (RATE, LEFT, MONEY)
FLOORS = {"exposed": 30, "controls": 100, "share": 0.5, "goals": 5}
SURE = 0.99  # of the exposed above this share reached the goal: it comes with the goal, as its thanks do


@dataclass(slots=True)
class Answer:
    """All that the report tells. `refused` names the floor that was missed ("" where none was).

    exposed: exposures that count. lonely: rows of those with nobody alike. rate: the curve's points. value, left:
    money, and days of the horizon left when the goal was reached. placebo: visits in as long a time before, which
    nothing that came later can have changed.
    """

    plan: Plan
    tape: Tape
    crowd: Crowd
    exposed: int = 0
    matched: Matched | None = None
    state: State | None = None
    lonely: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    reasons: dict[str, Int64] = field(default_factory=dict)
    control_people: int = 0
    goals: int = 0
    steps: Sequence[KeyStep] = ()
    fitted: Fitted | None = None
    rate: Effect | None = None
    value: Effect | None = None
    left: Effect | None = None
    placebo: Effect | None = None
    balance: Sequence[Balance] = ()
    refused: str = ""

    @property
    def naive(self) -> tuple[float | None, float | None]:
        """Goal rate and money of people never exposed, in as long a time as the exposed are given."""
        return self.crowd.naive


def answer(journeys: Journeys, query: Query, plan: Plan) -> Answer:
    """What exposure changed, or which floor it fell short of."""
    crowd = draw(journeys, query, plan)
    tape = make_tape(journeys, query, plan, crowd)
    if plan.elsewhere:
        tape = with_ticks(tape, plan)
    elif not plan.at_start:
        tape = without_forerunners(journeys, plan, tape)
    found = Answer(plan, tape, crowd)
    check()
    progress(0.2)
    moments = find_moments(tape, plan)
    found.exposed = len(moments.case_row)
    found.reasons = {"converted": moments.converted, "open": moments.unfinished}
    if plan.elsewhere:
        found.reasons |= {"stranger": moments.strangers, "away": moments.beyond}
    if found.exposed < FLOORS["exposed"] or not moments.control.any():
        found.refused = "exposed" if found.exposed < FLOORS["exposed"] else "controls"
        return found
    found.steps = key_steps(journeys, plan, tape)
    stages = stage_steps(journeys, plan, tape)
    found.state = replace(state_at(tape, moments, plan, found.steps, stages), places=places(journeys, tape, moments))
    check()
    progress(0.5)
    matched = match(tape, plan, moments, found.state, len(stages))
    found.matched = matched
    progress(0.9)
    found.lonely = np.setdiff1d(moments.case_row, [] if matched is None else matched.case_row)
    if matched is not None:
        found.balance = balance(found.state, found.steps, matched.case, matched.control, matched.weight, matched.base)
    found.refused = _floors(found)
    if not found.refused and found.matched is not None:
        _estimate(found, found.matched)
    return found


def _floors(found: Answer) -> str:
    """The first floor that is missed, or "same" where all exposed reach the goal, "" for none; counts the controls that
    carry weight, and their goals.
    """
    matched = found.matched
    if matched is None:
        return "controls"
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
    if not found.goals:
        return "alone"
    return "same" if reached > SURE * len(matched.case) else ""


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
