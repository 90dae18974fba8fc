"""Weights that make the controls' mean of every feature that of the exposed, as near to the given ones as can be.

Entropy balancing (Hainmueller, Political Analysis 2012), with a small penalty so that an unreachable mean is approached
rather than an error. Its weights are also those of a logistic model of exposure, fitted to balance, and the estimate
holds if either that model or a linear one of the outcome does (Zhao & Percival 2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.features import Feature

PENALTY = 1e-4
STEPS = 60
MOST_LOG = 30.0


def design(found: Sequence[Feature], pick: Int64) -> Float64:
    """A constant, and indicators of all levels of all features but the first of each."""
    columns = [np.ones(len(pick))]
    for feature in found:
        codes = feature.codes[pick]
        columns += [(codes == level).astype(np.float64) for level in range(1, feature.levels)]
    return np.stack(columns, axis=1)


def tilt(case_mean: Float64, x: Float64, base: Float64) -> Float64:
    """The coefficients whose weights `base * exp(x @ coefficients)` have the means `case_mean` (without constant).

    Newton's method on the convex dual, with halved steps.
    """
    used = base > 0
    x, base = x[used, 1:], base[used] / base[used].sum()
    target = case_mean[1:]
    at = np.zeros(len(target))
    value, weight = _dual(at, target, x, base)
    for _ in range(STEPS):
        mean = weight @ x
        slope = mean - target + PENALTY * at
        if np.abs(slope).max(initial=0.0) < 1e-7:
            break
        bend = (x * weight[:, None]).T @ x - np.outer(mean, mean)
        bend[np.diag_indices_from(bend)] += PENALTY
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while size > 1e-4:
            moved, moved_weight = _dual(at - size * step, target, x, base)
            if moved <= value - 1e-4 * size * float(slope @ step):
                break
            size /= 2
        else:
            break
        at, value, weight = at - size * step, moved, moved_weight
    return at


def _dual(at: Float64, target: Float64, x: Float64, base: Float64) -> tuple[float, Float64]:
    score = x @ at
    most = float(score.max(initial=0.0))
    raised = base * np.exp(score - most)
    total = float(raised.sum())
    return most + float(np.log(total)) - float(at @ target) + PENALTY / 2 * float(at @ at), raised / total


def tilted(base: Float64, x: Float64, at: Float64, total: float) -> Float64:
    """The weights, summing to `total`."""
    score = x[:, 1:] @ at
    used = base > 0
    # The greatest score of those that count: one of the others may be so great that all of these would vanish.
    raised = np.where(used, base * np.exp(np.minimum(score - score[used].max(), 0.0)), 0.0)
    return np.asarray(raised * (total / raised.sum()))


def scores(found: Sequence[Feature], at: Float64, count: int) -> Float64:
    """`x @ coefficients` of all `count` moments, by looking levels up instead of building the matrix."""
    total = np.zeros(count)
    place = 0
    for feature in found:
        table = np.concatenate([[0.0], at[place : place + feature.levels - 1]])
        total += table[feature.codes]
        place += feature.levels - 1
    return np.asarray(np.clip(total, -MOST_LOG, MOST_LOG))


def hazard(score: Float64, base: Float64, cases: int) -> Float64:
    """The chance that a moment is the exposure, from its log odds up to a constant.

    Args:
        score: of all moments. base: how many control moments each stands for (0 for those that are none).
        cases: number of exposures; the constant makes the expected number of them come out so.
    """
    raised = np.exp(score)
    odds = cases / max(float(base @ raised), 1e-9) * raised
    return np.asarray(odds / (1 + odds))
