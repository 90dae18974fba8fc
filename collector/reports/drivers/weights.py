"""The same weights as those of the impact page, found in a part of the time, since here they are found for many."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.balancing import PENALTY, tilt
from collector.reports.impact.coded import Coded

FIRST_LOOK = 4  # one in so many controls tells about where the coefficients are
LEAST_LOOK = 1_000
CLOSE = 5e-5  # of each feature's mean
STEPS = 12


def odds_like(target: Float64, x: Coded, base: Float64, start: Float64 | None = None) -> Float64:
    """The coefficients that `balancing.tilt` finds, to within a hundredth of a per cent of the means.

    A part of the controls tells about where they are. From there Newton's steps all use the curvature at the first of
    them, which costs most; where they do not settle the whole search is done.

    Args:
        target: the cases' means. x: the controls. base: how many each stands for. start: about the coefficients.
    """
    some: Int64 = np.arange(0, x.rows, FIRST_LOOK)
    if len(some) < LEAST_LOOK:
        return tilt(target, x, base, start)
    at = tilt(target, x.of(some), base[some]) if start is None else start
    found = _settled(target, x, base / base.sum(), at)
    return tilt(target, x, base, at) if found is None else found


def _settled(target: Float64, x: Coded, base: Float64, at: Float64) -> Float64 | None:
    if not len(at):
        return at
    weight, mean = _means(x, base, at)
    bend = x.gram(weight) - np.outer(mean, mean)
    bend[np.diag_indices_from(bend)] += PENALTY
    back, before = np.linalg.inv(bend), np.inf
    for _ in range(STEPS):
        slope = mean - target + PENALTY * at
        off = float(np.abs(slope).max())
        if off < CLOSE:
            return at
        if not off < before:
            return None
        before = off
        at = at - back @ slope
        weight, mean = _means(x, base, at)
    return None


def _means(x: Coded, base: Float64, at: Float64) -> tuple[Float64, Float64]:
    score = x.dot(at)
    weight = base * np.exp(score - score.max())
    weight /= weight.sum()
    return weight, x.sums(weight)
