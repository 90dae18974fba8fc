"""From matched moments to the effect on the exposed, with an interval clustered by person.

Weights make controls as frequent as exposures in every stratum; a linear model of the outcome, fitted on the weighted
controls, takes out what is left (bias-corrected matching: Abadie & Imbens 2011; doubly robust in the sense of
Robins, Rotnitzky & Zhao 1994). Intervals come from the sum of each person's influence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from collector.journeys.part import Float64, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One entry per outcome column: means of the exposed and of their counterfactual, difference, 95 % bounds."""

    exposed: Float64
    counterfactual: Float64
    difference: Float64
    low: Float64
    high: Float64


def match_weights(case_code: Int64, control_code: Int64, base: Float64, size: int) -> Float64:
    """Weights of controls that sum, in every stratum, to the number of exposures there."""
    cases = np.bincount(case_code, minlength=size)
    total = np.bincount(control_code, weights=base, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(total > 0, cases / total, 0.0)
    return np.asarray(base * ratio[control_code])


def estimate(
    case_y: Float64,
    control_y: Float64,
    weight: Float64,
    case_x: Float64,
    control_x: Float64,
    case_person: Int64,
    control_person: Int64,
) -> Effect:
    """The mean effect on the exposed for every outcome column.

    Args:
        case_y, control_y: outcomes, a row a moment, a column an outcome.
        weight: of the controls, summing to the number of cases.
        case_x, control_x: features for the outcome model.
        case_person, control_person: whose moment it is; intervals are clustered by it.
    """
    count = len(case_y)
    model = _fit(control_x, control_y, weight)
    case_rest, control_rest = case_y - case_x @ model, control_y - control_x @ model
    centre = case_rest.mean(axis=0)
    difference = centre - weight @ control_rest / weight.sum()
    people = int(max(case_person.max(initial=0), control_person.max(initial=0))) + 1
    spread = np.empty(case_y.shape[1])
    mean_rest = weight @ control_rest / weight.sum()
    for at in range(case_y.shape[1]):
        pull = np.bincount(case_person, weights=case_rest[:, at] - centre[at], minlength=people)
        pull -= np.bincount(control_person, weights=weight * (control_rest[:, at] - mean_rest[at]), minlength=people)
        spread[at] = np.sqrt(np.sum(pull**2)) / count
    freedom = max(min(count, effective_size(weight)) - 1, 1)
    reach = float(stdtrit(freedom, 0.975)) * spread
    exposed = case_y.mean(axis=0)
    return Effect(exposed, exposed - difference, difference, difference - reach, difference + reach)


def _fit(x: Float64, y: Float64, weight: Float64) -> Float64:
    rooted = x * np.sqrt(weight)[:, None]
    gram = rooted.T @ rooted
    # A ridge of about one observation a coefficient: levels that hardly occur must not run away.
    gram[np.diag_indices_from(gram)] += 1.0
    gram[0, 0] -= 1.0 - 1e-9
    return np.asarray(np.linalg.solve(gram, x.T @ (y * weight[:, None])))


def effective_size(weight: Float64) -> float:
    """How many equally weighted controls would tell as much (Kish 1965)."""
    squares = float(np.sum(weight**2))
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def e_value(exposed: float, counterfactual: float) -> float | None:
    """How strongly a hidden cause must drive both exposure and goal to explain the effect away, as a risk ratio.

    VanderWeele & Ding, Annals of Internal Medicine 2017. None where a rate is zero.
    """
    if exposed <= 0 or counterfactual <= 0:
        return None
    ratio = exposed / counterfactual
    ratio = ratio if ratio >= 1 else 1 / ratio
    return float(ratio + np.sqrt(ratio * (ratio - 1)))
