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
    x, base = _together(x[used, 1:], base[used] / base[used].sum())
    target = case_mean[1:]
    at = np.zeros(len(target))
    value, weight = _dual(at, target, x, base)
    for _ in range(STEPS):
        mean = weight @ x
        slope = mean - target + PENALTY * at
        if np.abs(slope).max(initial=0.0) < 1e-7:
            break
        # The product of a matrix with itself takes half the work of that of two.
        rooted = x * np.sqrt(weight)[:, None]
        bend = rooted.T @ rooted - np.outer(mean, mean)
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


def _together(x: Float64, base: Float64) -> tuple[Float64, Float64]:
    """The same sums from fewer rows: those that are equal in indicators are one, with all their weight."""
    bits = x != 0
    if not x.size or not np.array_equal(bits, x):
        return x, base
    packed = np.packbits(bits, axis=1)
    words = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    # A number made of the words with odd factors tells rows apart; equal numbers of different rows are looked for.
    mixed = np.zeros(len(words), dtype=np.uint64)
    for word in words.view(np.uint64).T:
        mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    _, first, of = np.unique(mixed, return_index=True, return_inverse=True)
    if not np.array_equal(words[first][of], words):
        return x, base
    return x[first], np.bincount(of, weights=base).astype(np.float64)


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
