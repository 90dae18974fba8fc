"""A funnel in order, without exclusions: reach of every unit first, then the one chain that counts of each.

Only attempts that can matter are followed, and nothing is remembered of them but where they began.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Bool, Int64
from collector.reports.funnel_attempts import limits
from collector.reports.funnel_plan import Plan, Units

# Keys below this leave a bit for a tag.
_TAGGED = 2**62


def furthest(units: Units, plan: Plan, start: Int64, ties: bool) -> tuple[NDArray[np.int8], Int64]:
    """How far the best attempt of each unit gets (0 for no entrant), and the key of the earliest event it ends with.

    Args:
        start: keys of the attempts' first events, ascending.
        ties: as in `funnel_attempts.ordered`.

    Of several attempts that meet at an event only the latest goes on, and of several events after the same one only
    the first: neither can get less far than the others.
    """
    reach = np.zeros(units.count, dtype=np.int8)
    goal = np.zeros(units.count, dtype=np.int64)
    reach[(start >> units.shift) - units.first] = 1
    key, begun = start, start
    for number, hits in enumerate(units.steps[1:], 2):
        if not len(key) or not len(hits.keys):
            break
        if number == 2 and max(int(start[-1]), int(hits.keys[-1])) < _TAGGED:
            key, begun = _meet(units, plan, hits.keys, start, ties)
        elif len(key) <= len(hits.keys):
            key, begun = _forth(units, plan, hits.keys, key, begun, ties)
        else:
            key, begun = _back(units, plan, hits.keys, key, begun, ties)
        unit = (key >> units.shift) - units.first
        reach[unit] = number
        goal[unit[::-1]] = key[::-1]  # of several writes to one place the last stays: the earliest event
    return reach, goal


def _meet(units: Units, plan: Plan, keys: Int64, start: Int64, ties: bool) -> tuple[Int64, Int64]:
    """First events and second ones in one line: a pair is where a second one stands right after a first one.

    Merging two sorted runs is twice as fast as searching for each of the one in the other.
    """
    line = np.concatenate((start << 1, keys << 1))
    # At one instant the second comes after the first only where ties may be taken so.
    line[slice(len(start), None) if ties else slice(0, len(start))] |= 1
    line.sort(kind="stable")
    second = (line & 1).astype(np.bool_)
    if not ties:
        second = ~second
    at = np.flatnonzero(second[1:] > second[:-1])
    found, begun = line[at + 1] >> 1, line[at] >> 1
    good = found <= limits(begun, units, plan)
    return found[good], begun[good]


def _forth(units: Units, plan: Plan, keys: Int64, now: Int64, begun: Int64, ties: bool) -> tuple[Int64, Int64]:
    """From each event to the next of the step; of those that meet, the last stays."""
    following = np.searchsorted(keys, now, "left" if ties else "right")
    known = int(np.searchsorted(following, len(keys)))
    # An earlier one that is in time is so only if the last is, so the others need not be looked at.
    last = np.flatnonzero(_ends(following[:known]))
    found, begun = keys[following[last]], begun[last]
    good = found <= limits(begun, units, plan)
    return found[good], begun[good]


def _back(units: Units, plan: Plan, keys: Int64, now: Int64, begun: Int64, ties: bool) -> tuple[Int64, Int64]:
    """From each event of the step back to the last one before; of those that meet, the first stays."""
    before = np.searchsorted(now, keys, "right" if ties else "left") - 1
    unknown = int(np.searchsorted(before, 0))
    before, keys = before[unknown:], keys[unknown:]
    first = np.flatnonzero(_begins(before))
    found, begun = keys[first], begun[before[first]]
    good = found <= limits(begun, units, plan)
    return found[good], begun[good]


def _begins(ascending: Int64) -> Bool:
    """Where each run of the same number begins."""
    fresh = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=fresh[1:])
    return fresh


def _ends(ascending: Int64) -> Bool:
    """Where each run of the same number ends."""
    last = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=last[:-1])
    return last


def first_chains(
    units: Units, plan: Plan, start: Int64, first: Int64, reach: NDArray[np.int8], goal: Int64, ties: bool
) -> tuple[Int64, list[Int64]]:
    """The first attempt that gets furthest, of units whose best one fills two steps or more.

    The later an attempt begins, the later it arrives. So the first one to get furthest arrives at the earliest event
    that any arrives at (`goal`), and every attempt from a window before that on arrives in time.

    Args:
        first: the place in `start` of each unit's first attempt. reach, goal: as `furthest` gives them.

    Returns:
        Its place in `start`, and for each step after the first the keys of the events, over the units that reach it.
    """
    place = first.copy()
    early = goal - min(plan.window, (1 << units.shift) - 1)
    late = np.flatnonzero(start[first] < early)
    place[late] = np.searchsorted(start, early[late])
    now = start[place]
    steps = []
    for number, hits in enumerate(units.steps[1:], 1):
        going = reach > number
        now, reach, goal = now[going], reach[going], goal[going]
        further = np.flatnonzero(reach > number + 1)
        now = now[further]
        found = goal.copy()
        now = found[further] = hits.keys[np.searchsorted(hits.keys, now, "left" if ties else "right")]
        steps.append(found)
        reach, goal = reach[further], goal[further]
    return place, steps
