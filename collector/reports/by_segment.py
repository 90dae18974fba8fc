"""A question broken down by segment: asked once of everybody, and once of each saved segment.

Segments may overlap, and so no event belongs to one of them as it belongs to a channel: whoever is in two of them is in
both rows, and the rows need not add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.deadline import Stopped, check
from collector.core.errors import UserError
from collector.core.people import Fact
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report

NAME = "segment"
MOST = 30
# Whose pages offer it: asked of each segment they are soon ready, and tell something of a segment in a row.
OFFERED = frozenset(("overview", "scorecard", "lifecycle", "stages", "paths", "attribution", "aha", "before-after"))
Told: TypeAlias = tuple[Sequence[Column], list[Sequence[Cell]]]
# What stands beside a number and is not the number.
_BESIDE = ("previous", "change", "low", "high")
_LISTING = ("people", "at", "group", "subset", "within", "next")
_NOTE = T("One person may be in several segments, so that the rows need not add up.")


def by_segment(report: Report, journeys: Journeys, query: Query) -> Result:
    """The answer of everybody with a block `by_segment`: a row a segment of its numbers, else its first table's rows.

    Raises:
        UserError: no segment is saved, or too many are; or a second property is given.
    """
    if query.values.get("across"):
        raise UserError("Segments are not paired with a property.", "Take one of the two, or ask of one segment alone.")
    names = list(query.site.segments)
    if not names:
        raise UserError("No segment is saved yet.", "Save one, then break down by segment.")
    if len(names) > MOST:
        raise UserError(f"There are {len(names)} segments.", f"At most {MOST} are compared: ask of one of them alone.")
    whole = report.run(journeys, replace(query, by=None))
    # A list of people is of everybody: what it names, of a segment, there may not be.
    unlisted = {**query.values, **{one.name: one.default for one in report.params if one.name in _LISTING}}
    each, notes = [], list(whole.notes)
    for name in names:
        check()
        asked = replace(query, by=None, values=unlisted, where=(*query.where, Fact("segment", name)))
        try:
            each.append((name, report.run(journeys, asked)))
        except Stopped:
            raise
        except UserError as error:
            notes.append(T("{why}", why=str(error)))  # it names what there is no more; the others have their rows
    whole = replace(whole, notes=notes)
    told = _numbers(whole, each) if _number_blocks(whole) else _table(whole, each)
    return whole if told is None else replace(whole, blocks=[*whole.blocks, _block(report, query, *told)])


def _number_blocks(result: Result) -> list[Block]:
    return [block for block in result.blocks if block.kind == "number" and block.rows]


def _numbers(whole: Result, each: Sequence[tuple[str, Result]]) -> Told:
    told = [
        (block, column) for block in _number_blocks(whole) for column in block.columns if column.name not in _BESIDE
    ]
    several = Counter(block.id for block, _ in told)
    columns = [
        replace(column, name=block.id, label=block.title)
        if several[block.id] == 1
        else replace(column, name=f"{block.id}_{column.name}")
        for block, column in told
    ]
    rows: list[Sequence[Cell]] = []
    for name, result in each:
        # By name, since of fewer people a report may leave some of its columns out.
        found = {
            (block.id, column.name): cell
            for block in _number_blocks(result)
            for column, cell in zip(block.columns, block.rows[0], strict=True)
        }
        rows.append([name, *(found.get((block.id, column.name)) for block, column in told)])
    return columns, rows


def _table(whole: Result, each: Sequence[tuple[str, Result]]) -> Told | None:
    first = next((block for block in whole.blocks if not _lists_people(block)), None)
    if first is None:
        return None
    rows: list[Sequence[Cell]] = []
    names = [column.name for column in first.columns]
    for name, result in each:
        for found in [block for block in result.blocks if block.id == first.id]:
            its = [column.name for column in found.columns]
            told = [dict(zip(its, row, strict=True)) for row in found.rows]
            rows += [[name, *(cells.get(one) for one in names)] for cells in told]
    return first.columns, rows


def _lists_people(block: Block) -> bool:
    return any(column.unit == "person" for column in block.columns)


def _block(report: Report, query: Query, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Block:
    kept = [pair for pair in query.arguments if pair[0] != "by"]
    as_filter = any(given == NAME for given, _ in kept)
    return Block(
        "by_segment",
        "table",
        T("By segment"),
        (Column(NAME, T("Segment")), *columns),
        rows,
        draw={"link": NAME, "wide": True},
        # The question of that row, with whatever else was asked.
        links=[
            (("report", report.name), *kept, ("where", f"{NAME}:{row[0]}") if as_filter else (NAME, str(row[0])))
            for row in rows
        ],
        note=_NOTE,
        empty=T("Nobody is in a segment."),
    )
