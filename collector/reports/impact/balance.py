"""How alike the groups are in what was known before, and how alike the weights make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.called import CHANNEL_WORDS, DEVICE_WORDS
from collector.core.source import CHANNELS
from collector.core.text import T, Text
from collector.core.times import DAY, MINUTE
from collector.journeys.part import Float64, Int64
from collector.reports.impact.keysteps import KeyStep
from collector.reports.impact.state import CLOCK, State
from collector.reports.impact.tape import DEVICES


@dataclass(frozen=True, slots=True)
class Balance:
    """One feature: means of the exposed, of all controls, of the matched ones; standardised differences."""

    label: Text
    exposed: float
    naive: float
    matched: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A feature as a number, for the balance table."""

    label: Text
    values: Float64


def balance(
    state: State, steps: Sequence[KeyStep], case: Int64, control: Int64, weight: Float64, scale: Float64
) -> list[Balance]:
    """Means of exposures, of all controls as they are, and of the weighted ones, with standardised differences.

    Args:
        case, control: places among the moments. weight: of the controls. scale: how many each of them stands for.
    """
    cases, rows = len(case), []
    if not cases or not weight.any():
        return []
    for measure in measures(state, steps, np.concatenate([case, control])):
        mine, theirs = measure.values[:cases], measure.values[cases:]
        raw = float(scale @ theirs / scale.sum())
        variance = float(scale @ (theirs - raw) ** 2 / scale.sum())
        spread = float(np.sqrt((mine.var() + variance) / 2)) or 1.0
        after = float(weight @ theirs / weight.sum())
        mean = float(mine.mean())
        rows.append(Balance(measure.label, mean, raw, after, (mean - raw) / spread, (mean - after) / spread))
    return rows


def measures(state: State, steps: Sequence[KeyStep], pick: Int64) -> list[Measure]:
    """The features of some moments as numbers, with names for people."""
    away = bool(state.away.any())
    pages, minutes = T("Pages in this visit"), T("Minutes in this visit")
    if away:
        pages, minutes = T("Pages in the last visit"), T("Minutes in the last visit")
    found = [
        Measure(T("Visits so far"), state.visits[pick].astype(np.float64)),
        Measure(pages, state.visit_pages[pick].astype(np.float64)),
        Measure(T("Pages so far"), state.pages[pick].astype(np.float64)),
        Measure(T("Events so far"), state.acts[pick].astype(np.float64)),
        Measure(minutes, state.visit_age[pick] / MINUTE),
        Measure(T("Minutes of attention so far"), state.engaged[pick] / MINUTE),
        Measure(T("Days since first seen"), state.age[pick] / DAY),
        Measure(T("Days since the visit before"), np.maximum(state.gap[pick], 0) / DAY),
        Measure(T("Earlier visits by paid ads"), state.ads[pick].astype(np.float64)),
        Measure(T("At a weekend"), (state.clock[pick] >= CLOCK).astype(np.float64)),
        Measure(T("Hour of the day"), (state.clock[pick] % CLOCK).astype(np.float64) * (24 / CLOCK)),
        Measure(T("Day in the range"), (state.time[pick] - state.time.min()) / DAY),
    ]
    if away:
        found.append(Measure(T("Days away"), state.away[pick] / DAY))
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
