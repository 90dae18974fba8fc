"""The stages over time."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.text import T
from collector.reports.local_days import Periods
from collector.reports.stage_states import until
from collector.reports.stages.blocks import EMPTY, STAGE
from collector.reports.stages.counts import Counts
from collector.reports.stages.people import behind


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
            STAGE,
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
        empty=EMPTY,
    )
