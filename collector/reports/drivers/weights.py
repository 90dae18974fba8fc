"""The same weights as those of the impact page, found in a part of the time, since here they are found for many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Float64
from collector.reports.impact.balancing import PENALTY, tilt
from collector.reports.impact.coded import Coded

CLOSE = 1e-5  # of each feature's mean
STEPS = 15
QUICK = 0.3  # of what a mean is off by is left after a step whose curvature still serves


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """Coefficients `at` which the controls balance, and the inverse of how their means change with them near there."""

    at: Float64
    back: Float64


def odds_like(target: Float64, x: Coded, base: Float64, near: Odds | None = None) -> Odds:
    """The coefficients that `balancing.tilt` finds, to within a thousandth of a per cent of the means.

    Newton's steps, whose curvature is looked at anew only where it no longer brings them much nearer, since it costs
    most; where they do not settle the whole search is done.

    Args:
        target: the cases' means. x: the controls. base: how many each stands for. near: what was found for about the
            same cases.
    """
    begin = Odds(np.zeros(x.width), np.empty((0, 0))) if near is None else near
    found, settled = _settled(target, x, base / base.sum(), begin)
    return found if settled else Odds(tilt(target, x, base, found.at), found.back)


def _settled(target: Float64, x: Coded, base: Float64, begin: Odds) -> tuple[Odds, bool]:
    """How far the steps came, and whether that is there."""
    at, back, step = begin.at, begin.back, np.zeros(len(begin.at))
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
            return Odds(at, back), True
        if not len(back) or QUICK * before < off:
            back = _curvature(x, weight, mean)
        before, step = off, -back @ slope
    return Odds(at, back), not len(at)


def _curvature(x: Coded, weight: Float64, mean: Float64) -> Float64:
    """The inverse of how the means change with the coefficients."""
    bend = x.gram(weight) - np.outer(mean, mean)
    bend[np.diag_indices_from(bend)] += PENALTY
    return np.asarray(np.linalg.inv(bend))


def _means(x: Coded, base: Float64, at: Float64) -> tuple[Float64, Float64, float]:
    """The weights at these coefficients, the features' means under them, and the log of the sum of the raw weights."""
    score = x.dot(at)
    most = float(score.max())
    weight = base * np.exp(score - most)
    total = float(weight.sum())
    weight /= total
    return weight, x.sums(weight), most + float(np.log(total))
