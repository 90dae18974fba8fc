"""The features that exposed and controls are made alike in: coarse levels of what was known before a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.source import CHANNELS
from collector.core.text import T, Text
from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.part import Bool, Float64, Int32, Int64
from collector.reports.impact.coded import Coded, Codes
from collector.reports.impact.keysteps import KeyStep
from collector.reports.impact.state import CLOCK, HERE, State
from collector.reports.impact.tape import DEVICES, NEW

PERIODS = 8
LEAST_CASES = 5  # exposures with a level, for it to be told apart from its neighbour
MANY_CASES = 20  # the same, of crossed features
CASES_A_LEVEL = 3  # exposures for each coefficient: more features than that fit the accidents of few people


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A coarse feature of every moment: codes below `levels`.

    ordered: neighbours are alike. crossed: made of other features, so that only what many exposures have is told apart.
    """

    name: str
    codes: Codes
    levels: int
    ordered: bool = False
    crossed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A feature as a number, for the balance table."""

    label: Text
    values: Float64


def features(state: State, case: Int64, stages: int) -> list[Feature]:
    """All features, most telling first.

    Args:
        case: the moments of the exposures. stages: how many stages the site has named.
    """
    reached = np.zeros(len(state.where), dtype=np.uint8)
    for seen in state.seen[:HERE]:
        reached = reached * np.uint8(2) + seen
    crossed = 2 ** len(state.seen[:HERE])
    return [
        Feature("where", state.where, HERE + 2),
        *(Feature(f"step_{at}", seen, 2) for at, seen in enumerate(state.seen)),
        _binned("period", state.time, *_periods(state.time[case])),
        _binned("visits", state.visits, 1, 2, 3, 5),
        _binned("visit_pages", state.visit_pages, 0, 1, 2, 3, 5, 8),
        Feature("channel", state.channel, NEW + 1),
        _binned("gap", state.gap, -1, DAY, 3 * DAY, 7 * DAY),
        _binned("pages", state.pages, 0, 1, 2, 3, 4, 5, 7, 9, 12, 20),
        Feature("stage", state.stage, stages + 1),
        Feature("touch", state.touch, NEW + 1),
        _binned("acts", state.acts, 0, 1, 2, 3, 4, 6, 9, 14, 25),
        Feature("device", state.device, len(DEVICES)),
        Feature("clock", state.clock, 2 * CLOCK),
        _binned("visit_age", state.visit_age, 30 * SECOND, 2 * MINUTE, 6 * MINUTE),
        _binned("age", state.age, HOUR, DAY, 7 * DAY, 30 * DAY),
        _binned("engaged", state.engaged, 0, 30 * SECOND, 2 * MINUTE, 6 * MINUTE),
        _binned("ads", state.ads, 0, 1, 3),
        Feature("crossed", state.where * np.uint8(crossed) + reached, (HERE + 2) * crossed, crossed=True),
    ]


def _periods(time: Int64) -> list[int]:
    """Edges between equal numbers of exposures, the first before any and the last with the latest of them."""
    edges = np.quantile(time, np.linspace(0, 1, PERIODS + 1)).astype(np.int64)
    return sorted({int(time.min()) - 1, *edges[1:-1].tolist(), int(time.max())})


def _binned(name: str, values: Int64 | Int32, *edges: int) -> Feature:
    """Codes by upper edges: up to the first edge 0, and so on."""
    codes = np.zeros(len(values), dtype=np.uint8)
    for edge in edges:
        codes += values > edge
    return Feature(name, codes, len(edges) + 1, True)


def possible(found: Sequence[Feature], case: Int64) -> Bool:
    """Moments at which every feature has a value that some exposure had: elsewhere nobody is ever exposed."""
    fits = np.ones(len(found[0].codes), dtype=np.bool_)
    for feature in found:
        fits &= (np.bincount(feature.codes[case], minlength=feature.levels) > 0)[feature.codes]
    return fits


def coded(found: Sequence[Feature], case: Int64, scale: Float64) -> tuple[Coded, tuple[str, ...]]:
    """The features as the models take them, and the names of those that are in.

    Levels that few exposures have are one with a neighbour, or, without an order, with each other. Those features come
    in first in which exposed and controls differ most, as long as there are exposures enough for their coefficients.

    Args:
        case: the moments of the exposures. scale: how many controls each moment stands for, 0 for none.
    """
    few = [_levels(feature, np.bincount(feature.codes[case], minlength=feature.levels)) for feature in found]
    apart = [-_apart(feature, place, case, scale) for feature, (place, _) in zip(found, few, strict=True)]
    budget, kept = max(8, len(case) // CASES_A_LEVEL), []
    for at in np.argsort(apart, kind="stable").tolist():
        count = few[at][1]
        if 1 < count <= budget + 1:
            kept.append(at)
            budget -= count - 1
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
    held = np.flatnonzero(counts >= (MANY_CASES if feature.crossed else LEAST_CASES))
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


def measures(state: State, steps: Sequence[KeyStep], pick: Int64) -> list[Measure]:
    """The features of some moments as numbers, with names for people."""
    found = [
        Measure(T("Visits so far"), state.visits[pick].astype(np.float64)),
        Measure(T("Pages in this visit"), state.visit_pages[pick].astype(np.float64)),
        Measure(T("Pages so far"), state.pages[pick].astype(np.float64)),
        Measure(T("Events so far"), state.acts[pick].astype(np.float64)),
        Measure(T("Minutes in this visit"), state.visit_age[pick] / MINUTE),
        Measure(T("Minutes of attention so far"), state.engaged[pick] / MINUTE),
        Measure(T("Days since first seen"), state.age[pick] / DAY),
        Measure(T("Days since the visit before"), np.maximum(state.gap[pick], 0) / DAY),
        Measure(T("Earlier visits by paid ads"), state.ads[pick].astype(np.float64)),
        Measure(T("At a weekend"), (state.clock[pick] >= CLOCK).astype(np.float64)),
        Measure(T("Hour of the day"), (state.clock[pick] % CLOCK).astype(np.float64) * (24 / CLOCK)),
        Measure(T("Day in the range"), (state.time[pick] - state.time.min()) / DAY),
    ]
    for step, seen in zip(steps, state.seen, strict=True):
        if seen[pick].any():
            found.append(Measure(step.label, seen[pick].astype(np.float64)))
    for code, name in enumerate(CHANNELS):
        share = (state.channel[pick] == code).astype(np.float64)
        if share.mean() > 0.01:
            found.append(Measure(T("Channel: {channel}", channel=CHANNEL_WORDS[name]), share))
    for code, device in enumerate(DEVICES):
        share = (state.device[pick] == code).astype(np.float64)
        if share.mean() > 0.01:
            found.append(Measure(T("Device: {device}", device=DEVICE_WORDS[device]), share))
    return found
