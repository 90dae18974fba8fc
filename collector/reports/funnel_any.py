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
    start = np.unique(np.concatenate([hits.keys for hits in units.steps]))
    entering = entries(units, plan, start, None)
    start = start if entering is None else start[entering]
    limit = limits(start, units, plan)
    found = [_family(units, plan, family, start, limit) for family in families]
    keys = np.concatenate([keys for keys, _ in found])
    rows = np.concatenate([rows for _, rows in found])
    order = np.argsort(keys, axis=0, kind="stable")
    keys, rows = np.take_along_axis(keys, order, 0), np.take_along_axis(rows, order, 0)
    reach = np.count_nonzero(keys != NEVER, axis=0)
    return Attempts(start, limit, reach, lambda which: (keys[:, which], rows[:, which]))


def _family(units: Units, plan: Plan, family: Sequence[Matcher], start: Int64, limit: Int64) -> tuple[Int64, Int64]:
    """When each attempt has filled 1, 2, ... of the family's steps, by Hall's theorem.

    n of the steps can be filled from a set of events just when every group of steps T (of s in all) finds at least
    n - s + |T| events that fit one of T. So the n-th is filled at the greatest time, over T, of that many-th event.
    """
    times = {matcher: plan.steps.count(matcher) for matcher in family}
    size = sum(times.values())
    keys = np.full((size, len(start)), -1, dtype=np.int64)
    rows = np.full((size, len(start)), -1, dtype=np.int64)
    for group in (group for count in range(1, len(family) + 1) for group in combinations(family, count)):
        members = _union([units.steps[plan.steps.index(matcher)] for matcher in group])
        first = np.searchsorted(members.keys, start)
        weight = sum(times[matcher] for matcher in group)
        for filled in range(max(size - weight, 0), size):
            needed = filled + 1 - size + weight
            key, row = _nth(members, first + needed - 1, limit)
            later = key > keys[filled]
            keys[filled][later], rows[filled][later] = key[later], row[later]
    return keys, rows


def _nth(members: Hits, place: Int64, limit: Int64) -> tuple[Int64, Int64]:
    if not len(members.keys):
        return np.full(len(place), NEVER), np.full(len(place), -1)
    inside = np.minimum(place, len(members.keys) - 1)
    key = members.keys[inside]
    good = (place < len(members.keys)) & (key <= limit)
    return np.where(good, key, NEVER), np.where(good, members.rows[inside].astype(np.int64), -1)


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
