"""What the report shows: people by stage, moves, how long stages take, and the stages over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T
from collector.core.times import SECOND
from collector.reports.local_days import Periods
from collector.reports.stage_states import until
from collector.reports.stages.counts import EDGES, Counts
from collector.reports.stages.people import ANYWHERE, behind
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
_EMPTY = T("Nobody is in a stage yet.")
_STAGE = Column("stage", T("Stage"))


def now_block(query: Query, stages: Sequence[Stage], counts: Counts) -> Block:
    """A bar a stage: who is in it at the end of the range, who was at its beginning, who came and left."""
    whole = int(counts.now.sum())
    entered, left = counts.moved.sum(axis=0).tolist(), counts.moved.sum(axis=1)[1:].tolist()
    before, now = counts.before.tolist(), counts.now.tolist()
    shown = bool(whole or sum(before) or sum(entered))
    rows: list[list[Cell]] = [
        [one.name, now[at], now[at] / whole if whole else None, before[at], entered[at], left[at]]
        for at, one in enumerate(stages)
        if shown
    ]
    places = range(len(rows))
    return Block(
        "now",
        "bars",
        T("People in each stage now") if query.end > query.now else T("People in each stage at the end"),
        (
            _STAGE,
            Column("people", T("People"), "count"),
            Column("share", T("Share"), "ratio", T("Of all who are in a stage.")),
            Column("before", T("At the beginning"), "count", T("Who was in it when the range began.")),
            Column("entered", T("Came"), "count", T("In the range; again after a silence counts again.")),
            Column("left", T("Left"), "count", T("In the range, to a further stage, by silence or out of it.")),
        ),
        rows,
        draw={
            "y": "people",
            "link": "people",
            "cell_links": {
                "before": [behind(query, "before", at) for at in places],
                "entered": [behind(query, "moved", at) for at in places],
                "left": [behind(query, "moved", None, str(at + 1)) for at in places],
            },
        },
        links=[behind(query, "in", at) for at in places],
        empty=_EMPTY,
    )


def flow_block(query: Query, stages: Sequence[Stage], counts: Counts) -> Block:
    """The moves between stages in the range."""
    names = [ANYWHERE, *(one.name for one in stages)]
    pairs = [(int(one), int(other)) for one, other in zip(*np.nonzero(counts.moved), strict=True)]
    leaving = len(stages) if stages[-1].quiet else 0
    return Block(
        "flow",
        "flow",
        T("Moves between stages"),
        (
            Column("step", T("Step"), "count"),
            Column("from", T("From")),
            Column("to", T("To")),
            Column("moves", T("Moves"), "count"),
            Column("silent", T("Fell silent"), "bool"),
        ),
        [[0, names[one], names[to + 1], int(counts.moved[one, to]), to + 1 == leaving] for one, to in pairs],
        draw={
            "layer": "step",
            "from": "from",
            "to": "to",
            "value": "moves",
            "muted": "silent",
            "unseen": ["step"],
            "link": "moves",
            "cell_links": {
                "from": [behind(query, "moved", None, str(one)) for one, _ in pairs],
                "to": [behind(query, "moved", to) for _, to in pairs],
            },
        },
        links=[behind(query, "moved", to, str(one)) for one, to in pairs],
        empty=T("Nobody moved in this time."),
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
            _STAGE,
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
        links=[behind(query, "went_on", at) for at in places],
        note=T("Who has not gone on yet is not in the times of those who did."),
        empty=_EMPTY,
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
            _STAGE,
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


def over_time_block(query: Query, stages: Sequence[Stage], counts: Counts, periods: Periods) -> Block:
    """People in each stage at the end of every period."""
    rows: list[list[Cell]] = []
    links = []
    shown = [at for at in range(len(stages)) if counts.over[:, at].any()]
    for number, first in enumerate(periods.first):
        unfinished = bool(periods.ends[number] > until(query))
        for at in shown:
            rows.append([first.isoformat(), stages[at].name, int(counts.over[number, at]), unfinished])
            links.append(behind(query, "in", at, first.isoformat()))
    return Block(
        "over_time",
        "series",
        T("Stages over time"),
        (
            Column("date", {"day": T("Day"), "week": T("Week"), "month": T("Month")}[periods.unit], "date"),
            _STAGE,
            Column("people", T("People"), "count", T("In the stage when the period ended.")),
            Column("unfinished", T("Unfinished"), "bool"),
        ),
        rows,
        draw={
            "x": "date",
            "y": ["people"],
            "group": "stage",
            "as": "bars",
            "stack": True,
            "open": "unfinished",
            "link": "people",
        },
        links=links,
        empty=_EMPTY,
    )


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / SECOND
