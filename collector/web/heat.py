"""Grids as heat tables: one row a cell turned into a table of rows and columns, each cell with a step of colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from collector.core.blocks import Block, Cell
from collector.web import format as shown
from collector.web.cells import CellView
from collector.web.figures import finite
from collector.web.hints import as_names, place_of
from collector.web.language import gettext

TONES = 8
_BLANK = CellView("", True)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: its words, its step of colour (None where it has no number), and whether its time is not over."""

    view: CellView
    tone: int | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A row's label and size, and its cells in the order of the columns."""

    label: CellView
    size: CellView | None
    pooled: bool
    cells: Sequence[HeatCell]


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat table: headings, rows, and what the ends of its colours stand for."""

    y: str
    x: str
    size: str
    heads: Sequence[str]
    rows: Sequence[HeatRow]
    least: str
    most: str
    open: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of a grid's roles stand."""

    y: int
    x: int
    value: int
    link: int | None
    tone: int
    size: int | None
    open: int | None
    more: Sequence[int]


def heat(block: Block, drawn: Sequence[Sequence[CellView]]) -> Heat | None:
    """The grid as a table; `drawn` are its cells in words. None where it has no rows or does not say its roles."""
    at = _places(block)
    if at is None or not block.rows:
        return None
    pooled = block.draw.get("pooled")
    by_row: dict[Cell, dict[Cell, int]] = {}
    for number, row in enumerate(block.rows):
        by_row.setdefault(row[at.y], {})[row[at.x]] = number
    xs = _ordered([row[at.x] for row in block.rows])
    ys = _ordered([y for y in by_row if y != pooled])
    low, high = _scale(block, at, xs)
    rows = []
    for y in ([pooled] if pooled in by_row else []) + ys:
        places = by_row[y]
        first = drawn[next(iter(places.values()))]
        label = replace(first[at.y], text=gettext(str(y))) if y == pooled else first[at.y]
        cells = [
            _cell(block, at, drawn, places[x], label.text, low, high) if x in places else HeatCell(_BLANK) for x in xs
        ]
        rows.append(HeatRow(label, None if at.size is None else first[at.size], y == pooled, cells))
    heads = {row[at.x]: words[at.x].text for row, words in zip(block.rows, drawn, strict=True)}
    unit = block.columns[at.tone].unit
    return Heat(
        y=shown.text(block.columns[at.y].label),
        x=shown.text(block.columns[at.x].label),
        size="" if at.size is None else shown.text(block.columns[at.size].label),
        heads=[heads[x] for x in xs],
        rows=rows,
        least=shown.cell(low, unit, UTC),
        most=shown.cell(high, unit, UTC),
        open=any(cell.open for row in rows for cell in row.cells),
    )


def _places(block: Block) -> _Places | None:
    y, x, value = (place_of(block, hint) for hint in ("y", "x", "value"))
    if y is None or x is None or value is None:
        return None
    link, tone, size, open_ = (place_of(block, hint) for hint in ("link", "tone", "size", "open"))
    hidden = as_names(block.draw.get("unseen"))
    said = {y, x, value, size, open_}
    more = [at for at, column in enumerate(block.columns) if at not in said and column.name not in hidden]
    behind = None if link in (y, x, size) else link
    return _Places(y, x, value, behind, value if tone is None else tone, size, open_, more)


def _ordered(values: Sequence[Cell]) -> list[Cell]:
    """Each value once: numbers and ISO days in their order, others as they came."""
    once = list(dict.fromkeys(values))
    if all(isinstance(value, int | float) for value in once) or all(_is_day(value) for value in once):
        return sorted(once)  # type: ignore[type-var]
    return once


def _is_day(value: Cell) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[:4].isdigit() and value[4] == value[7] == "-"


def _scale(block: Block, at: _Places, xs: Sequence[Cell]) -> tuple[float, float]:
    """The ends of the colours. A first column of 100 % throughout, as all of a cohort are at its start, says nothing
    and would leave the others pale."""
    known = [(row[at.x], value) for row in block.rows if (value := finite(row[at.tone])) is not None]
    rest = [value for x, value in known if x != xs[0]]
    whole = block.columns[at.tone].unit == "ratio" and all(value == 1 for x, value in known if x == xs[0])
    values = rest if rest and whole else [value for _, value in known]
    return min([0.0, *values]), max([0.0, *values])


def _cell(
    block: Block, at: _Places, drawn: Sequence[Sequence[CellView]], row: int, label: str, low: float, high: float
) -> HeatCell:
    cells, value = drawn[row], finite(block.rows[row][at.tone])
    undone = at.open is not None and bool(block.rows[row][at.open])
    tone = None
    if value is not None:
        share = (value - low) / (high - low) if high > low else float(value > high)
        tone = min(TONES - 1, math.ceil(share * (TONES - 1)))
    words = [f"{shown.text(block.columns[place].label)}: {cells[place].text}" for place in (at.value, *at.more)]
    whole = "\n".join([f"{label} · {cells[at.x].text}", *words, *([gettext("Not over yet")] if undone else [])])
    text = "" if block.rows[row][at.value] is None else cells[at.value].text
    view = replace(cells[at.value], text=text, whole=whole, href=_href(block.rows[row], at, cells))
    return HeatCell(view, tone, undone)


def _href(row: Sequence[Cell], at: _Places, cells: Sequence[CellView]) -> str:
    """Where a cell leads. A share opens those that its row counts, if there is anybody."""
    if cells[at.value].href or at.link is None or not row[at.link]:
        return cells[at.value].href
    return cells[at.link].href
