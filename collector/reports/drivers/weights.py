"""The same weights as those of the impact page, found in a part of the time, since here they are found for many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from collector.journeys.part import Float64
from collector.reports.impact.balancing import PENALTY, tilt
from collector.reports.impact.coded import Coded

CLOSE = 1e-5  # of each feature's mean
STEPS = 15
QUICK = 0.3  # of what a mean is off by is left after a step whose curvature still serves


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """Coefficients `at` which the controls balance, and how their means change with them near there, as Cholesky's
    factor; none before that was looked at.
    """

    at: Float64
    bend: tuple[Float64, bool] | None = None


class Flat:
    """A table of features as one sparse matrix of its codes, which is quicker where it is summed again and again."""

    def __init__(self, x: Coded) -> None:
        begins = np.cumsum([0, *(pack.cells for pack in x.packs)])
        codes = (x.shared + begins[:-1, None]).astype(np.int32).T.ravel()
        ends = len(x.packs) * np.arange(x.rows + 1, dtype=np.int32)
        self.x = x
        self._codes = csr_array((np.ones(len(codes)), codes, ends), shape=(x.rows, begins[-1]))
        self._turned = self._codes.T
        # For each value of each code the indicators that it stands for.
        self._wide = np.zeros((begins[-1], x.width))
        for pack, begin in zip(x.packs, begins, strict=False):
            self._wide[begin : begin + pack.cells, x.columns[pack.part]] = pack.wide

    def dot(self, coefficients: Float64) -> Float64:
        """The table times a vector: a number a row."""
        return np.asarray(self._codes @ (self._wide @ coefficients))

    def sums(self, weight: Float64) -> Float64:
        """The transposed table times a vector: a number a coefficient."""
        return np.asarray((self._turned @ weight) @ self._wide)


def odds_like(target: Float64, x: Flat, base: Float64, near: Odds | None = None) -> Odds:
    """The coefficients that `balancing.tilt` finds, to within a thousandth of a per cent of the means.

    Newton's steps, whose curvature is looked at anew only where it no longer brings them much nearer, since it costs
    most; where they do not settle the whole search is done.

    Args:
        target: the cases' means. x: the controls. base: how many each stands for. near: what was found for about the
            same cases.
    """
    begin = Odds(np.zeros(x.x.width)) if near is None else near
    found, settled = _settled(target, x, base / base.sum(), begin)
    return found if settled else Odds(tilt(target, x.x, base, found.at), found.bend)


def _settled(target: Float64, x: Flat, base: Float64, begin: Odds) -> tuple[Odds, bool]:
    """How far the steps came, and whether that is there."""
    at, bend, step = begin.at, begin.bend, np.zeros(len(begin.at))
    value, before = np.inf, np.inf
    for _ in range(STEPS if len(at) else 0):
        weight, mean, total = _means(x, base, at + step)
        here = total - float((at + step) @ target) + PENALTY / 2 * float((at + step) @ (at + step))
        if not here < value:
            step /= 2  # it went too far
            continue
        at, value = at + step, here
        slope = mean - target + PENALTY * at
        off = float(np.abs(slope).max())
        if off < CLOSE:
            return Odds(at, bend), True
        if bend is None or QUICK * before < off:
            bend = _curvature(x.x, weight, mean)
        before, step = off, -cho_solve(bend, slope, check_finite=False)
    return Odds(at, bend), not len(at)


def _curvature(x: Coded, weight: Float64, mean: Float64) -> tuple[Float64, bool]:
    """How the means change with the coefficients, as Cholesky's factor."""
    bend = x.gram(weight) - np.outer(mean, mean)
    bend[np.diag_indices_from(bend)] += PENALTY
    factor, lower = cho_factor(bend, check_finite=False)
    return factor, bool(lower)


def _means(x: Flat, base: Float64, at: Float64) -> tuple[Float64, Float64, float]:
    """The weights at these coefficients, the features' means under them, and the log of the sum of the raw weights."""
    score = x.dot(at)
    most = float(score.max())
    weight = base * np.exp(score - most)
    total = float(weight.sum())
    weight /= total
    return weight, x.sums(weight), most + float(np.log(total))
