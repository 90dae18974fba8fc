"""People by stage, and the moves between stages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T
from collector.reports.stages.counts import Counts
from collector.reports.stages.people import ANYWHERE, behind

EMPTY = T("Nobody is in a stage yet.")
STAGE = Column("stage", T("Stage"))


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
            STAGE,
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
        empty=EMPTY,
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
            "order": names,
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
