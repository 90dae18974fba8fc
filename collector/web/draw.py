"""Blocks made ready for templates: cells in words, bars and intervals as SVG numbers, series as data for the charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from collector.core.blocks import Block, Cell, Column
from collector.web import format as shown
from collector.web.figures import Interval, bar_widths, intervals
from collector.web.language import gettext
from collector.web.words import value_words

Row = Sequence[Cell]
LinkOf = Callable[[Sequence[tuple[str, str]]], str]
PersonLink = Callable[[str], str]
_TIGHT = frozenset(("time", "date", "bool"))
_TIGHT_NAMES = frozenset(("channel", "device", "type", "property"))


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading."""

    name: str
    label: str
    help: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: its words, where it leads, and how it stands.

    Attributes:
        numeric: right-aligned with tabular figures.
        tight: short enough to stay on one line.
        key: a name of somebody, cut where it is too long; the whole stands in its title.
        whole: what the words leave out, as a title.
    """

    text: str
    numeric: bool
    href: str = ""
    tight: bool = False
    tone: str = ""
    key: bool = False
    whole: str = ""

    @property
    def style(self) -> str:
        """The cell's class: numbers, names, short things that stay on one line, or words that may wrap."""
        return "num" if self.numeric else "key" if self.key else "tight" if self.tight else "words"


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its cells, the width of its bar in per cent, or its interval."""

    cells: Sequence[CellView]
    bar: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One number with what it is compared with."""

    label: str
    help: str
    value: CellView
    change: str
    up: bool
    more: Sequence[str]


@dataclass(frozen=True, slots=True)
class BlockView:
    """What `templates/blocks/` draws. `chart` is the data of a plot that the page's script draws, or None."""

    id: str
    kind: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[RowView]
    note: str
    empty: str
    csv: str
    json: str
    chart: dict[str, object] | None = None
    zero: float | None = None
    wide: bool = True
    cards: Sequence[Card] = ()
    next: tuple[str, str] | None = None
    dots: tuple[str, str] = ("", "")
    values: Sequence[Row] = field(default_factory=tuple)

    def only(self, *names: str) -> BlockView:
        """The same block with these columns in this order, where it has them, for a narrower place."""
        places = {head.name: at for at, head in enumerate(self.heads)}
        kept = [places[name] for name in names if name in places]
        rows = [replace(row, cells=[row.cells[at] for at in kept]) for row in self.rows]
        return replace(self, heads=[self.heads[at] for at in kept], rows=rows, wide=False)

    def together(self, name: str, other: str, label: str = "") -> BlockView:
        """The same block with the cells of `other` standing in those of `name`, to save a column."""
        names = [head.name for head in self.heads]
        if name not in names or other not in names:
            return self
        at, gone = names.index(name), names.index(other)
        heads = [replace(head, label=label or head.label) if head.name == name else head for head in self.heads]
        rows = []
        for row in self.rows:
            cells = list(row.cells)
            first, second = cells[at], cells[gone]
            if second.text not in (shown.EMPTY, first.text):
                words = gettext("%(one)s: %(more)s", one=first.text, more=second.text)
                cells[at] = replace(first, text=words, tight=False)
            rows.append(replace(row, cells=[one for place, one in enumerate(cells) if place != gone]))
        return replace(self, heads=[head for head in heads if head.name != other], rows=rows)

    def first(self, most: int) -> BlockView:
        """The same block with its first rows."""
        return replace(self, rows=self.rows[:most])

    def column(self, name: str) -> list[CellView]:
        """The cells of a column, empty where there is no such column."""
        at = next((at for at, head in enumerate(self.heads) if head.name == name), None)
        return [] if at is None else [row.cells[at] for row in self.rows]


def heading(column: Column) -> Head:
    """The heading of a column."""
    return Head(column.name, shown.text(column.label), shown.text(column.help), column.unit in shown.NUMERIC)


def view(block: Block, zone: tzinfo, link: LinkOf, person: PersonLink, csv: str, json: str, now: int) -> BlockView:
    """The block ready to be drawn.

    Args:
        now: ms UTC, to leave out of times what goes without saying.
        link: the address behind a row's query arguments. person: the address of a person's timeline by key.
        csv, json: addresses of the block's twins.
    """
    bars = bar_widths(block)
    lines, zero = intervals(block)
    unseen = as_names(block.draw.get("unseen"))
    seen = [at for at, column in enumerate(block.columns) if column.name not in unseen]
    drawn = [_cells(block, at, row, zone, link, person, now) for at, row in enumerate(block.rows)]
    rows = [
        RowView(
            [cells[place] for place in seen],
            bars[at] if bars else None,
            lines[at] if lines else None,
        )
        for at, cells in enumerate(drawn)
    ]
    return BlockView(
        id=block.id,
        kind=block.kind,
        title=shown.text(block.title),
        heads=[heading(block.columns[at]) for at in seen],
        rows=rows,
        note=shown.text(block.note, zone),
        empty=shown.text(block.empty, zone),
        csv=csv,
        json=json,
        chart=series(block, zone) if block.kind == "series" else None,
        cards=_cards(block, rows[0], zone) if block.kind == "number" and rows else (),
        next=_next(block),
        dots=(_label(block, "y"), _label(block, "other")),
        zero=zero,
        wide=block.kind in ("series", "number", "flow", "grid") or len(seen) > 5 or block.draw.get("wide") is True,
        values=block.rows,
    )


def _label(block: Block, hint: str) -> str:
    """The heading of the column that a hint names."""
    return next((shown.text(column.label) for column in block.columns if column.name == block.draw.get(hint)), "")


def _next(block: Block) -> tuple[str, str] | None:
    """The argument that asks for the following rows of a list that is read page by page."""
    found = block.draw.get("next")
    return (str(found[0]), str(found[1])) if isinstance(found, tuple | list) and len(found) == 2 else None


def _cards(block: Block, row: RowView, zone: tzinfo) -> list[Card]:
    """One number beside its change, or a number a column; the ends of an interval stand below their number."""
    main = [column for column in block.columns if column.name not in ("low", "high")]
    if len(main) == 1 or any(column.name == "change" for column in main):
        return [_compared(block, row, zone)]
    cards: list[Card] = []
    ends: list[str] = []
    for column, one in zip(block.columns, row.cells, strict=True):
        if column.name in ("low", "high") and cards:
            ends.append(one.text)
            if len(ends) == 2:
                between = gettext("%(low)s to %(high)s", low=ends[0], high=ends[1])
                cards[-1] = replace(cards[-1], more=[between])
            continue
        cards.append(Card(shown.text(column.label), shown.text(column.help), one, "", False, ()))
    return cards


def _compared(block: Block, row: RowView, zone: tzinfo) -> Card:
    change, up, more = "", False, []
    ends = [one.text for column, one in zip(block.columns, row.cells, strict=True) if column.name in ("low", "high")]
    if len(ends) == 2:
        more.append(gettext("%(low)s to %(high)s", low=ends[0], high=ends[1]))
    for column, value, one in zip(block.columns[1:], block.rows[0][1:], row.cells[1:], strict=True):
        if value is None or value == "" or column.name in ("low", "high"):
            continue
        if column.name == "change" and isinstance(value, int | float):
            up = value > 0
            sign = "+" if up and column.unit != "points" else ""
            change = sign + shown.cell(value, column.unit, zone)
        else:
            more.append(f"{shown.text(column.label)} {one.text}")
    return Card(shown.text(block.title), shown.text(block.columns[0].help), row.cells[0], change, up, more)


def _cells(block: Block, at: int, row: Row, zone: tzinfo, link: LinkOf, person: PersonLink, now: int) -> list[CellView]:
    behind = block.links[at] if at < len(block.links) else None
    linked = linked_column(block) if behind else None
    own = block.draw.get("cell_links")
    cells = []
    for place, (value, column) in enumerate(zip(row, block.columns, strict=True)):
        href = ""
        if column.unit == "person" and value:
            href = person(str(value))
        elif behind and place == linked:
            href = link(behind)
        elif isinstance(own, dict) and column.name in own and value:
            href = link(own[column.name][at])
        words, whole = _words(block, row, column, value, zone, now)
        tone = ("good" if value else "warn") if column.name == "ok" and isinstance(value, bool) else ""
        tight = column.unit in _TIGHT or column.name in _TIGHT_NAMES
        numeric, key = column.unit in shown.NUMERIC, column.unit == "person"
        cells.append(CellView(words, numeric, href, tight, tone, key, whole))
    return cells


def _words(block: Block, row: Row, column: Column, value: Cell, zone: tzinfo, now: int) -> tuple[str, str]:
    """A cell's words as a table has room for, and the whole of them where that is more."""
    words = shown.cell(value, column.unit, zone)
    if column.unit in ("text", "label"):
        return value_words(_set_of(block, row, column), words) or shown.EMPTY, ""
    if column.unit == "person":
        return words, words
    if isinstance(value, int | float) and not isinstance(value, bool):
        if column.unit == "time":
            return shown.brief(value, zone, now), words
        if column.name == "p_value":
            return shown.chance(value), ""
    return words, ""


def _set_of(block: Block, row: Row, column: Column) -> str:
    """The closed set that a cell's value is of: its column's name, or where each row is of another property, that."""
    if column.name != "value":
        return column.name
    named = {one.name: cell for one, cell in zip(block.columns, row, strict=True)}
    return str(named.get("property", column.label))


def linked_column(block: Block) -> int:
    """Which column opens the people behind a row: that of the hint `link`, else of people, else the first count."""
    names = [column.name for column in block.columns]
    for wanted in (block.draw.get("link"), "people"):
        if wanted in names:
            return names.index(str(wanted))
    return next((at for at, column in enumerate(block.columns) if column.unit == "count"), 0)


def series(block: Block, zone: tzinfo) -> dict[str, object] | None:
    """The data of a line or stacked plot: labels of x, and for each line numbers with the words of its tooltip."""
    if not block.rows:
        return None
    names = [column.name for column in block.columns]
    x = names.index(str(block.draw["x"])) if block.draw.get("x") in names else 0
    ys = [names.index(name) for name in as_names(block.draw.get("y")) if name in names] or [
        at for at, column in enumerate(block.columns) if at != x and column.unit in shown.NUMERIC
    ]
    group = names.index(str(block.draw["group"])) if block.draw.get("group") in names else None
    if not ys:
        return None
    lines = _grouped(block, x, ys[0], group, zone) if group is not None else _plain(block, ys, zone)
    ticks = list(dict.fromkeys(row[x] for row in block.rows))
    unit = block.columns[x].unit
    return {
        "x": [_tick(value, unit, zone) for value in ticks],
        "unit": block.columns[ys[0]].unit,
        "lines": lines,
        "stack": bool(block.draw.get("stack")),
        "bars": block.draw.get("as") == "bars" or bool(block.draw.get("stack")),
        "open": _open_from(block, names, len(ticks)),
    }


def as_names(value: object) -> list[str]:
    """A draw hint as a list of column names."""
    if isinstance(value, str):
        return [value]
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def _tick(value: Cell, unit: str, zone: tzinfo) -> str:
    if unit == "date" and isinstance(value, str):
        return shown.short_day(value)
    return shown.cell(value, unit, zone)  # type: ignore[arg-type]


def _plain(block: Block, ys: Sequence[int], zone: tzinfo) -> list[dict[str, object]]:
    bounds = {name: at for at, name in enumerate(column.name for column in block.columns)}
    low, high = (bounds.get(str(block.draw.get(end))) for end in ("low", "high"))
    found = []
    for y in ys:
        line = _line(shown.text(block.columns[y].label), [row[y] for row in block.rows], block.columns[y], zone)
        line["before"] = block.columns[y].name.startswith("previous_")
        # An interval belongs to the last of the lines.
        if low is not None and high is not None and y == ys[-1]:
            line["low"] = [_finite(row[low]) for row in block.rows]
            line["high"] = [_finite(row[high]) for row in block.rows]
        found.append(line)
    return found


def _grouped(block: Block, x: int, y: int, group: int, zone: tzinfo) -> list[dict[str, object]]:
    ticks = list(dict.fromkeys(row[x] for row in block.rows))
    cells = {(row[group], row[x]): row[y] for row in block.rows}
    groups = list(dict.fromkeys(row[group] for row in block.rows))
    unit = block.columns[group].unit
    return [
        _line(shown.cell(name, unit, zone), [cells.get((name, tick)) for tick in ticks], block.columns[y], zone)
        for name in groups
    ]


def _line(name: str, values: Sequence[Cell], column: Column, zone: tzinfo) -> dict[str, object]:
    return {
        "name": name,
        "data": [_finite(value) for value in values],
        "shown": [shown.cell(value, column.unit, zone) for value in values],
    }


def _finite(value: Cell) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _open_from(block: Block, names: Sequence[str], ticks: int) -> int | None:
    """The first tick of the unfinished end of a line, drawn dashed.

    The hint `open` names a column that is true where a period is unfinished, `unfinished` one that is true where it is
    finished.
    """
    open_, finished = block.draw.get("open"), block.draw.get("unfinished")
    column = open_ or finished
    if column not in names or len(block.rows) != ticks:
        return None
    at = names.index(str(column))
    undone = [bool(row[at]) == bool(open_) for row in block.rows]
    first = len(undone)
    while first and undone[first - 1]:
        first -= 1
    return first if first < len(undone) else None
