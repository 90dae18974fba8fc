"""The chain that counts of each entrant: the attempt that gets furthest, the first of those (SEMANTICS 5)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from collector.core.matcher import Matcher
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Hits, Int64
from collector.reports import funnel_attempts as attempts_of
from collector.reports.funnel_attempts import Attempts
from collector.reports.funnel_fold import Fit, fold
from collector.reports.funnel_plan import Plan, Units, disjoint

# Two threads pay from about this many attempts on; numpy lets go of the interpreter's lock while it searches.
_WORTH_A_THREAD = 50_000
NO_TIME = -(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """One chain an entrant, ascending by unit.

    unit: number of the person or session. reach: how many steps. time: ms UTC, rows: ledger rows of the part, both
    (step, entrant), -1 past `reach`. last: time of the last attempt that no exclusion spoiled, `NO_TIME` without one.
    """

    unit: Int64
    reach: Int64
    time: Int64
    row: Int64
    last: Int64


def chains(journeys: Journeys, units: Units, plan: Plan) -> Chains:
    """The chains of all entrants among the units."""
    if plan.order == "any":
        return _any_chains(journeys, units, plan)
    if plan.order == "strict":
        if units.visible is None or not len(units.steps[0].keys):
            return _none(len(plan.steps))
        tied = attempts_of.tied_units(units, [units.visible])
        found = _best(attempts_of.strict(units, plan, tied), units, plan)
        return _with_folded(found, units, plan, tied, units.visible)
    if disjoint(journeys, plan, units):
        return _ordered_chains(units, plan, None)
    tied = attempts_of.tied_units(units, units.steps)
    return _with_folded(_ordered_chains(units, plan, tied), units, plan, tied, None)


def _ordered_chains(units: Units, plan: Plan, tied: Bool | None) -> Chains:
    places = attempts_of.entries(units, plan, units.steps[0].keys, tied)

    def follow(half: Int64) -> Chains:
        return _best(attempts_of.ordered(units, plan, half, ties=tied is None), units, plan)

    halves = _halves(units.steps[0].keys[places] >> units.shift, places)
    if len(halves) == 1:
        return follow(places)
    with ThreadPoolExecutor(len(halves)) as pool:
        return _joined(list(pool.map(follow, halves)))


def _halves(unit: Int64, places: Int64) -> list[Int64]:
    """The places, in two where there are many, cut between units."""
    if len(places) < _WORTH_A_THREAD:
        return [places]
    cut = int(np.searchsorted(unit, unit[len(unit) // 2]))
    return [half for half in (places[:cut], places[cut:]) if len(half)]


def _any_chains(journeys: Journeys, units: Units, plan: Plan) -> Chains:
    families = _families(journeys, units, plan)
    if max(map(len, families)) > attempts_of.MOST_OVERLAPPING:
        everyone = np.ones(len(units.person), dtype=np.bool_)
        return _with_folded(_none(len(plan.steps)), units, plan, everyone, None)
    return _best(attempts_of.in_any_order(units, plan, families), units, plan)


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
    two = Plan((one, other), plan.window, plan.order, (), plan.start, plan.end)
    both = Units(units.part, units.sessions, units.shift, units.origin, units.chosen, units.person, pair, [], None)
    return not disjoint(journeys, two, both)


def _best(attempts: Attempts, units: Units, plan: Plan) -> Chains:
    """Of each unit's attempts the first that gets furthest, spoiled ones aside."""
    if not len(attempts.start):
        return _none(len(plan.steps))
    reach = attempts.reach
    clean = _clean(attempts, units, plan)
    if clean is not None:
        reach = np.where(clean, reach, 0)
    unit = attempts.start >> units.shift
    first = np.flatnonzero(np.concatenate(([True], unit[1:] != unit[:-1])))
    counts = np.diff(np.append(first, len(unit)))
    best = np.maximum.reduceat(reach, first)
    places = np.where(reach == np.repeat(best, counts), np.arange(len(unit)), len(unit))
    chosen = np.minimum.reduceat(places, first)
    if clean is None:
        last = attempts.start[first + counts - 1]
    else:
        last = np.maximum.reduceat(np.where(clean, attempts.start, -1), first)
        if plan.order == "any":
            chosen, best = np.where(best == 0, first, chosen), np.maximum(best, 1)
        chosen, last, best = chosen[best > 0], last[best > 0], best[best > 0]
    keys, rows = attempts.find(chosen)
    mask = (1 << units.shift) - 1
    past = np.arange(len(plan.steps))[:, None] >= best
    return Chains(
        unit=attempts.start[chosen] >> units.shift,
        reach=best,
        time=np.where(past, -1, (keys & mask) + units.origin),
        row=np.where(past, -1, rows),
        last=np.where(last < 0, NO_TIME, (last & mask) + units.origin),
    )


def _clean(attempts: Attempts, units: Units, plan: Plan) -> Bool | None:
    """Which attempts no exclusion spoils; None where there are no exclusions."""
    if not plan.exclude:
        return None
    clean = np.ones(len(attempts.start), dtype=np.bool_)
    keys, _ = attempts.find(np.arange(len(attempts.start)))
    for exclusion, hits in zip(plan.exclude, units.excluded, strict=True):
        if not len(hits.keys):
            continue
        after = np.flatnonzero(attempts.reach >= exclusion.after)
        place = np.searchsorted(hits.keys, keys[exclusion.after - 1, after], "right")
        met = hits.keys[np.minimum(place, len(hits.keys) - 1)]
        arrived = attempts.reach[after] >= exclusion.before
        end = np.where(arrived, keys[exclusion.before - 1, after] - 1, attempts.limit[after])
        clean[after[(place < len(hits.keys)) & (met <= end)]] = False
    return clean


def _with_folded(found: Chains, units: Units, plan: Plan, which: Bool, every: Hits | None) -> Chains:
    """`found` and the chains of the units in `which`, folded one by one; `every` is given for strict funnels."""
    which = which & units.chosen
    if not which.any():
        return found
    size = len(plan.steps)
    chain_units, folded = [], []
    for unit, events in _events_by_unit(units, which, every):
        chain = fold(events, plan)
        if chain is not None:
            chain_units.append(unit)
            folded.append(chain)
    if not folded:
        return found
    time = np.full((size, len(folded)), -1, dtype=np.int64)
    row = np.full((size, len(folded)), -1, dtype=np.int64)
    for at, chain in enumerate(folded):
        for step, (when, where) in enumerate(chain.filled):
            time[step, at], row[step, at] = when, where
    added = Chains(
        unit=np.array(chain_units, dtype=np.int64),
        reach=np.array([len(chain.filled) for chain in folded], dtype=np.int64),
        time=time,
        row=row,
        last=np.array([NO_TIME if chain.last is None else chain.last for chain in folded], dtype=np.int64),
    )
    both = _joined([found, added])
    order = np.argsort(both.unit, kind="stable")
    return Chains(both.unit[order], both.reach[order], both.time[:, order], both.row[:, order], both.last[order])


def _events_by_unit(units: Units, which: Bool, every: Hits | None) -> list[tuple[int, list[Fit]]]:
    lists = [*units.steps, *units.excluded]
    keys = np.concatenate([hits.keys for hits in (*lists, *([every] if every else ()))])
    rows = np.concatenate([hits.rows for hits in (*lists, *([every] if every else ()))]).astype(np.int64)
    bits = np.concatenate(
        [np.full(len(hits.keys), 1 << number) for number, hits in enumerate(lists)]
        + ([np.zeros(len(every.keys), dtype=np.int64)] if every else [])
    )
    mine = which[keys >> units.shift]
    keys, rows, bits = keys[mine], rows[mine], bits[mine]
    if not len(keys):
        return []
    order = np.lexsort((rows, keys))
    keys, rows, bits = keys[order], rows[order], bits[order]
    event = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    fits = np.bitwise_or.reduceat(bits, event)
    keys, rows = keys[event], rows[event]
    times = ((keys & ((1 << units.shift) - 1)) + units.origin).tolist()
    flat = list(zip(times, rows.tolist(), fits.tolist(), strict=True))
    unit = keys >> units.shift
    first = np.flatnonzero(np.concatenate(([True], unit[1:] != unit[:-1]))).tolist()
    ends = [*first[1:], len(flat)]
    return [(int(unit[begin]), flat[begin:end]) for begin, end in zip(first, ends, strict=True)]


def _joined(several: Sequence[Chains]) -> Chains:
    return Chains(
        unit=np.concatenate([one.unit for one in several]),
        reach=np.concatenate([one.reach for one in several]),
        time=np.concatenate([one.time for one in several], axis=1),
        row=np.concatenate([one.row for one in several], axis=1),
        last=np.concatenate([one.last for one in several]),
    )


def _none(size: int) -> Chains:
    none = np.empty(0, dtype=np.int64)
    return Chains(none, none, np.empty((size, 0), dtype=np.int64), np.empty((size, 0), dtype=np.int64), none)
