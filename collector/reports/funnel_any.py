"""Attempts at a funnel whose steps may be filled in any order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from collector.core.matcher import Matcher
from collector.journeys.part import Hits, Int64
from collector.reports.funnel_attempts import NEVER, Attempts, entries, limits
from collector.reports.funnel_plan import Plan, Units

# Overlapping matchers need the union of every set of them; past this many the plain fold is used.
MOST_OVERLAPPING = 4


def in_any_order(units: Units, plan: Plan, families: Sequence[Sequence[Matcher]]) -> Attempts:
    """Attempts from every event of any step; the n-th filled step is the one that completes any n of them.

    Args:
        families: the different matchers, together with those that they share events with (in)directly.
    """
    start = np.concatenate([hits.keys for hits in units.steps])
    start.sort(kind="stable")  # merges the sorted lists; `np.unique` would hash them, ten times as slow
    start = start[np.append(start[1:] != start[:-1], True)] if len(start) else start
    entering = entries(units, plan, start, None)
    start = start if entering is None else start[entering]
    limit = limits(start, units, plan)
    lists = [_groups(units, plan, family) for family in families]
    reach = np.zeros(len(start), dtype=np.int64)
    for groups, size in lists:
        for filled in range(size):
            reach += _filled(groups, size, filled, start, limit, rows=False)[0] != NEVER

    def find(which: Int64) -> tuple[Int64, Int64]:
        found = [
            _filled(groups, size, filled, start[which], limit[which])
            for groups, size in lists
            for filled in range(size)
        ]
        keys, rows = np.stack([keys for keys, _ in found]), np.stack([rows for _, rows in found])
        order = np.argsort(keys, axis=0, kind="stable")
        return np.take_along_axis(keys, order, 0), np.take_along_axis(rows, order, 0)

    return Attempts(start, limit, reach, find)


def _groups(units: Units, plan: Plan, family: Sequence[Matcher]) -> tuple[list[tuple[Hits, int]], int]:
    """Every group of the family's matchers: the events that fit any, and how many steps it is; and all its steps."""
    times = {matcher: plan.steps.count(matcher) for matcher in family}
    groups = [group for count in range(1, len(family) + 1) for group in combinations(family, count)]
    found = [
        (
            _union([units.steps[plan.steps.index(matcher)] for matcher in group]),
            sum(times[matcher] for matcher in group),
        )
        for group in groups
    ]
    return found, sum(times.values())


def _filled(
    groups: Sequence[tuple[Hits, int]], size: int, filled: int, start: Int64, limit: Int64, rows: bool = True
) -> tuple[Int64, Int64]:
    """The key and the row of the event by which each attempt has filled more than `filled` of the family's steps.

    By Hall's theorem: n of s steps can be filled from a set of events just when every group of steps T finds at least
    n - s + |T| events that fit one of T. So that is at the greatest time, over T, of that many-th event.
    """
    if len(groups) == 1:
        members = groups[0][0]
        return _nth(members, _before(members.keys, start) + filled, limit, rows)
    keys, found = np.full(len(start), -1), np.full(len(start), -1)
    for members, weight in groups:
        needed = filled + 1 - size + weight
        if needed > 0:
            key, row = _nth(members, _before(members.keys, start) + needed - 1, limit, rows)
            if rows:
                found = np.where(key > keys, row, found)
            keys = np.maximum(key, keys)
    return keys, found


def _before(keys: Int64, start: Int64) -> Int64:
    """How many of the keys lie before each start; both ascend."""
    if len(keys) >= len(start):
        return np.searchsorted(keys, start)
    # Searching for the fewer among the more, and counting them up, is much less work.
    places = np.searchsorted(start, keys, "right")
    return np.cumsum(np.bincount(places, minlength=len(start) + 1))[:-1]


def _nth(members: Hits, place: Int64, limit: Int64, rows: bool) -> tuple[Int64, Int64]:
    if not len(members.keys):
        return np.full(len(place), NEVER), np.full(len(place), -1)
    known = int(np.searchsorted(place, len(members.keys)))  # ascending, so those past the last event are the tail
    inside = np.minimum(place, len(members.keys) - 1)
    key = members.keys[inside]
    key[known:] = NEVER
    key[key > limit] = NEVER
    return key, members.rows[inside].astype(np.int64) if rows else key


def _union(lists: Sequence[Hits]) -> Hits:
    """The events of several lists, each once."""
    if len(lists) == 1:
        return lists[0]
    keys = np.concatenate([hits.keys for hits in lists])
    rows = np.concatenate([hits.rows for hits in lists]).astype(np.int64)
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = rows[1:] != rows[:-1]
    return Hits(keys[fresh], rows[fresh])
