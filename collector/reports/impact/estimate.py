"""From weighted moments to the effect on the exposed, with an interval clustered by person.

A linear model of the outcome, fitted on the weighted controls, takes out what the weights left (doubly robust in the
sense of Robins, Rotnitzky & Zhao, JASA 1994). Intervals come from the sum of each person's influence. Since the model
is fitted with the very weights that balance, it also holds what estimating the weights does; what estimating the
chances of a later exposure does is added (`censoring.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import stdtrit

from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.coded import Table

LEVEL = 0.95
LEAST_FREE = 0.25  # at least this share of what a person tells counts as not used up by the outcome model


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One side: outcomes (a row a moment, a column an outcome), features, and whose moment it is."""

    y: Float64
    x: Table
    person: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One entry per outcome column: means of the exposed and of their counterfactual, difference, 95 % bounds."""

    exposed: Float64
    counterfactual: Float64
    difference: Float64
    low: Float64
    high: Float64

    def part(self, which: slice) -> Effect:
        """Some of its columns."""
        return Effect(*(getattr(self, name.name)[which] for name in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What is left of both sides' outcomes after the model, from which the effect on any of the exposed follows.

    weight: of the controls, summing to the number of cases. pull: what each case and each control, by its part in the
    model of exposure, does to the sum of the controls' outcomes. widen: by how much the model's fitting each
    person's accidents makes the rests of that person's moments too small (Bell & McCaffrey, Survey Methodology 2002).
    """

    cases: Sample
    controls: Sample
    weight: Float64
    case_rest: Float64
    control_rest: Float64
    pull: tuple[Float64, Float64]
    widen: Float64

    def only(self, at: int) -> Fitted:
        """The same of one outcome."""
        one = slice(at, at + 1)
        return replace(
            self,
            cases=replace(self.cases, y=self.cases.y[:, one]),
            case_rest=self.case_rest[:, one],
            control_rest=self.control_rest[:, one],
            pull=(self.pull[0][:, one], self.pull[1][:, one]),
        )


def fit(cases: Sample, controls: Sample, weight: Float64, pull: tuple[Float64, Float64]) -> Fitted:
    """The outcome model of the weighted controls, taken from both sides. For `pull` see `Fitted`."""
    constant, model, inverse, mean = _model(controls, weight)
    rows = (
        1 / float(weight.sum()) + controls.x.form(inverse) - 2 * controls.x.dot(inverse @ mean) + mean @ inverse @ mean
    )
    used = np.bincount(controls.person, weights=weight * rows)[controls.person]
    return Fitted(
        cases=cases,
        controls=controls,
        weight=weight,
        case_rest=cases.y - _predicted(cases.x, constant, model),
        control_rest=controls.y - _predicted(controls.x, constant, model),
        pull=pull,
        widen=1 / np.sqrt(np.maximum(1 - used, LEAST_FREE)),
    )


def effect(fitted: Fitted, case: Bool | None = None, control: Bool | None = None) -> Effect | None:
    """The mean effect on the exposed, or on some of them beside some of the controls; None where a side is empty."""
    cases, controls = fitted.cases, fitted.controls
    mine = np.ones(len(cases.y), dtype=np.bool_) if case is None else case
    weight = fitted.weight if control is None else np.where(control, fitted.weight, 0.0)
    count, total = int(np.count_nonzero(mine)), float(weight.sum())
    if not count or total <= 0:
        return None
    case_rest, case_person = fitted.case_rest[mine], cases.person[mine]
    weight = weight * (count / total)
    centre, rest = case_rest.mean(axis=0), weight @ fitted.control_rest / count
    people = int(max(case_person.max(initial=0), controls.person.max(initial=0))) + 1
    spread = np.empty(len(centre))
    whole = count / len(cases.y)
    for at in range(len(centre)):
        mine_pull = case_rest[:, at] - centre[at] - whole * fitted.pull[0][mine, at]
        pull = np.bincount(case_person, weights=mine_pull, minlength=people)
        pulled = weight * (fitted.control_rest[:, at] - rest[at]) * fitted.widen + whole * fitted.pull[1][:, at]
        pull -= np.bincount(controls.person, weights=pulled, minlength=people)
        spread[at] = np.sqrt(np.sum(pull**2)) / count
    alike = effective_people(controls.person, weight)
    spread = np.sqrt(spread**2 + _lacking((cases.y[mine], np.ones(count), count), (controls.y, weight, alike)))
    freedom = max(min(count, alike) - 1, 1)
    reach = float(stdtrit(freedom, (1 + LEVEL) / 2)) * spread
    exposed, difference = cases.y[mine].mean(axis=0), centre - rest
    return Effect(exposed, exposed - difference, difference, difference - reach, difference + reach)


def _lacking(*sides: tuple[Float64, Float64, float]) -> Float64:
    """What the variance of each outcome's difference lacks where few on a side have any of it, or nearly all have.

    Where none of fifty reached the goal their own spread is none, and yet as many as seven in a hundred might have. As
    if on each side one more had it and one more had not (Agresti & Caffo, American Statistician 2000).

    Args:
        sides: outcomes, weights, and how many people these tell as much as.
    """
    first = [weight @ np.abs(y) for y, weight, _ in sides]
    second = sum(weight @ y**2 for y, weight, _ in sides)
    worth = second / np.maximum(sum(first), 1e-12)  # of one who has it
    lacking = np.zeros(len(worth))
    for total, (_, weight, people) in zip(first, sides, strict=True):
        share = np.clip(total / weight.sum() / np.maximum(worth, 1e-12), 0, 1)
        near = (share * people + 1) / (people + 2)
        lacking += (near * (1 - near) - share * (1 - share)) / people
    return np.asarray(lacking * worth**2)


def _model(sample: Sample, weight: Float64) -> tuple[Float64, Float64, Float64, Float64]:
    """Constant and coefficients of each outcome by weighted least squares, the inverse of the features' spread, and
    their means.

    A ridge of about one observation a coefficient: levels that hardly occur must not run away.
    """
    total = float(weight.sum())
    mean = sample.x.sums(weight) / total
    gram = sample.x.gram(weight) - total * np.outer(mean, mean)
    gram[np.diag_indices_from(gram)] += 1.0
    outcome = weight @ sample.y / total
    cross = np.stack([sample.x.sums(weight * column) for column in sample.y.T], axis=1)
    inverse: Float64 = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    model = inverse @ (cross - total * np.outer(mean, outcome))
    return outcome - mean @ model, np.asarray(model), inverse, mean


def _predicted(x: Table, constant: Float64, model: Float64) -> Float64:
    return np.stack([start + x.dot(column) for start, column in zip(constant, model.T, strict=True)], axis=1)


def effective_size(weight: Float64) -> float:
    """How many equally weighted ones would tell as much (Kish 1965)."""
    squares = float(np.sum(weight**2))
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def effective_people(person: Int64, weight: Float64) -> float:
    """The same of people, all of whose moments count together."""
    return effective_size(np.bincount(person, weights=weight).astype(np.float64)) if len(person) else 0.0


def e_value(exposed: float, counterfactual: float) -> float | None:
    """How strongly a hidden cause must drive both exposure and goal to explain the effect away, as a risk ratio.

    VanderWeele & Ding, Annals of Internal Medicine 2017. None where a rate is zero.
    """
    if exposed <= 0 or counterfactual <= 0:
        return None
    ratio = exposed / counterfactual
    ratio = ratio if ratio >= 1 else 1 / ratio
    return float(ratio + np.sqrt(ratio * (ratio - 1)))
