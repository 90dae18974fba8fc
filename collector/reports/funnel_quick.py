"""Attempts at a funnel in order, without exclusions: only those are followed that can matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Int64
from collector.reports.funnel_attempts import limits
from collector.reports.funnel_plan import Plan, Units


def furthest(units: Units, plan: Plan, start: Int64, ties: bool) -> NDArray[np.int8]:
    """For each unit of the slice (from `units.first` on) how far its best attempt gets; 0 for no entrant.

    Args:
        start: keys of the attempts' first events, ascending.
        ties: as in `funnel_attempts.ordered`.

    Of several attempts that meet at an event only the latest goes on, and of several events after the same one only
    the first: neither can get less far than the others.
    """
    reach = np.zeros(units.count, dtype=np.int8)
    reach[(start >> units.shift) - units.first] = 1
    key, end = start, limits(start, units, plan)
    for number, hits in enumerate(units.steps[1:], 2):
        if not len(key) or not len(hits.keys):
            break
        key, end = (_forth if len(key) <= len(hits.keys) else _back)(hits.keys, key, end, ties)
        reach[(key >> units.shift) - units.first] = number
    return reach


def _forth(keys: Int64, now: Int64, end: Int64, ties: bool) -> tuple[Int64, Int64]:
    """From each event to the next of the step; of those that meet, the last stays."""
    following = np.searchsorted(keys, now, "left" if ties else "right")
    known = int(np.searchsorted(following, len(keys)))
    following, end = following[:known], end[:known]
    found = keys[following]
    good = found <= end
    good[:-1] &= following[1:] != following[:-1]  # an earlier one that is in time is so only if the last is
    return found[good], end[good]


def _back(keys: Int64, now: Int64, end: Int64, ties: bool) -> tuple[Int64, Int64]:
    """From each event of the step back to the last one before; of those that meet, the first stays."""
    before = np.searchsorted(now, keys, "right" if ties else "left") - 1
    unknown = int(np.searchsorted(before, 0))
    before, keys = before[unknown:], keys[unknown:]
    end = end[before]
    good = keys <= end
    good[1:] &= before[1:] != before[:-1]  # a later one that is in time is so only if the first is
    return keys[good], end[good]
