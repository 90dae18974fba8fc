"""The numbers of the stages: who is in each, moves in the range, and lengths of stays, folded over parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.times import DAY, HOUR, Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part
from collector.reports.local_days import Periods, bounded
from collector.reports.scope import choose
from collector.reports.stage_states import EVER, NONE, Int8, Moves, Stays, staged, states_at, until
from collector.reports.stats import quantile

# Fewer stays than this do not tell what is usual.
FEWEST = 10
# The lengths of stays are counted between these.
EDGES = np.array([HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Here:
    """The stages of those persons of a part of whom the question is asked, up to `until`."""

    part: Part
    moves: Moves
    stays: Stays
    before: Int8
    now: Int8
    since: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """before, now: people in each stage at both ends of the range. moved: [from, to], `from` 0 is no stage before.

    over: [period, stage], people at each period's end. gone: lengths (ms) of the stays that ended in the range because
    a further stage began, by stage. waiting: lengths so far of the stays of those who are in a stage at the end.
    """

    before: Int64
    now: Int64
    moved: Int64
    over: Int64
    gone: Sequence[Int64]
    waiting: Sequence[Int64]

    @property
    def limits(self) -> list[float | None]:
        """For each stage the length that nine of ten stays did not exceed; None where there were too few."""
        return [quantile(one, 0.9) if len(one) >= FEWEST else None for one in self.gone]


def here(journeys: Journeys, part: Part, query: Query, stages: Sequence[Stage]) -> Here:
    """One part's moves and stays, of the chosen persons and before the end of the range."""
    found = staged(journeys, part, stages, query.include_bots)
    chosen = choose(journeys, part, query, lasting=True)
    check()
    kept = found.moves.time < until(query)
    begun = found.stays.begin < until(query)
    if not chosen.all():
        kept &= chosen[found.moves.person]
        begun &= chosen[found.stays.person]
    moves = found.moves.only(kept)
    stays = found.stays.only(begun)
    persons = len(part.persons)
    now, since = states_at(moves, persons, EVER)
    return Here(part, moves, stays, states_at(moves, persons, query.start)[0], now, since)


def gone(query: Query, one: Here) -> Int64:
    """The stays that ended in the range because a further stage began."""
    return np.flatnonzero((one.stays.end >= query.start) & (one.stays.end < until(query)))


def waiting(query: Query, one: Here) -> Int64:
    """The stays of those who are in a stage at the end of the range, and not silent."""
    stays = one.stays
    return np.flatnonzero((stays.end >= until(query)) & (one.now[stays.person] == stays.stage))


def count(query: Query, parts: Sequence[Here], stages: int, periods: Periods) -> Counts:
    """All numbers of the report."""
    before, now = np.zeros(stages, dtype=np.int64), np.zeros(stages, dtype=np.int64)
    moved = np.zeros((stages + 1, stages), dtype=np.int64)
    over = np.zeros((len(periods), stages), dtype=np.int64)
    lengths: list[list[Int64]] = [[] for _ in range(stages)]
    so_far: list[list[Int64]] = [[] for _ in range(stages)]
    ends = np.minimum(periods.ends, until(query))
    for one in parts:
        check()
        before += _states(one.before, stages)
        now += _states(one.now, stages)
        inside = np.flatnonzero(one.moves.time >= query.start)
        left = one.moves.before[inside].astype(np.int64) + 1
        to = one.moves.to[inside].astype(np.int64)
        moved += np.bincount(left * stages + to, minlength=moved.size).reshape(moved.shape)
        at = np.searchsorted(ends, one.moves.time[inside], "right")
        over += _cells(at, to, over.shape)
        known = left > 0
        over -= _cells(at[known], left[known] - 1, over.shape)
        stays = one.stays
        done, open_ = gone(query, one), waiting(query, one)
        for stage in range(stages):
            these, those = done[stays.stage[done] == stage], open_[stays.stage[open_] == stage]
            lengths[stage].append(stays.end[these] - stays.begin[these])
            so_far[stage].append(until(query) - stays.begin[those])
    return Counts(before, now, moved, np.cumsum(over, axis=0) + before, _joined(lengths), _joined(so_far))


def _states(state: Int8, stages: int) -> Int64:
    return np.bincount(state[state != NONE], minlength=stages).astype(np.int64)


def _cells(at: Int64, stage: Int64, shape: tuple[int, ...]) -> Int64:
    size = shape[0] * shape[1]
    return np.bincount(at * shape[1] + stage, minlength=size)[:size].reshape(shape)


def _joined(lengths: Sequence[Sequence[Int64]]) -> list[Int64]:
    return [np.concatenate(some) if some else np.empty(0, dtype=np.int64) for some in lengths]


def periods_of(query: Query, span: Span, unit: str) -> Periods:
    """The periods of the range that have begun, at least one."""
    if unit == "auto":
        unit = "day" if span.days <= 31 else "week" if span.days <= 200 else "month"
    bounded(span.days // {"day": 1, "week": 7, "month": 30}[unit], unit)
    return Periods(unit, span.first, min(span.last, max(day_of(query.now, span.zone), span.first)), span.zone)
