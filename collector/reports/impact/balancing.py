"""A model of exposure at a moment, fitted so that its weights make the controls' mean of every feature that of the
exposed.

A logistic model whose coefficients are those at which the weights `odds` balance: entropy balancing (Hainmueller,
Political Analysis 2012), whose dual is convex and is given to scipy's BFGS. A small ridge penalty makes
a mean that cannot be reached one to approach. The estimate holds if either this model or a linear one of the outcome
does (Zhao & Percival, Journal of Causal Inference 2017).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from collector.journeys.part import Float64
from collector.reports.impact.coded import Table

PENALTY = 1e-4
CLOSE = 1e-5
STEPS = 200
MOST_LOG = 30.0


def tilt(target: Float64, x: Table, base: Float64, start: Float64 | None = None) -> Float64:
    """The coefficients whose weights `base * exp(x @ coefficients)` have the means `target`.

    Args:
        target: the exposed people's mean of each indicator. x: the controls. base: their weights so far, some above 0.
        start: coefficients to begin at.
    """
    dual = _Dual(target, x, base / base.sum())
    begin = np.zeros(x.width) if start is None else start
    if not len(begin):
        return begin
    # Seen through the curvature where it begins, the function is nearly round, so that gradients alone soon get there.
    back = solve_triangular(np.linalg.cholesky(dual.bend(begin)), np.eye(len(begin)), lower=True).T
    found = minimize(
        lambda at: dual.value(begin + back @ at),
        np.zeros(len(begin)),
        method="BFGS",
        jac=lambda at: dual.slope(begin + back @ at) @ back,
        options={"gtol": CLOSE, "maxiter": STEPS},
    )
    return np.asarray(begin + back @ found.x, dtype=np.float64)


class _Dual:
    """The convex function whose minimum balances: log of the weights' sum, less what the target gains."""

    def __init__(self, target: Float64, x: Table, base: Float64) -> None:
        self.target, self.x, self.base = target, x, base
        self.at: Float64 | None = None
        self.found = 0.0
        self.weight = base
        self.mean = target

    def _look(self, at: Float64) -> None:
        if self.at is not None and np.array_equal(at, self.at):
            return
        score = self.x.dot(at)
        most = float(score[self.base > 0].max())
        raised = self.base * np.exp(np.minimum(score - most, 0.0))
        total = float(raised.sum())
        self.at, self.found = at.copy(), most + float(np.log(total))
        self.weight = raised / total
        self.mean = self.x.sums(self.weight)

    def value(self, at: Float64) -> float:
        self._look(at)
        return self.found - float(at @ self.target) + PENALTY / 2 * float(at @ at)

    def slope(self, at: Float64) -> Float64:
        self._look(at)
        return self.mean - self.target + PENALTY * at

    def bend(self, at: Float64) -> Float64:
        self._look(at)
        bend = self.x.gram(self.weight) - np.outer(self.mean, self.mean)
        bend[np.diag_indices_from(bend)] += PENALTY
        return np.asarray(bend)


def tilted(base: Float64, x: Table, at: Float64, total: float) -> Float64:
    """The weights at these coefficients, summing to `total`."""
    used = base > 0
    if not used.any():
        return base
    score = x.dot(at)
    # The greatest score of those that count: one of the others may be so great that all of these would vanish.
    raised = np.where(used, base * np.exp(np.minimum(score - score[used].max(), 0.0)), 0.0)
    return np.asarray(raised * (total / raised.sum()))


def hazard(score: Float64, base: Float64, cases: float) -> Float64:
    """The chance that a moment is the exposure, from its log odds up to a constant.

    Args:
        score: of all moments. base: how many control moments each stands for (0 for those that are none).
        cases: number of exposures; the constant makes the expected number of them come out so.
    """
    raised = np.exp(np.clip(score, -MOST_LOG, MOST_LOG))
    odds = cases / max(float(base @ raised), 1e-9) * raised
    return np.asarray(odds / (1 + odds))
