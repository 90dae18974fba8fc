"""From features to the table that models take: few levels, and as many features as there are exposures for."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.coded import Coded, Codes, packed
from collector.reports.impact.features import Feature

LEAST_CASES = 5  # exposures with a level, for it to be told apart from its neighbour
MANY_CASES = 20  # the same, of crossed features
CASES_A_LEVEL = 3  # exposures for each coefficient: more features than that fit the accidents of few people


def coded(found: Sequence[Feature], counts: Sequence[Int64], scale: Float64) -> tuple[Coded, tuple[str, ...]]:
    """The features as the models take them, and the names of those that are in.

    Levels that few exposures have are one with a neighbour, or, without an order, with each other. Those features come
    in first in which exposed and controls differ most, as long as there are exposures enough for their coefficients;
    exact ones always, with all their levels.

    Args:
        counts: how many exposures have each level of each feature. scale: how many controls each moment stands for, 0
            for none.
    """
    few = [_levels(feature, count.tolist()) for feature, count in zip(found, counts, strict=True)]
    kept = [at for at, (_, levels) in enumerate(few) if levels > 1 and not found[at].exact]
    budget = max(8, int(counts[0].sum()) // CASES_A_LEVEL)
    if sum(few[at][1] - 1 for at in kept) > budget:
        apart = {at: _apart(found[at], few[at][0], counts[at], scale) for at in kept}
        kept = _within([(at, few[at][1] - 1) for at in sorted(kept, key=lambda at: -apart[at])], budget)
    kept = sorted([*kept, *(at for at, feature in enumerate(found) if feature.exact)])
    codes = [few[at][0][found[at].codes] for at in kept]
    return packed(codes, [few[at][1] for at in kept], len(scale)), tuple(found[at].name for at in kept)


def _within(sizes: Sequence[tuple[int, int]], budget: int) -> list[int]:
    """The places of those that fit a budget where each takes its size of it, the first first."""
    kept = []
    for at, size in sizes:
        if size <= budget:
            kept.append(at)
            budget -= size
    return kept


def _apart(feature: Feature, place: Codes, count: Int64, scale: Float64) -> float:
    """The largest standardised difference of any level's share; of crossed features 0, since they refine others."""
    if feature.crossed:
        return 0.0
    levels = int(place.max()) + 1
    mine = np.bincount(place, weights=count, minlength=levels)
    theirs = np.bincount(
        place, weights=np.bincount(feature.codes, weights=scale, minlength=feature.levels), minlength=levels
    )
    a, b = mine / mine.sum(), theirs / max(float(theirs.sum()), 1e-9)
    spread = np.sqrt((a * (1 - a) + b * (1 - b)) / 2)
    return float(np.max(np.abs(a - b) / np.maximum(spread, 1e-6)))


def _levels(feature: Feature, counts: list[int]) -> tuple[Codes, int]:
    """The new level of each level, the commonest first, and how many there are."""
    least = 1 if feature.exact else MANY_CASES if feature.crossed else LEAST_CASES
    held = [at for at, count in enumerate(counts) if count >= least]
    rare = [at for at, count in enumerate(counts) if count < least]
    if not held:
        return np.zeros(len(counts), dtype=np.uint8), 1
    group = list(range(len(counts)))
    for at in rare:
        if feature.ordered:
            group[at] = held[min(bisect_left(held, at), len(held) - 1)]
        else:
            # Rare levels are one of their own where that is common enough, and else count as the commonest.
            own = feature.crossed or sum(counts[one] for one in rare) >= LEAST_CASES
            group[at] = rare[0] if own else counts.index(max(counts))
    total = dict.fromkeys(sorted(set(group)), 0.0)
    for at, count in zip(group, counts, strict=True):
        total[at] += count
    if feature.crossed and rare:
        total[rare[0]] = math.inf
    place = {level: new for new, level in enumerate(sorted(total, key=lambda level: -total[level]))}
    return np.array([place[at] for at in group], dtype=np.uint8), len(place)
