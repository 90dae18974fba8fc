"""Strata: moments alike in all features that the number of people allows to ask for (coarsened exact matching)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Bool, Float64, Int64
from collector.reports.impact.features import Feature

MOST_STRATA = 2_000_000
LEAST_CONTROLS = 5  # control moments in a stratum
ENOUGH = 0.95  # a further feature must leave so many of the matched exposures matched


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """For each moment its stratum, and per stratum the exposures and the control moments in it."""

    code: Int64
    cases: Float64
    controls: Float64
    used: tuple[str, ...]


def build_strata(found: Sequence[Feature], control: Bool, case: Int64) -> Strata:
    """Cross as many features as leave enough exposures with controls beside them, in the features' order."""
    where = np.flatnonzero(control)
    code = np.zeros(len(control), dtype=np.int64)
    size, used = 1, []
    held = _matched(code[case], code[where], 1)
    for feature in found:
        wider = size * feature.levels
        if wider > MOST_STRATA:
            continue
        crossed = code * feature.levels + feature.codes
        matched = _matched(crossed[case], crossed[where], wider)
        if matched >= ENOUGH * held:
            code, size = crossed, wider
            used.append(feature.name)
    return Strata(
        code,
        np.bincount(code[case], minlength=size).astype(np.float64),
        np.bincount(code[where], minlength=size).astype(np.float64),
        tuple(used),
    )


def _matched(case: Int64, control: Int64, size: int) -> int:
    return int(np.count_nonzero(np.bincount(control, minlength=size)[case] >= LEAST_CONTROLS))
