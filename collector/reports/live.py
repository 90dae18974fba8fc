"""Live: who is on the site now, and the latest thing they did; small, so that a page can ask it every few seconds."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.query import Query
from collector.core.text import T, Value
from collector.core.times import MINUTE
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.counted import told
from collector.reports.scope import choose

LIVE = 5 * MINUTE
LIVE_ROWS = 50


def live_blocks(journeys: Journeys, query: Query) -> list[Block]:
    """Who did something in the last five minutes, and the latest thing they did."""
    found: list[tuple[int, int, int, int]] = []
    for part in journeys.each():
        chosen = choose(journeys, part, query)
        rows = np.flatnonzero((part.time > query.now - LIVE) & (part.time <= query.now))
        rows = rows[chosen[part.person[rows]] & part.counted(query.include_bots, rows)]
        last = rows[np.flatnonzero(np.append(np.diff(part.person[rows]) != 0, True))] if len(rows) else rows
        for row in last.tolist():
            code = int(part.persons[part.person[row]])
            found.append((int(part.time[row]), code, int(part.kind[row]), int(part.page[row])))
    found.sort(key=lambda row: (-row[0], row[1]))
    shown = found[:LIVE_ROWS]
    names = journeys.people.keys([code for _, code, _, _ in shown])
    rows_: list[list[Cell]] = []
    for time, code, number, page in shown:
        kind = journeys.kinds[number]
        path = journeys.pages.get(page, ("", ""))[1]
        rows_.append([names.get(code, ""), time, kind.type, kind.name, path])
    columns = (
        Column("person", T("Visitor"), "person"),
        Column("time", T("When"), "time"),
        Column("type", T("Type")),
        Column("name", T("What")),
        Column("page", T("Page")),
    )
    number_column = (Column("value", T("On the site now"), "count", T("People with an event in the last 5 minutes.")),)
    rest = len(found) - len(shown)
    return [
        Block("live_people", "number", T("On the site now"), number_column, [[len(found)]]),
        Block(
            "live",
            "table",
            T("On the site now"),
            columns,
            rows_,
            note=told(rest, T("One more person is on the site."), T("{n} more people are on the site."))
            if rest
            else None,
            empty=T("Nobody did anything in the last five minutes."),
        ),
    ]


def run(journeys: Journeys, query: Query) -> Result:
    """The people on the site at this moment; the range does not matter."""
    blocks = live_blocks(journeys, query)
    people = blocks[0].rows[0][0]
    headline = (
        T("One person is on the site.") if people == 1 else T("{n} people are on the site.", n=Value(people, "count"))
    )
    return Result(blocks, journeys.as_of, headline)


REPORT = Report(
    name="live",
    title=T("On the site now"),
    summary=T("Who did something in the last five minutes, and what they did last."),
    params=(),
    run=run,
    example={},
    menu=15,
    people=False,
)
