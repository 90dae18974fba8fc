"""Chance that stays: whoever was drawn yesterday is drawn today, though there are more people and events by now.

Each person and each moment has a number of its own from what it is, not from its place among the others (permanent
random numbers; Ohlsson, in Business Survey Methods 1995). Otherwise one event more would draw everything anew, and the
same question would answer a little differently every minute.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Float64
from collector.reports.impact.plan import SEED


def lots(*keys: NDArray[Any] | int) -> Float64:
    """An even number from 0 to below 1 for each entry of the keys, the first of which is an array.

    Mixed by the finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
    """
    mixed = np.full(np.shape(keys[0]), SEED, dtype=np.uint64)
    for key in keys:
        mixed += np.asarray(key).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
