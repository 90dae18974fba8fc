"""The chain that counts of each entrant: the attempt that gets furthest, the first of those (SEMANTICS 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from collector.core.matcher import Matcher
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Hits, Int32, Int64
from collector.reports import funnel_attempts as attempts_of
from collector.reports.funnel_any import MOST_OVERLAPPING, in_any_order
from collector.reports.funnel_attempts import Attempts
from collector.reports.funnel_fold import Chain, Fit, fold
from collector.reports.funnel_plan import Plan, Units, disjoint, every_event, ranges
from collector.reports.funnel_quick import Furthest, first_chains, furthest, furthest_of_persons
from collector.reports.once import once
from collector.reports.threads import each

SLICE = 150_000  # persons at a time, whose events fit a processor's cache
NO_TIME = -(2**62)
Int8 = NDArray[np.int8]
Rows = Int32 | Int64
Work = Callable[[Units], "Chains"]


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """Through which events the chains went.

    time (ms UTC): for each step an array over those who reached it. row: the same of rows of the part, for step n (from
    0). begun: times and rows of the first events of everybody's first attempt that no exclusion spoiled. last: times of
    the last such attempt, `NO_TIME` without one.
    """

    time: Sequence[Int64]
    row: Callable[[int], Rows]
    begun: Callable[[], tuple[Int64, Rows]]
    last: Int64


@dataclass(frozen=True, eq=False)
class Chains:
    """One chain an entrant, ascending by unit.

    unit: number of the person or session. reach: how many steps. Details are found when they are first asked for.
    """

    unit: Int64
    reach: Int8
    find: Callable[[], Details]

    @once
    def details(self) -> Details:
        """The events of the chains."""
        return self.find()


def chains(journeys: Journeys, units: Units, plan: Plan) -> Chains:
    """The chains of all entrants among the units."""
    if plan.order == "any":
        families = _families(journeys, units, plan)
        if max(map(len, families)) > MOST_OVERLAPPING:
            everyone = np.ones(units.count, dtype=np.bool_)
            return _with_folded(_none(len(plan.steps)), units, plan, everyone)
        return _in_slices(units, plan, lambda piece: _best(in_any_order(piece, plan, families), piece, plan))
    if plan.order == "strict":
        moved, fits = attempts_of.tied_anyhow(units), attempts_of.fits_of(units)
        found = _in_slices(units, plan, lambda piece: _best(attempts_of.strict(piece, plan, fits, moved), piece, plan))
        return _with_folded(found, units, plan, moved)
    tied = None if disjoint(journeys, plan, units) else _tied(units)
    if _whole(units, plan):
        found = _of_persons(units, plan, tied)
    else:
        found = _in_slices(units, plan, lambda piece: _ordered(piece, plan, tied))
    return found if tied is None else _with_folded(found, units, plan, tied)


def _whole(units: Units, plan: Plan) -> bool:
    """Whether persons are asked about, and all their events are in the range of the question."""
    part = units.part
    if units.sessions or plan.exclude or not part.size:
        return False
    return plan.start <= part.bounds[0] and part.bounds[1] < plan.end


def _tied(units: Units) -> Bool:
    """Which units have two different events of one instant that fit steps."""
    rows = np.concatenate([hits.rows for hits in units.steps])
    keys = np.concatenate([hits.keys for hits in units.steps])
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    return attempts_of.tied_units(units, keys[np.concatenate(([True], rows[1:] != rows[:-1]))] if len(keys) else keys)


def _in_slices(units: Units, plan: Plan, work: Work) -> Chains:
    pieces = units.slices(SLICE)
    if len(pieces) == 1:
        return work(units)
    return _joined(each(work, pieces), len(plan.steps))


def _of_persons(units: Units, plan: Plan, tied: Bool | None) -> Chains:
    entering = units.chosen
    if tied is not None:
        entering = ~tied if entering is None else entering & ~tied
    return _furthest_chains(units, plan, tied, furthest_of_persons(units, plan, entering, ties=tied is None))


def _ordered(units: Units, plan: Plan, tied: Bool | None) -> Chains:
    entering = _entering(units, plan, tied)
    if plan.exclude:
        ordered = attempts_of.ordered(replace(units, steps=[entering, *units.steps[1:]]), plan, ties=tied is None)
        return _best(ordered, units, plan)
    return _furthest_chains(units, plan, tied, furthest(units, plan, entering.keys, ties=tied is None))


def _entering(units: Units, plan: Plan, tied: Bool | None) -> Hits:
    """The events that attempts may begin with."""
    keys, rows = units.steps[0]
    places = attempts_of.entries(units, plan, keys, tied)
    return Hits(keys, rows) if places is None else Hits(keys[places], rows[places])


def _furthest_chains(units: Units, plan: Plan, tied: Bool | None, found: Furthest) -> Chains:
    entrant = np.flatnonzero(found.reach > 0)
    if not len(entrant):
        return _none(len(plan.steps))
    reach = found.reach[entrant]

    def find() -> Details:
        entering, goal = _entering(units, plan, tied), found.goal()[entrant]
        return _ordered_details(units, plan, entering, reach, goal, ties=tied is None)

    return Chains(entrant + units.first, reach, find)


def _ordered_details(units: Units, plan: Plan, entering: Hits, reach: Int8, goal: Int64, ties: bool) -> Details:
    keys = entering.keys
    mask = (1 << units.shift) - 1
    first = _firsts(keys >> units.shift)
    begun = first.copy()
    last = (keys[np.append(first[1:], len(keys)) - 1] & mask) + units.origin
    several = np.flatnonzero(reach > 1)
    chosen, further = first_chains(units, plan, keys, first[several], reach[several], goal[several], ties)
    first[several] = chosen
    steps = [keys[first], *further]

    def row(step: int) -> Rows:
        if step == 0:
            return entering.rows[first]
        hits = units.steps[step]
        return hits.rows[np.searchsorted(hits.keys, steps[step])]

    times = [(of_step & mask) + units.origin for of_step in steps]
    return Details(times, row, lambda: ((keys[begun] & mask) + units.origin, entering.rows[begun]), last)


def _firsts(ascending: Int64 | Int32) -> Int64:
    """Where each new number begins."""
    return np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))


def _families(journeys: Journeys, units: Units, plan: Plan) -> list[list[Matcher]]:
    """The different matchers, grouped by whether they share events with each other, directly or through others."""
    families: list[list[Matcher]] = []
    for matcher in dict.fromkeys(plan.steps):
        related = [family for family in families if any(_related(journeys, units, plan, matcher, o) for o in family)]
        families = [family for family in families if family not in related]
        families.append([matcher, *(member for family in related for member in family)])
    return families


def _related(journeys: Journeys, units: Units, plan: Plan, one: Matcher, other: Matcher) -> bool:
    pair = [units.steps[plan.steps.index(one)], units.steps[plan.steps.index(other)]]
    return not disjoint(journeys, replace(plan, steps=(one, other)), replace(units, steps=pair))


def _best(attempts: Attempts, units: Units, plan: Plan) -> Chains:
    """Of each unit's attempts the first that gets furthest, spoiled ones aside."""
    size = len(plan.steps)
    if not len(attempts.start):
        return _none(size)
    reach = attempts.reach
    clean = _clean(attempts, units, plan)
    if clean is not None:
        reach = np.where(clean, reach, 0)
    unit = attempts.start >> units.shift
    first = _firsts(unit)
    counts = np.diff(np.append(first, len(unit)))
    best = np.maximum.reduceat(reach, first)
    equal = np.flatnonzero(reach == np.repeat(best, counts))
    chosen = equal[_firsts(unit[equal])]
    if clean is None:
        begun, last = first, attempts.start[first + counts - 1]
    else:
        begun = np.minimum.reduceat(np.where(clean, np.arange(len(unit)), len(unit)), first)
        last = np.maximum.reduceat(np.where(clean, attempts.start, -1), first)
        if plan.order == "any":
            chosen, begun = (np.where(best == 0, first, one) for one in (chosen, begun))
            best = np.maximum(best, 1)
        chosen, begun, last, best = (one[best > 0] for one in (chosen, begun, last, best))
    keys, rows = attempts.find(chosen)
    mask = (1 << units.shift) - 1
    details = Details(
        time=[(keys[step][best > step] & mask) + units.origin for step in range(size)],
        row=lambda step: rows[step][best > step],
        begun=lambda: ((attempts.start[begun] & mask) + units.origin, attempts.find(begun)[1][0]),
        last=np.where(last < 0, NO_TIME, (last & mask) + units.origin),
    )
    return Chains(attempts.start[chosen] >> units.shift, best.astype(np.int8), lambda: details)


def _clean(attempts: Attempts, units: Units, plan: Plan) -> Bool | None:
    """Which attempts no exclusion spoils; None where there are no exclusions."""
    if not plan.exclude:
        return None
    clean = np.ones(len(attempts.start), dtype=np.bool_)
    for exclusion, hits in zip(plan.exclude, units.excluded, strict=True):
        if not len(hits.keys):
            continue
        # Without such an event in the window nothing can spoil the attempt, whatever it went through.
        after = np.flatnonzero((attempts.reach >= exclusion.after) & clean)
        after = after[_next(hits.keys, attempts.start[after]) <= attempts.limit[after]]
        keys, _ = attempts.find(after)
        arrived = attempts.reach[after] >= exclusion.before
        end = np.where(arrived, keys[exclusion.before - 1] - 1, attempts.limit[after])
        clean[after[_next(hits.keys, keys[exclusion.after - 1]) <= end]] = False
    return clean


def _next(keys: Int64, now: Int64) -> Int64:
    """The first of the keys after each of `now`."""
    return np.append(keys, attempts_of.NEVER)[np.searchsorted(keys, now, "right")]


def _with_folded(found: Chains, units: Units, plan: Plan, which: Bool) -> Chains:
    """`found` and the chains of the units in `which`, folded one by one."""
    if units.chosen is not None:
        which = which & units.chosen
    entering = np.zeros(units.count, dtype=np.bool_)
    for hits in units.steps if plan.order == "any" else units.steps[:1]:
        entering[hits.keys >> units.shift] = True
    some = np.flatnonzero(which & entering)
    if not len(some):
        return found
    each = [(unit, fold(events, plan)) for unit, events in _events_by_unit(units, plan, some)]
    folded = [(unit, chain) for unit, chain in each if chain is not None]
    if not folded:
        return found
    both = _joined([found, _from_folds(folded, len(plan.steps))], len(plan.steps))
    return _sorted(both)


def _from_folds(folded: Sequence[tuple[int, Chain]], size: int) -> Chains:
    filled = [[chain.filled[step] for _, chain in folded if len(chain.filled) > step] for step in range(size)]
    details = Details(
        time=[np.array([time for time, _ in of_step], dtype=np.int64) for of_step in filled],
        row=lambda step: np.array([row for _, row in filled[step]], dtype=np.int64),
        begun=lambda: _pair(list(np.array([chain.begun for _, chain in folded], dtype=np.int64).T)),
        last=np.array([NO_TIME if chain.last is None else chain.last for _, chain in folded], dtype=np.int64),
    )
    return Chains(
        np.array([unit for unit, _ in folded], dtype=np.int64),
        np.array([len(chain.filled) for _, chain in folded], dtype=np.int8),
        lambda: details,
    )


def _sorted(mixed: Chains) -> Chains:
    order = np.argsort(mixed.unit, kind="stable")
    reach = mixed.reach[order]

    def in_order(values: Rows, step: int) -> Rows:
        place = np.cumsum(mixed.reach > step) - 1
        found: Rows = values[place[order[reach > step]]]
        return found

    def find() -> Details:
        details = mixed.details
        return Details(
            time=[in_order(values, step).astype(np.int64) for step, values in enumerate(details.time)],
            row=lambda step: in_order(details.row(step), step),
            begun=lambda: _pair([values[order] for values in details.begun()]),
            last=details.last[order],
        )

    return Chains(mixed.unit[order], reach, find)


def _events_by_unit(units: Units, plan: Plan, which: Int64) -> list[tuple[int, list[Fit]]]:
    lists = [_hits_of(units, hits, which) for hits in (*units.steps, *units.excluded)]
    bits = np.repeat([1 << number for number in range(len(lists))], [len(hits.keys) for hits in lists])
    if plan.order == "strict":
        lists.append(every_event(units, which))
        bits = np.append(bits, np.zeros(len(lists[-1].keys), dtype=np.int64))
    keys = np.concatenate([hits.keys for hits in lists])
    rows = np.concatenate([hits.rows for hits in lists]).astype(np.int64)
    if not len(keys):
        return []
    order = np.lexsort((rows, keys))
    keys, rows, bits = keys[order], rows[order], bits[order]
    event = _firsts(rows)
    fits = np.bitwise_or.reduceat(bits, event)
    keys, rows = keys[event], rows[event]
    times = ((keys & ((1 << units.shift) - 1)) + units.origin).tolist()
    flat = list(zip(times, rows.tolist(), fits.tolist(), strict=True))
    unit = keys >> units.shift
    first = _firsts(unit).tolist()
    ends = [*first[1:], len(flat)]
    return [(int(unit[begin]), flat[begin:end]) for begin, end in zip(first, ends, strict=True)]


def _hits_of(units: Units, hits: Hits, which: Int64) -> Hits:
    """Those of some units (ascending numbers)."""
    ends = (which + 1) << units.shift
    place = ranges(np.searchsorted(hits.keys, which << units.shift), np.searchsorted(hits.keys, ends))
    return Hits(hits.keys[place], hits.rows[place])


def _joined(several: Sequence[Chains], size: int) -> Chains:
    if len(several) == 1:
        return several[0]

    def find() -> Details:
        details = each(lambda one: one.details, several)
        return Details(
            time=[np.concatenate([one.time[step] for one in details]) for step in range(size)],
            row=lambda step: np.concatenate([one.row(step) for one in details]),
            begun=lambda: _pair([np.concatenate(both) for both in zip(*(one.begun() for one in details), strict=True)]),
            last=np.concatenate([one.last for one in details]),
        )

    return Chains(np.concatenate([one.unit for one in several]), np.concatenate([one.reach for one in several]), find)


def _none(size: int) -> Chains:
    none = np.empty(0, dtype=np.int64)
    details = Details([none] * size, lambda _: none, lambda: (none, none), none)
    return Chains(none, none.astype(np.int8), lambda: details)


def _pair(both: Sequence[Rows]) -> tuple[Int64, Rows]:
    times, rows = both
    return times.astype(np.int64, copy=False), rows
