"""A question broken down by segment: asked once of everybody, and once of each saved segment.

Segments may overlap, and so no event belongs to one of them as it belongs to a channel: whoever is in two of them is in
both rows, and the rows need not add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.people import Fact
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report

NAME = "segment"
MOST = 30
# What stands beside a number and is not the number.
_BESIDE = ("previous", "change", "low", "high")
_NOTE = T("One person may be in several segments, so that the rows need not add up.")


def by_segment(report: Report, journeys: Journeys, query: Query) -> Result:
    """The answer of everybody with a block `by_segment`: a row a segment of its numbers, else its first table's rows.

    Raises:
        UserError: no segment is saved, or too many are.
    """
    names = list(query.site.segments)
    if not names:
        raise UserError("No segment is saved yet.", "Save one, then break down by segment.")
    if len(names) > MOST:
        raise UserError(f"There are {len(names)} segments.", f"At most {MOST} are compared: ask of one of them alone.")
    whole = report.run(journeys, replace(query, by=None))
    each = []
    for name in names:
        check()
        asked = replace(query, by=None, where=(*query.where, Fact("segment", name)))
        each.append((name, report.run(journeys, asked)))
    block = _numbers(whole, each) if _number_blocks(whole) else _table(whole, each)
    return whole if block is None else replace(whole, blocks=[*whole.blocks, block])


def _number_blocks(result: Result) -> list[Block]:
    return [block for block in result.blocks if block.kind == "number" and block.rows]


def _numbers(whole: Result, each: Sequence[tuple[str, Result]]) -> Block:
    told = [
        (block, at, column)
        for block in _number_blocks(whole)
        for at, column in enumerate(block.columns)
        if column.name not in _BESIDE
    ]
    several = Counter(block.id for block, _, _ in told)
    columns = [
        replace(column, name=block.id, label=block.title)
        if several[block.id] == 1
        else replace(column, name=f"{block.id}_{column.name}")
        for block, _, column in told
    ]
    rows: list[Sequence[Cell]] = []
    for name, result in each:
        found = {block.id: block.rows[0] for block in _number_blocks(result)}
        rows.append([name, *(found[block.id][at] if block.id in found else None for block, at, _ in told)])
    return _block(columns, rows)


def _table(whole: Result, each: Sequence[tuple[str, Result]]) -> Block | None:
    first = next((block for block in whole.blocks if not _lists_people(block)), None)
    if first is None:
        return None
    rows: list[Sequence[Cell]] = []
    for name, result in each:
        found = next((block for block in result.blocks if block.id == first.id), None)
        rows += [[name, *row] for row in (found.rows if found else ())]
    return _block(list(first.columns), rows)


def _lists_people(block: Block) -> bool:
    return any(column.unit == "person" for column in block.columns)


def _block(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Block:
    return Block(
        "by_segment",
        "table",
        T("By segment"),
        (Column(NAME, T("Segment")), *columns),
        rows,
        draw={"link": NAME, "wide": True},
        links=[((NAME, str(row[0])),) for row in rows],
        note=_NOTE,
        empty=T("Nobody is in a segment."),
    )
