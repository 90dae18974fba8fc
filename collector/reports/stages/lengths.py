"""How long stages take: those who went on, those who have not yet, and who is stuck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T
from collector.core.times import SECOND
from collector.reports.stages.blocks import EMPTY, STAGE
from collector.reports.stages.counts import EDGES, Counts
from collector.reports.stages.people import behind
from collector.reports.stats import quantile

LENGTHS = (
    T("under an hour"),
    T("under a day"),
    T("1 to 3 days"),
    T("3 to 7 days"),
    T("1 to 2 weeks"),
    T("2 to 4 weeks"),
    T("1 to 3 months"),
    T("longer"),
)


def time_block(query: Query, stages: Sequence[Stage], counts: Counts) -> Block:
    """How long each stage took those who went on, and how long those who have not gone on are in it."""
    rows: list[list[Cell]] = []
    for at, limit in enumerate(counts.limits):
        done, still = counts.gone[at], counts.waiting[at]
        if stages[at].quiet or not (len(done) or len(still)):
            continue
        stuck = None if limit is None else int(np.count_nonzero(still > limit))
        ends = [_seconds(quantile(one, 0.5)) for one in (done, still)]
        last = at + 1 == len(stages) or stages[at + 1].quiet > 0
        rows.append(
            [stages[at].name, None if last else len(done), ends[0], _seconds(limit), len(still), ends[1], stuck]
        )
    places = [at for at, one in enumerate(stages) if one.name in {str(row[0]) for row in rows}]
    return Block(
        "time",
        "table",
        T("How long each stage takes"),
        (
            STAGE,
            Column("went_on", T("Went on"), "count", T("Came into a further stage in the range.")),
            Column("median", T("Half within"), "seconds", T("Median time in the stage, of those who went on.")),
            Column("p90", T("Nine of ten within"), "seconds", T("Of those who went on; from ten people on.")),
            Column("still", T("Still in it"), "count", T("At the end of the range, and not silent.")),
            Column("so_far", T("For (median)"), "seconds", T("How long those are in it so far.")),
            Column("stuck", T("Stuck"), "count", T("In it for longer than nine of ten of those who went on.")),
        ),
        rows,
        draw={
            "link": "went_on",
            "cell_links": {
                "still": [behind(query, "in", at) for at in places],
                "stuck": [behind(query, "stuck", at) for at in places],
            },
        },
        links=[None if row[1] is None else behind(query, "went_on", at) for at, row in zip(places, rows, strict=True)],
        note=T("Who has not gone on yet is not in the times of those who did."),
        empty=EMPTY,
    )


def spread_block(query: Query, stages: Sequence[Stage], counts: Counts) -> Block:
    """The lengths of the stays of those who went on, in classes."""
    rows: list[list[Cell]] = []
    links = []
    sizes = []
    for at, lengths in enumerate(counts.gone):
        if not len(lengths):
            continue
        classes = np.bincount(np.searchsorted(EDGES, lengths, "right"), minlength=len(LENGTHS)).tolist()
        for place, people in enumerate(classes):
            rows.append([stages[at].name, len(lengths), str(LENGTHS[place]), people, people / len(lengths)])
            links.append(behind(query, "went_on", at, str(place)))
            sizes.append(behind(query, "went_on", at))
    return Block(
        "spread",
        "grid",
        T("Time until the next stage"),
        (
            STAGE,
            Column("size", T("Went on"), "count"),
            Column("length", T("After"), "label"),
            Column("people", T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows,
        draw={
            "y": "stage",
            "x": "length",
            "value": "share",
            "size": "size",
            "link": "people",
            "cell_links": {"size": sizes},
        },
        links=links,
        empty=T("Nobody went on to a further stage in this time."),
    )


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / SECOND
