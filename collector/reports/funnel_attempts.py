"""Every attempt at a funnel at once: from each first event, how far the chain gets and through which events.

An attempt is a first event; arrays over attempts ascend by key. A key is `unit << shift | time - origin`, so that one
`searchsorted` a step finds the next event of all attempts together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Bool, Int64, Part
from collector.reports.funnel_plan import Plan, Units
from collector.reports.funnel_seek import Seek

Fits = NDArray[np.unsignedinteger[Any]]
NEVER = np.iinfo(np.int64).max


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


def entries(units: Units, plan: Plan, keys: Int64, left_out: Bool | None) -> Int64 | None:
    """Places in `keys` of the events in range of chosen units, those of `left_out` aside; None for all."""
    mask = (1 << units.shift) - 1
    low, high = plan.start - units.origin, plan.end - units.origin
    keep: Bool | None = None
    if low > 0 or high <= mask:
        time = keys & mask
        keep = (time >= low) & (time < high)
    if units.chosen is not None:
        of_chosen = units.chosen[keys >> units.shift]
        keep = of_chosen if keep is None else keep & of_chosen
    if left_out is not None:
        others = ~left_out[keys >> units.shift]
        keep = others if keep is None else keep & others
    return None if keep is None else np.flatnonzero(keep)


def limits(start: Int64, units: Units, plan: Plan) -> Int64:
    """The last key of the same unit within the window, its end inclusive."""
    mask = (1 << units.shift) - 1
    latest: Int64 = np.minimum(start + min(plan.window, mask), start | mask)
    return latest


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Events that attempts use for one step: places in the step's list (None for all), keys, and where each goes on."""

    place: Int64 | None
    key: Int64
    onward: Int64


def ordered(units: Units, plan: Plan, ties: bool) -> Attempts:
    """Attempts at steps in order, from every event of the first step.

    Args:
        ties: whether the next event may share its predecessor's instant. Right where no event fits two steps; else it
            must be later, and units with events of one instant must have been left out.

    Attempts that arrive at the same event go on as one, with the latest limit: the latest first event allows whatever
    an earlier one allows.
    """
    start = units.steps[0].keys
    limit = limits(start, units, plan)
    steps: list[_Step] = []
    place: Int64 | None = None
    key, end = start, limit
    for hits in units.steps[1:]:
        onward, following, next_key, next_end = _advance(hits.keys, key, end, ties)
        steps.append(_Step(place, key, onward))
        place, key, end = following, next_key, next_end
    steps.append(_Step(place, key, np.empty(0, dtype=np.int64)))
    return Attempts(start, limit, _reach(steps, limit), lambda which: _events(units, steps, which))


def _advance(keys: Int64, now: Int64, end: Int64, ties: bool) -> tuple[Int64, Int64, Int64, Int64]:
    following = np.searchsorted(keys, now, "left" if ties else "right")
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
        going, node = going[fits], node[fits]
        fits = steps[number + 1].key[node] <= limit[going]
        going, node = going[fits], node[fits]
        reach[going] = number + 2
    return reach


def _events(units: Units, steps: Sequence[_Step], which: Int64) -> tuple[Int64, Int64]:
    keys = np.full((len(steps), len(which)), NEVER, dtype=np.int64)
    rows = np.full((len(steps), len(which)), -1, dtype=np.int64)
    going, node = np.arange(len(which)), which
    for number, step in enumerate(steps):
        keys[number, going] = step.key[node]
        rows[number, going] = units.steps[number].rows[node if step.place is None else step.place[node]]
        if number + 1 < len(steps):
            node = step.onward[node]
            going, node = going[node >= 0], node[node >= 0]
    return keys, rows


def strict(units: Units, plan: Plan, fits: Fits, left_out: Bool) -> Attempts:
    """Attempts at steps with no event between; units with events of one instant must be in `left_out`."""
    keys, rows = units.steps[0]
    entering = entries(units, plan, keys, left_out)
    start, first = (keys, rows) if entering is None else (keys[entering], rows[entering])
    limit = limits(start, units, plan)
    mask = (1 << units.shift) - 1
    reach = np.ones(len(start), dtype=np.int64)
    through = np.full((len(units.steps), len(start)), -1, dtype=np.int32)
    through[0] = first
    going = np.arange(len(start))
    seek = Seek.of(units.part, first.astype(np.int64), units.sessions, units.bots)
    for number in range(1, len(units.steps)):
        some, seek = seek.on()
        going = going[some]
        good = np.flatnonzero(fits[seek.rows] & fits.dtype.type(1 << number))
        good = good[(units.part.key[seek.rows[good]] & mask) <= (limit[going[good]] & mask)]
        going, seek = going[good], seek.only(good)
        reach[going] = number + 1
        through[number, going] = seek.rows

    def find(which: Int64) -> tuple[Int64, Int64]:
        found = through[:, which].astype(np.int64)
        every = np.full(found.shape, NEVER)
        every[0] = start[which]
        for step in range(1, len(every)):
            there = np.flatnonzero(found[step] >= 0)
            every[step, there] = (every[0, there] & ~mask) | (units.part.key[found[step, there]] & mask)
        return every, found

    return Attempts(start, limit, reach, find)


def fits_of(units: Units) -> Fits:
    """For each row of the part a bit for each step that it fits."""
    fits: Fits = np.zeros(units.part.size, dtype=np.uint8 if len(units.steps) <= 8 else np.uint16)
    for number, hits in enumerate(units.steps):
        fits[hits.rows] |= fits.dtype.type(1 << number)
    return fits


def tied_anyhow(units: Units) -> Bool:
    """Which units have two different events of one instant, whatever they are."""
    part = units.part
    rows = part.memo.get("rows of one instant", lambda: _of_one_instant(part))
    rows = rows[part.counted(units.bots, rows)]
    keys = part.key[rows]
    if units.sessions:
        keys = np.sort((part.session[rows].astype(np.int64) << units.shift) | (keys & ((1 << units.shift) - 1)))
    return tied_units(units, keys)


def _of_one_instant(part: Part) -> Int64:
    """The rows that share their person and their instant with another."""
    second = np.flatnonzero(part.key[1:] == part.key[:-1]) + 1
    both = np.sort(np.concatenate((second - 1, second)))
    return both[np.append(both[1:] != both[:-1], True)] if len(both) else both


def tied_units(units: Units, keys: Int64) -> Bool:
    """Which units have two different events of one instant among these (ascending, each event once)."""
    tied = np.zeros(units.count, dtype=np.bool_)
    tied[keys[1:][keys[1:] == keys[:-1]] >> units.shift] = True
    return tied
