"""A funnel in order, without exclusions: reach of every unit first, then the one chain that counts of each.

Only attempts that can matter are followed, and nothing is remembered of them but where they began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Bool, Hits, Int32, Int64
from collector.journeys.ranks import Ranks
from collector.reports.funnel_attempts import limits
from collector.reports.funnel_plan import Plan, Units

# Keys below this leave a bit for a tag.
_TAGGED = 2**62
# Ranks of a step's rows pay where the places of more than one in so many of the part's rows are asked for.
RANKED = 100
Places = Int64 | Int32


@dataclass(frozen=True, slots=True, eq=False)
class Furthest:
    """How far the best attempt of each unit gets, 0 for no entrant; (unit, key) of who arrived at each later step."""

    reach: NDArray[np.int8]
    arrivals: Sequence[tuple[Int64, Int64]]

    def goal(self) -> Int64:
        """The key of the earliest event that each unit's best attempts end with, 0 where they fill one step or none."""
        goal = np.zeros(len(self.reach), dtype=np.int64)
        for unit, key in self.arrivals:
            goal[unit[::-1]] = key[::-1]  # of several writes to one place the last stays: the earliest event
        return goal


@dataclass(frozen=True, slots=True, eq=False)
class _Now:
    """Where attempts have come to: ascending keys, their rows where these lead on, and the keys of the first events."""

    keys: Int64
    rows: Places | None
    begun: Int64


def furthest(units: Units, plan: Plan, start: Int64, ties: bool) -> Furthest:
    """The best attempts of the units.

    Args:
        start: keys of the attempts' first events, ascending.
        ties: as in `funnel_attempts.ordered`.

    Of several attempts that meet at an event only the latest goes on, and of several events after the same one only
    the first: neither can get less far than the others.
    """
    reach = np.zeros(units.count, dtype=np.int8)
    reach[(start >> units.shift) - units.first] = 1
    return _follow(units, plan, reach, _Now(start, None, start), ties)


def furthest_of_persons(units: Units, plan: Plan, entering: Bool | None, ties: bool) -> Furthest:
    """The same of persons who may enter whenever it be, by rows: these ascend as keys do.

    Args:
        entering: who may, None for all. Whoever has events of one instant may not unless ties are taken so.
    """
    keys, rows = units.steps[0]
    there = units.part.memo.get(("persons", plan.steps[0], units.bots), lambda: _persons(units))
    reach = (there if entering is None else there & entering).astype(np.int8)
    return _follow(units, plan, reach, _Now(keys, rows, keys), ties)


def _persons(units: Units) -> Bool:
    mask = np.zeros(units.count, dtype=np.bool_)
    mask[units.steps[0].keys >> units.shift] = True
    return mask


def _follow(units: Units, plan: Plan, reach: NDArray[np.int8], now: _Now, ties: bool) -> Furthest:
    arrivals: list[tuple[Int64, Int64]] = []
    for step, hits in enumerate(units.steps[1:], 1):
        if not len(now.keys) or not len(hits.keys):
            break
        if step == 1 and now.rows is None and max(int(now.keys[-1]), int(hits.keys[-1])) < _TAGGED:
            now = _meet(units, plan, hits.keys, now.keys, ties)
        elif len(now.keys) <= len(hits.keys):
            now = _forth(units, plan, hits, now, _after(units, plan, step, now, ties))
        else:
            now = _back(units, plan, hits, now, _before(units, plan, step, now, ties))
        unit = (now.keys >> units.shift) - units.first
        if step == 1 and now.rows is not None:
            some = np.flatnonzero(reach[unit] > 0)  # others were followed too, as far as here
            unit, now = unit[some], _Now(now.keys[some], now.rows[some], now.begun[some])
        reach[unit] = step + 1
        arrivals.append((unit, now.keys))
    return Furthest(reach, arrivals)


def _ranks(units: Units, plan: Plan, step: int, asked: Places | None) -> Ranks | None:
    """Of the rows of a step (from 0), remembered with the part; None where a search for the places asked is faster."""
    if asked is None or len(asked) * RANKED < units.part.size:
        return None
    rows = units.steps[step].rows
    return units.part.memo.get(("ranks", plan.steps[step], units.bots), lambda: Ranks.of(rows, units.part.size))


def _after(units: Units, plan: Plan, step: int, now: _Now, ties: bool) -> Places:
    """The place of the step's next event for each of `now`."""
    keys = units.steps[step].keys
    ranks = _ranks(units, plan, step, now.rows)
    if ranks is None or now.rows is None:
        return np.searchsorted(keys, now.keys, "left" if ties else "right")
    if not ties:
        return ranks.places(now.rows + 1)
    place = ranks.places(now.rows)
    # An event of the same instant may come before by its row.
    inner = int(np.searchsorted(place, 1))
    place[inner:] -= keys[place[inner:] - 1] == now.keys[inner:]
    return place


def _before(units: Units, plan: Plan, step: int, now: _Now, ties: bool) -> Places:
    """The place in `now` of the last event before each of the step, -1 for none."""
    hits = units.steps[step]
    ranks = _ranks(units, plan, 0, hits.rows) if step == 1 and now.rows is not None else None
    if ranks is None:
        return np.searchsorted(now.keys, hits.keys, "right" if ties else "left") - 1
    place = ranks.places(hits.rows)
    if ties:
        inner = int(np.searchsorted(place, len(now.keys)))
        place[:inner] += now.keys[place[:inner]] == hits.keys[:inner]
    place -= 1
    return place


def _meet(units: Units, plan: Plan, keys: Int64, start: Int64, ties: bool) -> _Now:
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
    return _Now(found[good], None, begun[good])


def _forth(units: Units, plan: Plan, hits: Hits, now: _Now, following: Places) -> _Now:
    """From each event to the next of the step; of those that meet, the last stays."""
    known = int(np.searchsorted(following, len(hits.keys)))
    # An earlier one that is in time is so only if the last is, so the others need not be looked at.
    last = np.flatnonzero(_ends(following[:known]))
    return _in_time(units, plan, hits, following[last], now, last)


def _back(units: Units, plan: Plan, hits: Hits, now: _Now, before: Places) -> _Now:
    """From each event of the step back to the last one before; of those that meet, the first stays."""
    unknown = int(np.searchsorted(before, 0))
    first = np.flatnonzero(_begins(before[unknown:])) + unknown
    return _in_time(units, plan, hits, first, now, before[first])


def _in_time(units: Units, plan: Plan, hits: Hits, found: Places, now: _Now, of: Places) -> _Now:
    """Some places of the step's events, with those in `now` that lead there, as far as they are in the window."""
    begun, keys = now.begun[of], hits.keys[found]
    good = np.flatnonzero(keys <= limits(begun, units, plan))
    return _Now(keys[good], None if now.rows is None else hits.rows[found[good]], begun[good])


def _begins(ascending: Places) -> Bool:
    """Where each run of the same number begins."""
    fresh = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=fresh[1:])
    return fresh


def _ends(ascending: Places) -> Bool:
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
        first: the place in `start` of each unit's first attempt. reach, goal: of `Furthest`.

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
