"""The answer as blocks: every model side by side, the commonest paths, how long they are and how long they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.core.times import SECOND
from collector.journeys.part import Int16, Int64
from collector.reports.attribution.answer import Answer, Link
from collector.reports.attribution.paths import Conversions
from collector.reports.attribution.sequences import (
    MOST_TOUCHES,
    argument,
    commonest,
    numbered,
    sequence,
    tables,
    written,
)
from collector.reports.scope import share
from collector.reports.stats import quantile_of_counts, quantile_of_pieces
from collector.reports.threads import each

MOST_PATHS = 20
Number = TypeVar("Number", np.int64, np.float64)


def summary_block(answer: Answer) -> Block:
    """How many conversions there were, what they were worth, how they came about, and how many people never did."""
    found = answer.paths.found
    cells: list[tuple[Column, Cell, Link | None]] = [
        (Column("conversions", T("Conversions"), "count"), answer.paths.count, answer.link("all")),
    ]
    if answer.valued:
        cells.append((Column("revenue", T("Revenue"), "money"), answer.revenue, None))
    if answer.costs:
        cells.append((Column("cost", T("Ad costs"), "money"), answer.costs.total, None))
    took = quantile_of_pieces([touched(one.lag) for one in found], 0.5)
    touches = _lengths([(one.runs.length, one.many) for one in found])
    touches[:1] = 0
    cells += [
        (Column("median_touches", T("Median touches"), "number"), quantile_of_counts(touches, 0.5), None),
        (
            Column("median_seconds", T("Median time"), "seconds", T("From the first touch to the conversion.")),
            None if took is None else took / SECOND,
            None,
        ),
        (
            Column("unconverted", T("Not converted"), "count", T("People touched in the range who did not convert.")),
            sum(len(persons) for _, persons in answer.paths.unconverted),
            answer.link("unconverted"),
        ),
    ]
    return Block(
        id="summary",
        kind="number",
        title=T("Conversions"),
        columns=[column for column, _, _ in cells],
        rows=[[cell for _, cell, _ in cells]],
        draw={"cell_links": {column.name: [link] for column, _, link in cells if link is not None}},
    )


def paths_block(answer: Answer) -> Block:
    """The commonest paths."""
    found = answer.paths.found
    rows = tables([one.sequences.runs for one in found])
    number = numbered(rows)
    ends = np.cumsum([0, *(len(one.sequences.many) for one in found)]).tolist()
    counts = np.concatenate([one.sequences.many for one in found]) if found else number
    top, many, different = commonest(number, counts, MOST_PATHS)
    # Which of those shown each sequence is, if any, and with it each path that has it.
    rank = np.full(len(number), MOST_PATHS, dtype=np.int8)
    order = np.argsort(top)
    if len(top):
        near = np.minimum(np.searchsorted(top[order], number), len(top) - 1)
        np.copyto(rank, order.astype(np.int8)[near], where=top[order][near] == number)
    ranks = [rank[start:end][one.sequence] for one, (start, end) in zip(found, pairwise(ends), strict=True)]
    lags = _by_rank(ranks, found, lambda one: one.lag)
    worths = _by_rank(ranks, found, lambda one: one.worth) if answer.valued else []
    told: list[list[Cell]] = []
    links = []
    columns = [
        Column("path", T("Path")),
        Column("conversions", T("Conversions"), "count"),
        Column("share", T("Share"), "ratio"),
        Column("touches", T("Touches"), "number", T("The median, where longer ones are taken together.")),
        Column("median_seconds", T("Median time"), "seconds", T("From the first touch to the conversion.")),
    ]
    if answer.valued:
        columns.append(Column("revenue", T("Revenue"), "money"))
    for at, count in enumerate(many.tolist()):
        path = sequence(rows[np.argmax(rank == at)])
        took = quantile_of_pieces([touched(lag) for lag in lags[at]], 0.5)
        touches: float | None = float(len(path.codes))
        if path.longer:
            of = [(one.runs.length[mine == at], one.many[mine == at]) for one, mine in zip(found, ranks, strict=True)]
            touches = quantile_of_counts(_lengths(of), 0.5)
        told.append(
            [
                written(answer, path),
                count,
                share(count, answer.paths.count),
                touches,
                None if took is None else took / SECOND,
                *([float(np.nansum(np.concatenate(worths[at])))] if answer.valued else []),
            ]
        )
        links.append(answer.link("path", argument(answer, path)))
    return Block(
        id="paths",
        kind="bars",
        title=T("Paths to conversion"),
        columns=columns,
        rows=told,
        draw={"x": "path", "y": "conversions", "link": "conversions", "wide": True},
        links=links,
        note=_paths_note(different, rows),
        empty=T("Nobody converted in this range."),
    )


def _by_rank(
    ranks: Sequence[NDArray[np.int8]], found: Sequence[Conversions], read: Callable[[Conversions], NDArray[Number]]
) -> list[list[NDArray[Number]]]:
    """What is read of each conversion, by the rank of its path: for each rank shown an array for each piece."""

    def told(piece: tuple[NDArray[np.int8], Conversions]) -> list[NDArray[Number]]:
        shown = np.repeat(piece[0], piece[1].many)
        inner: list[int] = np.cumsum(np.bincount(shown, minlength=MOST_PATHS)[:MOST_PATHS]).tolist()
        ordered = read(piece[1])[np.argsort(shown, kind="stable")]  # of numbers as narrow as these it counts them
        return [ordered[start:end] for start, end in pairwise([0, *inner])]

    pieces = each(told, list(zip(ranks, found, strict=True)))
    return [[piece[at] for piece in pieces] for at in range(MOST_PATHS)]


def touched(lag: Int64) -> Int64:
    """The times of those conversions that had a touch."""
    there = lag >= 0
    return lag if there.all() else lag[there]


def _lengths(paths: Sequence[tuple[Int64, Int64]]) -> Int64:
    """How many conversions had how many touches, of paths with their lengths and how many conversions each led to."""
    longest = max((int(length.max(initial=0)) for length, _ in paths), default=0)
    found = np.zeros(longest + 1, dtype=np.int64)
    for length, many in paths:
        found += np.bincount(length, many, longest + 1).astype(np.int64)
    return found


def _paths_note(different: int, rows: Int16) -> Text | None:
    if different > MOST_PATHS:
        return T("The {n} commonest of {all} different paths.", n=MOST_PATHS, all=different)
    if rows[:, -1].any():
        return T("Paths of more than {n} touches count by their last {n} and begin with “…”.", n=MOST_TOUCHES)
    return None


def untouched(answer: Answer) -> tuple[int, float]:
    """How many conversions had no touch, and what they are worth together."""
    many, worth = 0, 0.0
    for one in (piece.sequences for piece in answer.paths.found):
        none = one.runs.length == 0
        many += int(one.many[none].sum())
        worth += float(one.worth[none].sum()) if one.worth is not None else 0.0
    return many, worth
