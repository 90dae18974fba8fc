"""The same weights as those of the impact page, found in a part of the time, since here they are found for many."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64
from collector.reports.impact.balancing import PENALTY, tilt
from collector.reports.impact.coded import Coded

CLOSE = 1e-6  # of each feature's mean
STEPS = 20
QUICK = 0.3  # of what a mean is off by is left after a step whose curvature still serves


def odds_like(target: Float64, x: Coded, base: Float64, start: Float64 | None = None) -> Float64:
    """The coefficients that `balancing.tilt` finds, to within a millionth of the means.

    Newton's steps, whose curvature is looked at anew only where it no longer brings them much nearer, since it costs
    most; where they do not settle the whole search is done.

    Args:
        target: the cases' means. x: the controls. base: how many each stands for. start: about the coefficients.
    """
    begin = np.zeros(x.width) if start is None else start
    found = _settled(target, x, base / base.sum(), begin)
    return tilt(target, x, base, start) if found is None else found


def _settled(target: Float64, x: Coded, base: Float64, at: Float64) -> Float64 | None:
    back, step, before = np.empty((0, 0)), np.zeros(len(at)), np.inf
    for _ in range(STEPS if len(at) else 0):
        weight, mean = _means(x, base, at + step)
        slope = mean - target + PENALTY * (at + step)
        off = float(np.abs(slope).max())
        if not off < before:
            step /= 2  # it went too far
            continue
        at = at + step
        if off < CLOSE:
            return at
        if off > QUICK * before or not len(back):
            back = _curvature(x, weight, mean)
        before, step = off, -back @ slope
    return None if len(at) else at


def _curvature(x: Coded, weight: Float64, mean: Float64) -> Float64:
    """The inverse of how the means change with the coefficients."""
    bend = x.gram(weight) - np.outer(mean, mean)
    bend[np.diag_indices_from(bend)] += PENALTY
    return np.asarray(np.linalg.inv(bend))


def _means(x: Coded, base: Float64, at: Float64) -> tuple[Float64, Float64]:
    score = x.dot(at)
    weight = base * np.exp(score - score.max())
    weight /= weight.sum()
    return weight, x.sums(weight)
