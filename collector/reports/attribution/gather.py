"""Paths gathered from the journeys: the touches before each conversion, and those that led to none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Float64, Hits, Int32, Int64, Part
from collector.reports.attribution.alike import alike
from collector.reports.attribution.paths import Conversions, Paths, Runs, last_touch, spread, sums
from collector.reports.attribution.plan import Plan
from collector.reports.attribution.touches import Touches, touches_of
from collector.reports.named import OTHER
from collector.reports.numbers import numbers_of
from collector.reports.scope import choose
from collector.reports.threads import each

PIECE = 250_000  # conversions at a time
Rows = Int64 | Int32
MOST_VALUES = 100  # more than anybody reads, few enough to solve their chain in no time
_EVERYONE = 2**63 - 1


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
        goals, converted = _goals(journeys, part, query, plan, chosen)
        every = journeys.hits(part, plan.goal, query.include_bots).keys if plan.cut else None
        follow = partial(_conversions, part, plan, every, _worth_of(journeys, part, plan))
        found += each(follow, list(_pieces(part, touches, goals)))
        persons, runs = _unconverted(part, plan, touches, chosen & ~converted)
        lost.append(runs)
        people.append((part, persons))
    met = {value.casefold() for value in values}
    for value in named:
        if value.casefold() not in met:
            met.add(value.casefold())
            values[value] = len(values)
    return _fewer(Paths(list(values), found, lost, people))


def _goals(journeys: Journeys, part: Part, query: Query, plan: Plan, chosen: Bool) -> tuple[Hits, Bool]:
    """The conversions in the range, and who had any."""
    hits = journeys.hits(part, plan.goal, query.include_bots)
    kept: list[Bool] = []
    if not _all_inside(part, plan):
        time = (hits.keys & ((1 << part.shift) - 1)) + part.origin
        kept.append((time >= plan.start) & (time < plan.end))
    if not chosen.all():
        kept.append(chosen[hits.keys >> part.shift])
    if kept:
        places = np.flatnonzero(np.logical_and.reduce(kept))
        hits = Hits(hits.keys[places], hits.rows[places])
    converted = np.zeros(len(part.persons), dtype=np.bool_)
    converted[hits.keys >> part.shift] = True
    return hits, converted


def _all_inside(part: Part, plan: Plan) -> bool:
    """Whether all events of a part are in the range."""
    return not part.size or plan.start <= part.bounds[0] <= part.bounds[1] < plan.end


def _pieces(part: Part, touches: Touches, goals: Hits) -> Iterator[tuple[Touches, Hits]]:
    """The same of some persons after others: what is made of a piece has room in a processor's cache."""
    at = np.arange(PIECE, len(goals.keys), PIECE)
    begins = np.unique(goals.keys[at] >> part.shift) << part.shift  # the first key of a person
    for low, high in pairwise([0, *begins.tolist(), _EVERYONE]):
        mine, theirs = (slice(*np.searchsorted(keys, (low, high)).tolist()) for keys in (touches.key, goals.keys))
        piece = Touches(touches.key[mine], touches.code[mine], touches.direct[mine], touches.labels)
        yield piece, Hits(goals.keys[theirs], goals.rows[theirs])


def _conversions(
    part: Part, plan: Plan, every: Int64 | None, worth: Callable[[Rows], Float64], piece: tuple[Touches, Hits]
) -> Conversions:
    """The conversions of a piece with their paths.

    Args:
        every: the keys of all conversions that paths are cut at, None where they are not cut.
        worth: what conversions of these rows are worth.
    """
    touches, (key, rows) = piece
    places, first, end = _slices(part, plan, touches.key, key, every)
    many = np.diff(np.append(places, len(rows)))
    runs, place = spread(first, end, touches.code)
    touched = touches.key[place]
    before = np.repeat(touched[last_touch(runs)], runs.length[runs.length > 0])
    before -= touched
    direct = touches.direct[place]
    lag = _lags(touches.key, key, first, end, many)
    if plan.collapse:
        begins, ends = _stays(runs)
        direct = np.logical_and.reduceat(direct, begins) if len(begins) else direct
        runs, before = _only(runs, ends), before[ends]
    return Conversions(part, rows, worth(rows), lag, many, runs, before, direct, *alike(runs.start, runs.code))


def _slices(part: Part, plan: Plan, touched: Int64, key: Int64, every: Int64 | None) -> tuple[Int64, Int64, Int64]:
    """Which touches led to each conversion: (place of the first of those who share them, first touch, end).

    Conversions with no touch between them mostly have the same touches: where the first and the last of them begin with
    the same one, all between do, and need not be looked at.

    Args:
        touched, key: of all touches and of the conversions. every: of all that are cut at, None where none are.
    """
    edges = np.concatenate(([0], np.searchsorted(key, touched), [len(key)]))
    group = np.flatnonzero(edges[1:] > edges[:-1])  # all of which have so many touches before or at their instant
    places, last = edges[group], edges[group + 1] - 1
    first = _below(touched, _least(part, plan, key[places], every))
    several = np.flatnonzero(last > places)
    until = touched[np.minimum(first[several], len(touched) - 1)] if len(touched) else first[several]
    mixed = several[(first[several] < len(touched)) & (until < _least(part, plan, key[last[several]], every))]
    if len(mixed):
        others = ranges(places[mixed] + 1, last[mixed] + 1)
        group = np.concatenate((group, np.repeat(group[mixed], last[mixed] - places[mixed])))
        places = np.concatenate((places, others))
        order = np.argsort(places, kind="stable")
        places, group = places[order], group[order]
        first = _below(touched, _least(part, plan, key[places], every))
    end = np.maximum(group, first)
    fresh = np.ones(len(places), dtype=np.bool_)
    fresh[1:] = (first[1:] != first[:-1]) | (end[1:] != end[:-1])
    if not fresh.all():
        places, first, end = places[fresh], first[fresh], end[fresh]
    return places, first, end


def _least(part: Part, plan: Plan, key: Int64, every: Int64 | None) -> Int64:
    """The least key of a touch that may have led to each conversion.

    Keys are a person and a time, so that one search finds where a path begins: both ends are inclusive.
    """
    least = key & ((1 << part.shift) - 1)
    np.minimum(least, plan.lookback, out=least)
    np.subtract(key, least, out=least)
    if every is not None:
        # Conversions at one instant are cut at the one before that instant.
        earlier = np.searchsorted(every, key) - 1
        previous = np.where(earlier >= 0, every[np.maximum(earlier, 0)] if len(every) else 0, -1)
        least = np.maximum(least, previous + 1)
    return least


def _lags(touched: Int64, key: Int64, first: Int64, end: Int64, many: Int64) -> Int64:
    """From the first touch of each conversion to it, -1 where there is none."""
    if not len(touched):
        return np.full(len(key), -1, dtype=np.int64)
    lag = np.repeat(touched[np.minimum(first, len(touched) - 1)], many)
    np.subtract(key, lag, out=lag)
    none = end == first
    if none.any():
        lag[np.repeat(none, many)] = -1
    return lag


def _below(keys: Int64, limits: Int64) -> Int64:
    """How many of `keys` are less than each limit; both ascend, so that the fewer are looked up among the others."""
    if len(limits) < len(keys):
        return np.searchsorted(keys, limits).astype(np.int64, copy=False)
    behind = np.searchsorted(limits, keys, side="right")
    return np.cumsum(np.bincount(behind, minlength=len(limits) + 1)[:-1])


def _worth_of(journeys: Journeys, part: Part, plan: Plan) -> Callable[[Rows], Float64]:
    """What conversions of given rows of the part are worth, NaN for nothing known."""
    if plan.value is None:
        return lambda rows: part.value[rows]
    return numbers_of(journeys, part, plan.value)


def _unconverted(part: Part, plan: Plan, touches: Touches, wanted: Bool) -> tuple[Int64, Runs]:
    """The persons wanted who have touches in the range, and all of those touches."""
    person = touches.key >> part.shift
    kept = wanted[person]
    if not _all_inside(part, plan):
        time = touches.key - (person << part.shift) + part.origin
        kept &= (time >= plan.start) & (time < plan.end)
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
    met = sum(each(partial(_met, size), paths.found), np.zeros(size))
    lost = sum((np.bincount(runs.code, minlength=size) for runs in paths.lost), np.zeros(size))
    often = dict(zip(paths.values, zip((-met).tolist(), (-lost).tolist(), strict=True), strict=True))
    order = sorted(paths.values, key=lambda value: (*often[value], value))
    kept = order if len(order) <= MOST_VALUES else [*order[:MOST_VALUES], OTHER]
    place = {value: at for at, value in enumerate(kept)}
    code = np.array([place.get(value, len(kept) - 1) for value in paths.values], dtype=np.int64)

    def told(runs: Runs) -> Runs:
        return Runs(runs.start, code[runs.code] if len(code) else runs.code)

    found = each(lambda one: replace(one, runs=told(one.runs)), paths.found)
    return replace(paths, values=kept, found=found, lost=[told(runs) for runs in paths.lost])


def _met(size: int, one: Conversions) -> Float64:
    """How often conversions of a piece met each value."""
    return sums(one.sequences.runs.code, one.sequences.many_of_touch, size)
