"""Every attempt at a funnel at once: from each first event, how far the chain gets and through which events.

An attempt is a first event; arrays over attempts ascend by key. A key is `unit << shift | time - origin`, so that one
`searchsorted` a step finds the next event of all attempts together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from collector.core.matcher import Matcher
from collector.journeys.part import Bool, Hits, Int64
from collector.reports.funnel_plan import Plan, Units

NEVER = np.iinfo(np.int64).max
# Overlapping matchers in any order need the union of every set of them; past this many the plain fold is used.
MOST_OVERLAPPING = 4


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """How far each attempt got.

    start: key of its first event. limit: last key within its window. reach: steps it filled.
    find: for chosen attempts the keys and the rows of their events, arrays (step, attempt); meaningless past `reach`.
    """

    start: Int64
    limit: Int64
    reach: Int64
    find: Callable[[Int64], tuple[Int64, Int64]]


def entries(units: Units, plan: Plan, keys: Int64, left_out: Bool | None) -> Int64:
    """Places in `keys` of the events in range of chosen units, those of `left_out` aside."""
    mask = (1 << units.shift) - 1
    low, high = plan.start - units.origin, plan.end - units.origin
    keep: Bool | None = None
    if low > 0 or high <= mask:
        time = keys & mask
        keep = (time >= low) & (time < high)
    allowed = units.chosen if left_out is None else units.chosen & ~left_out
    if not allowed.all():
        of_allowed = allowed[keys >> units.shift]
        keep = of_allowed if keep is None else keep & of_allowed
    return np.arange(len(keys)) if keep is None else np.flatnonzero(keep)


def limits(start: Int64, units: Units, plan: Plan) -> Int64:
    """The last key of the same unit within the window, its end inclusive."""
    mask = (1 << units.shift) - 1
    latest: Int64 = np.minimum(start + min(plan.window, mask), start | mask)
    return latest


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Events that some attempt uses for one step: their place in the step's list, their key, and where each goes on."""

    place: Int64
    key: Int64
    onward: Int64


def ordered(units: Units, plan: Plan, places: Int64, ties: bool) -> Attempts:
    """Attempts at steps in order, from the first step's events at `places`.

    Args:
        ties: whether the next event may share its predecessor's instant. Right where no event fits two steps; else it
            must be later, and units with events of one instant must have been left out.

    Attempts that arrive at the same event go on as one, with the latest limit: the latest first event allows whatever
    an earlier one allows.
    """
    side: str = "left" if ties else "right"
    start = units.steps[0].keys[places]
    limit = limits(start, units, plan)
    steps: list[_Step] = []
    place, key, end = places, start, limit
    for hits in units.steps[1:]:
        onward, following, next_key, next_end = _advance(hits.keys, key, end, side)
        steps.append(_Step(place, key, onward))
        place, key, end = following, next_key, next_end
    steps.append(_Step(place, key, np.empty(0, dtype=np.int64)))
    return Attempts(start, limit, _reach(steps, limit), lambda which: _events(units, steps, which))


def _advance(keys: Int64, now: Int64, end: Int64, side: str) -> tuple[Int64, Int64, Int64, Int64]:
    following = np.searchsorted(keys, now, side)  # type: ignore[call-overload]
    known = int(np.searchsorted(following, len(keys)))  # ascending, so those past the last event are the tail
    found = keys[following[:known]]
    going = np.flatnonzero(found <= end[:known])
    following, found, end = following[going], found[going], end[going]
    last = np.ones(len(going), dtype=np.bool_)
    np.not_equal(following[1:], following[:-1], out=last[:-1])
    onward = np.full(len(now), -1, dtype=np.int64)
    onward[going] = np.cumsum(last) - last
    return onward, following[last], found[last], end[last]


def _reach(steps: Sequence[_Step], limit: Int64) -> Int64:
    reach = np.ones(len(limit), dtype=np.int64)
    going = node = np.arange(len(limit))
    for number, step in enumerate(steps[:-1]):
        node = step.onward[node]
        fits = node >= 0
        fits[fits] = steps[number + 1].key[node[fits]] <= limit[going[fits]]
        going, node = going[fits], node[fits]
        reach[going] = number + 2
    return reach


def _events(units: Units, steps: Sequence[_Step], which: Int64) -> tuple[Int64, Int64]:
    keys = np.full((len(steps), len(which)), NEVER, dtype=np.int64)
    rows = np.full((len(steps), len(which)), -1, dtype=np.int64)
    going, node = np.arange(len(which)), which
    for number, step in enumerate(steps):
        keys[number, going] = step.key[node]
        rows[number, going] = units.steps[number].rows[step.place[node]]
        if number + 1 < len(steps):
            node = step.onward[node]
            going, node = going[node >= 0], node[node >= 0]
    return keys, rows


def strict(units: Units, plan: Plan, left_out: Bool) -> Attempts:
    """Attempts at steps with no event between; units with events of one instant must be in `left_out`."""
    if units.visible is None:
        raise ValueError("a strict funnel needs every event")
    keys, rows = units.visible
    place_of = np.zeros(units.part.size, dtype=np.int64)
    place_of[rows] = np.arange(len(rows))
    fits = np.zeros(len(rows), dtype=np.int64)
    for number, hits in enumerate(units.steps):
        fits[place_of[hits.rows]] |= 1 << number
    first = np.flatnonzero(fits & 1)
    first = first[entries(units, plan, keys[first], left_out)]
    start = keys[first]
    limit = limits(start, units, plan)
    reach = np.ones(len(first), dtype=np.int64)
    going = np.arange(len(first))
    for number in range(1, len(units.steps)):
        place = first[going] + number
        going, place = going[place < len(keys)], place[place < len(keys)]
        good = (keys[place] <= limit[going]) & (fits[place] >> number & 1 == 1)
        going = going[good]
        reach[going] = number + 1

    def find(which: Int64) -> tuple[Int64, Int64]:
        places = np.minimum(first[which] + np.arange(len(units.steps))[:, None], len(keys) - 1)
        return keys[places], rows[places].astype(np.int64)

    return Attempts(start, limit, reach, find)


def tied_units(units: Units, lists: Sequence[Hits]) -> Bool:
    """Which units have two different events of these lists at one instant."""
    rows = np.unique(np.concatenate([hits.rows for hits in lists]))
    mask = (1 << units.shift) - 1
    keys = units.part.key[rows]
    if units.sessions:
        keys = np.sort((units.part.session[rows].astype(np.int64) << units.shift) | (keys & mask))
    tied = np.zeros(len(units.person), dtype=np.bool_)
    tied[keys[1:][keys[1:] == keys[:-1]] >> units.shift] = True
    return tied


def in_any_order(units: Units, plan: Plan, families: Sequence[Sequence[Matcher]]) -> Attempts:
    """Attempts from every event of any step; the n-th filled step is the one that completes any n of them.

    Args:
        families: the different matchers, together with those that they share events with (in)directly.
    """
    start = np.unique(np.concatenate([hits.keys for hits in units.steps]))
    start = start[entries(units, plan, start, None)]
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
