"""The answer as blocks: every model side by side, the commonest paths, how long they are and how long they take."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.core.times import SECOND
from collector.journeys.part import Int16
from collector.reports.attribution.answer import Answer, Link
from collector.reports.attribution.sequences import (
    MOST_TOUCHES,
    argument,
    commonest,
    numbered,
    sequence,
    table,
    written,
)
from collector.reports.scope import share
from collector.reports.stats import quantile

MOST_PATHS = 20


def summary_block(answer: Answer) -> Block:
    """How many conversions there were, what they were worth, how they came about, and how many people never did."""
    length, lag = answer.length, answer.lag
    cells: list[tuple[Column, Cell, Link | None]] = [
        (Column("conversions", T("Conversions"), "count"), answer.paths.count, answer.link("all")),
    ]
    if answer.valued:
        cells.append((Column("revenue", T("Revenue"), "money"), float(np.nansum(answer.worth)), None))
    if answer.costs:
        cells.append((Column("cost", T("Ad costs"), "money"), answer.costs.total, None))
    took = quantile(lag[lag >= 0], 0.5)
    cells += [
        (Column("median_touches", T("Median touches"), "number"), quantile(length[length > 0], 0.5), None),
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
    rows = [table(one.runs) for one in found]
    whole = np.concatenate(rows) if rows else np.empty((0, 1), dtype=np.int16)
    number = numbered(whole)
    every = np.concatenate([one.many for one in found]) if found else np.empty(0, dtype=np.int64)
    top, many, different = commonest(number, every, MOST_PATHS)
    # Which of those shown each path is, and with it each conversion's, if any.
    rank = np.full(len(number), MOST_PATHS, dtype=np.int8)
    order = np.argsort(top)
    if len(top):
        near = np.minimum(np.searchsorted(top[order], number), len(top) - 1)
        np.copyto(rank, order.astype(np.int8)[near], where=top[order][near] == number)
    ends = np.cumsum([0, *map(len, rows)]).tolist()
    place = [rank[start:end][one.path] for one, (start, end) in zip(found, pairwise(ends), strict=True)]
    shown = np.concatenate(place) if place else rank
    told: list[list[Cell]] = []
    links = []
    worth, lag, length = answer.worth, answer.lag, answer.length
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
        of = np.flatnonzero(shown == at)
        path = sequence(whole[np.argmax(rank == at)])
        took = quantile(lag[of][lag[of] >= 0], 0.5)
        told.append(
            [
                written(answer, path),
                count,
                share(count, answer.paths.count),
                quantile(length[of], 0.5),
                None if took is None else took / SECOND,
                *([float(np.nansum(worth[of]))] if answer.valued else []),
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
        note=_paths_note(different, whole),
        empty=T("Nobody converted in this range."),
    )


def _paths_note(different: int, whole: Int16) -> Text | None:
    if different > MOST_PATHS:
        return T("The {n} commonest of {all} different paths.", n=MOST_PATHS, all=different)
    if len(whole) and whole[:, -1].any():
        return T("Paths of more than {n} touches count by their last {n} and begin with “…”.", n=MOST_TOUCHES)
    return None


def untouched(answer: Answer) -> int:
    """How many conversions had no touch."""
    return sum(int(one.many[one.runs.length == 0].sum()) for one in answer.paths.found)
