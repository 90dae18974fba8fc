"""Moments of one sort, with what was known at each, and which of them may serve as controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.core.deadline import check
from collector.journeys.part import Bool, Float64, Int32, Int64
from collector.reports.impact.coded import Codes
from collector.reports.impact.features import Feature, lasting, with_steps
from collector.reports.impact.keysteps import KeyStep
from collector.reports.impact.lots import lots
from collector.reports.impact.moments import Moments, find_moments, whose
from collector.reports.impact.plan import Plan
from collector.reports.impact.state import HERE, State, state_at
from collector.reports.impact.tape import Tape

MOST_POOL = 300_000
VISITS = 3  # so many first visits are told apart by where somebody is


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """Moments of one sort: those at which actions, or those at which touches happen.

    table: a row a moment, so that those picked lie together: the codes of the features `known`, which are the same
    for all candidates, and `where` and `seen` of `State`; time: see there too.
    cell: about where in the journey each is, below `cells`.
    pool: those that may be controls of whoever is not exposed yet; standing: how many each stands for. person, until,
    corner, lot: of the pool, whose it is, the first row at which an exposure may lie, its cell, and its lot.
    below, place: for each key that a moment may have, how many moments have a smaller one, and the place in the pool
    of the moment that has it, -1 for none.
    """

    moments: Moments
    table: Codes
    known: Sequence[Feature]
    time: Int64
    cell: Codes
    cells: int
    pool: Int64
    standing: Float64
    person: Int64
    until: Int64
    corner: Int64
    lot: Float64
    below: Int64
    place: Int32


def make_lens(tape: Tape, plan: Plan, steps: Sequence[KeyStep], stages: Sequence[KeyStep]) -> Lens:
    """The moments of the sort that the plan's exposures are of."""
    check()
    moments = find_moments(tape, plan)
    state = state_at(tape, moments, plan, steps, stages)
    cell, cells = _cells(state)
    control = np.flatnonzero(moments.control)
    pool, often = _pool(control, cell, cells, lots(*whose(tape, moments, control)))
    row = moments.row[pool]
    below = np.zeros(2 * tape.none + 1, dtype=np.int64)
    below[moments.key + 1] = 1
    place = np.full(2 * tape.none + 2, -1, dtype=np.int32)
    place[moments.key[pool]] = np.arange(len(pool))
    known = lasting(state, len(stages))
    columns = [*(feature.codes for feature in known), state.where, *state.seen]
    return Lens(
        moments=moments,
        table=np.stack(columns, axis=1),
        known=[replace(feature, codes=np.empty(0, dtype=np.uint8)) for feature in known],
        time=state.time,
        cell=cell,
        cells=cells,
        pool=pool,
        standing=tape.scale[tape.person[row]] * often,
        person=tape.person[row],
        until=row + moments.after[pool],
        corner=cell[pool].astype(np.int64),
        lot=lots(*whose(tape, moments, pool)),
        below=np.cumsum(below),
        place=place,
    )


def _cells(state: State) -> tuple[Codes, int]:
    """Where somebody is, which of the first key steps they took, and whether in the first, second or a later visit."""
    cell, cells = state.where.copy(), HERE + 2
    for seen in state.seen[:HERE]:
        cell, cells = cell * np.uint8(2) + seen, cells * 2
    visit = (np.clip(state.visits, 1, VISITS) - 1).astype(np.uint8)
    return cell * np.uint8(VISITS) + visit, cells * VISITS


def _pool(control: Int64, cell: Codes, cells: int, lot: Float64) -> tuple[Int64, Float64]:
    """Controls enough, from cells that are rare as many as from common ones, and how many each stands for."""
    if len(control) <= MOST_POOL:
        return control, np.ones(len(control))
    count = np.bincount(cell[control], minlength=cells)
    return spread(control, cell[control], count, count > 0, MOST_POOL, lot)


def spread(
    places: Int64, cell: Codes | Int64, count: Int64, like: Bool | Int64, most: int, lot: Float64
) -> tuple[Int64, Float64]:
    """About `most` of the places, and how many each stands for.

    Args:
        cell: of each place. count: how many places each cell has. like: what half of those drawn are shared out by,
            a number a cell; the other half is drawn evenly. lot: of each place.
    """
    wanted = most / 2 * (count / max(int(count.sum()), 1) + like / max(int(np.sum(like)), 1))
    chance = np.minimum(wanted / np.maximum(count, 1), 1.0)
    kept = np.flatnonzero(lot < chance.take(cell))
    return places.take(kept), 1 / chance.take(cell.take(kept))


def features_of(lens: Lens, cases: int, pick: Int64, steps: Sequence[int]) -> list[Feature]:
    """The features of some moments, the first `cases` of which are exposures, by some of the key steps only."""
    # Being at a step that does not count here is being anywhere after a row.
    known = np.array([0] + [1] * (HERE + 1), dtype=np.uint8)
    for at, step in enumerate(steps[:HERE]):
        if step < HERE:
            known[2 + step] = 2 + at
    codes = np.ascontiguousarray(lens.table.take(pick, axis=0).T)
    lasting = [replace(feature, codes=column) for feature, column in zip(lens.known, codes, strict=False)]
    where, *seen = codes[len(lasting) :]
    return with_steps(lasting, known[where], [seen[step] for step in steps], lens.time[pick], np.arange(cases))
