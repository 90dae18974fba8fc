"""Paths gathered from the journeys: the touches before each conversion, and those that led to none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.attribution.paths import Conversions, Paths, Runs, last_touch
from collector.reports.attribution.plan import OTHER, Plan
from collector.reports.attribution.touches import Touches, touches_of
from collector.reports.scope import choose

MOST_VALUES = 100  # more than anybody reads, few enough to solve their chain in no time


def paths_of(journeys: Journeys, query: Query, plan: Plan, named: Sequence[str] = ()) -> Paths:
    """The paths of a question; `named` are values to show whether they were met or not."""
    values: dict[str, int] = {}
    found, lost, people = [], [], []
    for part in journeys.each():
        touches = touches_of(journeys, part, plan, query.include_bots)
        place = np.array([values.setdefault(label, len(values)) for label in touches.labels], dtype=np.int64)
        if len(place):
            touches = replace(touches, code=place[touches.code])
        chosen = choose(journeys, part, query, lasting=plan.lasting)
        rows, converted = _goals(journeys, part, query, plan, chosen)
        found.append(_conversions(journeys, part, query, plan, touches, rows))
        persons, runs = _unconverted(part, plan, touches, chosen & ~converted)
        lost.append(runs)
        people.append((part, persons))
    met = {value.casefold() for value in values}
    for value in named:
        if value.casefold() not in met:
            met.add(value.casefold())
            values[value] = len(values)
    return _fewer(Paths(list(values), found, lost, people))


def _goals(journeys: Journeys, part: Part, query: Query, plan: Plan, chosen: Bool) -> tuple[Int64, Bool]:
    """The conversions in the range, and who had any."""
    rows = journeys.rows(part, plan.goal, query.include_bots)
    time = part.time[rows]
    rows = rows[(time >= plan.start) & (time < plan.end) & chosen[part.person[rows]]]
    converted = np.zeros(len(part.persons), dtype=np.bool_)
    converted[part.person[rows]] = True
    return rows, converted


def _conversions(
    journeys: Journeys, part: Part, query: Query, plan: Plan, touches: Touches, rows: Int64
) -> Conversions:
    key = part.key[rows]
    # Keys are a person and a time, so that one search finds where a path begins: both ends are inclusive.
    least = key - np.minimum(key & ((1 << part.shift) - 1), plan.lookback)
    if plan.cut:
        every = part.key[journeys.rows(part, plan.goal, query.include_bots)]
        # Conversions at one instant are cut at the one before that instant.
        earlier = np.searchsorted(every, key) - 1
        previous = np.where(earlier >= 0, every[np.maximum(earlier, 0)] if len(every) else 0, -1)
        least = np.maximum(least, previous + 1)
    first = _below(touches.key, least)
    end = np.maximum(_below(touches.key, key + 1), first)
    # Conversions of one visit mostly have the same touches, and stand side by side.
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (first[1:] != first[:-1]) | (end[1:] != end[:-1])
    paths, path = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    runs, place = _spread(first[paths], end[paths], touches.code)
    touched = touches.key[place]
    before = np.repeat(touched[last_touch(runs)], runs.length[runs.length > 0]) - touched
    direct = touches.direct[place]
    lag = np.full(len(rows), -1, dtype=np.int64)
    if len(place):
        begun = touches.key[np.minimum(first[paths], len(touches.key) - 1)]
        np.copyto(lag, key - begun[path], where=end > first)
    if plan.collapse:
        begins, ends = _stays(runs)
        direct = np.logical_and.reduceat(direct, begins) if len(begins) else direct
        runs, before = _only(runs, ends), before[ends]
    return Conversions(part, rows, _worth(journeys, part, plan, rows), lag, path, runs, before, direct)


def _below(keys: Int64, limits: Int64) -> Int64:
    """How many of `keys` are less than each limit; both ascend, so that the fewer are looked up among the others."""
    if len(limits) < len(keys):
        return np.searchsorted(keys, limits).astype(np.int64, copy=False)
    behind = np.searchsorted(limits, keys, side="right")
    return np.cumsum(np.bincount(behind, minlength=len(limits) + 1)[:-1])


def _worth(journeys: Journeys, part: Part, plan: Plan, rows: Int64) -> Float64:
    if plan.value is None:
        return part.value[rows]
    column = journeys.properties.column(part, plan.value)
    numbers = [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for v in column.values]
    return np.array([*numbers, np.nan])[column.code[rows]]


def _spread(first: Int64, end: Int64, code: Int64) -> tuple[Runs, Int64]:
    """Slices of one list, one behind the other, and the place in the list of each."""
    length = end - first
    start = np.concatenate(([0], np.cumsum(length))).astype(np.int64)
    place = np.arange(start[-1]) + np.repeat(first - start[:-1], length)
    return Runs(start, code[place]), place


def _unconverted(part: Part, plan: Plan, touches: Touches, wanted: Bool) -> tuple[Int64, Runs]:
    """The persons wanted who have touches in the range, and all of those touches."""
    person = touches.key >> part.shift
    time = touches.key - (person << part.shift) + part.origin
    kept = (time >= plan.start) & (time < plan.end) & wanted[person]
    person, code = person[kept], touches.code[kept]
    starts = np.flatnonzero(np.concatenate(([True], person[1:] != person[:-1]))) if len(person) else person
    runs = Runs(np.append(starts, len(person)).astype(np.int64), code)
    return person[starts], _only(runs, _stays(runs)[1]) if plan.collapse else runs


def _stays(runs: Runs) -> tuple[Int64, Int64]:
    """Where the same value several times in a row begins, and where it ends."""
    fresh = np.ones(len(runs.code), dtype=np.bool_)
    fresh[1:] = runs.code[1:] != runs.code[:-1]
    fresh[runs.start[:-1][runs.length > 0]] = True
    begins = np.flatnonzero(fresh)
    return begins, np.append(begins[1:], len(fresh)).astype(np.int64)[: len(begins)] - 1


def _only(runs: Runs, kept: Int64) -> Runs:
    """Some of the touches, ascending."""
    return Runs(np.searchsorted(kept, runs.start).astype(np.int64), runs.code[kept])


def _fewer(paths: Paths) -> Paths:
    """The values in order of how often conversions met them; the rarest together as “(other)” where they are many."""
    size = len(paths.values)
    met = sum((np.bincount(one.runs.code, one.many_of_touch, size) for one in paths.found), np.zeros(size))
    lost = sum((np.bincount(runs.code, minlength=size) for runs in paths.lost), np.zeros(size))
    often = dict(zip(paths.values, zip((-met).tolist(), (-lost).tolist(), strict=True), strict=True))
    order = sorted(paths.values, key=lambda value: (*often[value], value))
    kept = order if len(order) <= MOST_VALUES else [*order[:MOST_VALUES], OTHER]
    place = {value: at for at, value in enumerate(kept)}
    code = np.array([place.get(value, len(kept) - 1) for value in paths.values], dtype=np.int64)

    def told(runs: Runs) -> Runs:
        return Runs(runs.start, code[runs.code] if len(code) else runs.code)

    found = [replace(one, runs=told(one.runs)) for one in paths.found]
    return replace(paths, values=kept, found=found, lost=[told(runs) for runs in paths.lost])
