"""From features to the table that models take: few levels, and as many features as there are exposures for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.journeys.part import Float64, Int64
from collector.reports.impact.coded import Coded, Codes
from collector.reports.impact.features import Feature

LEAST_CASES = 5  # exposures with a level, for it to be told apart from its neighbour
MANY_CASES = 20  # the same, of crossed features
CASES_A_LEVEL = 3  # exposures for each coefficient: more features than that fit the accidents of few people


def coded(found: Sequence[Feature], case: Int64, scale: Float64) -> tuple[Coded, tuple[str, ...]]:
    """The features as the models take them, and the names of those that are in.

    Levels that few exposures have are one with a neighbour, or, without an order, with each other. Those features come
    in first in which exposed and controls differ most, as long as there are exposures enough for their coefficients;
    exact ones always, with all their levels.

    Args:
        case: the moments of the exposures. scale: how many controls each moment stands for, 0 for none.
    """
    few = [_levels(feature, np.bincount(feature.codes[case], minlength=feature.levels)) for feature in found]
    apart = [-_apart(feature, place, case, scale) for feature, (place, _) in zip(found, few, strict=True)]
    budget, kept = max(8, len(case) // CASES_A_LEVEL), []
    for at in np.argsort(apart, kind="stable").tolist():
        count = few[at][1]
        if found[at].exact or 1 < count <= budget + 1:
            kept.append(at)
            budget -= 0 if found[at].exact else count - 1
    kept.sort()
    codes = np.empty((len(kept), len(scale)), dtype=np.uint8)
    for row, at in zip(codes, kept, strict=True):
        row[:] = few[at][0][found[at].codes]
    return Coded(codes, tuple(few[at][1] for at in kept)), tuple(found[at].name for at in kept)


def _apart(feature: Feature, place: Codes, case: Int64, scale: Float64) -> float:
    """The largest standardised difference of any level's share; of crossed features 0, since they refine others."""
    if feature.crossed:
        return 0.0
    levels = int(place.max()) + 1
    mine = np.bincount(place, weights=np.bincount(feature.codes[case], minlength=feature.levels), minlength=levels)
    theirs = np.bincount(
        place, weights=np.bincount(feature.codes, weights=scale, minlength=feature.levels), minlength=levels
    )
    a, b = mine / mine.sum(), theirs / max(float(theirs.sum()), 1e-9)
    spread = np.sqrt((a * (1 - a) + b * (1 - b)) / 2)
    return float(np.max(np.abs(a - b) / np.maximum(spread, 1e-6)))


def _levels(feature: Feature, counts: Int64) -> tuple[Codes, int]:
    """The new level of each level, the commonest first, and how many there are."""
    group = np.arange(len(counts))
    least = 1 if feature.exact else MANY_CASES if feature.crossed else LEAST_CASES
    held = np.flatnonzero(counts >= least)
    rare = np.setdiff1d(group, held)
    if not len(held):
        return np.zeros(len(counts), dtype=np.uint8), 1
    if feature.ordered:
        group = held[np.minimum(np.searchsorted(held, group), len(held) - 1)]
    elif len(rare):
        # Rare levels are one of their own where that is common enough, and else count as the commonest.
        own = feature.crossed or counts[rare].sum() >= LEAST_CASES
        group[rare] = rare[0] if own else int(np.argmax(counts))
    total = np.bincount(group, weights=counts, minlength=len(counts))
    if feature.crossed and len(rare):
        total[rare[0]] = np.inf
    levels = np.unique(group)
    order = levels[np.argsort(-total[levels], kind="stable")]
    place = np.zeros(len(counts), dtype=np.uint8)
    place[order] = np.arange(len(order))
    return place[group], len(order)
