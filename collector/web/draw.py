"""Blocks made ready for templates: cells in words, bars and intervals as SVG numbers, series as data for the charts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial

from collector.core.blocks import Block, Cell, Column
from collector.core.text import Text
from collector.web import format as shown
from collector.web.acts import ACT, ACTS, Goals, act_words, acts_words
from collector.web.cells import CellView
from collector.web.figures import Interval, bar_widths, intervals
from collector.web.flow import flow
from collector.web.heat import Heat, heat
from collector.web.hints import as_names, interval_ends, measured, set_of, signed_columns
from collector.web.language import gettext
from collector.web.plots import Mark, has_heights, series
from collector.web.words import value_words

Row = Sequence[Cell]
LinkOf = Callable[[Sequence[tuple[str, str]]], str]
PersonLink = Callable[[str], str]
# The words of the cell of a row at a place, and the whole of them where that is more.
Write = Callable[[Row, int], tuple[str, str]]
_TIGHT = frozenset(("time", "date", "bool"))
_TIGHT_NAMES = frozenset(("channel", "device", "type", "property"))


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading."""

    name: str
    label: str
    help: str
    numeric: bool
    extra: bool = False

    @property
    def style(self) -> str:
        """The heading's class."""
        return " ".join(name for name, on in (("num", self.numeric), ("extra", self.extra)) if on)


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
    """What `templates/blocks/` draws.

    Attributes:
        chart: the data of a plot that the page's script draws; None where there is none, or nothing to draw.
        marks_told: whether a plot above it names the same marks.
        said: sentences that stand above the table.
    """

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
    heat: Heat | None = None
    zero: float | None = None
    wide: bool = True
    cards: Sequence[Card] = ()
    next: tuple[str, str] | None = None
    dots: tuple[str, str] = ("", "")
    values: Sequence[Row] = field(default_factory=tuple)
    marks_told: bool = False
    said: Sequence[str] = ()

    @property
    def bar_at(self) -> int:
        """The column whose cells hold the bars: the first that is not folded away."""
        return next((at for at, head in enumerate(self.heads) if not head.extra), 0)

    @property
    def folds(self) -> bool:
        """Whether columns are folded away until somebody asks for them."""
        return any(head.extra for head in self.heads)

    def folded(self, most: int) -> BlockView:
        """The same block with `most` columns until somebody asks for the others; one more alone is not folded away."""
        open_ = [at for at, head in enumerate(self.heads) if not head.extra]
        if len(open_) <= most + 1:
            return self
        return self._fold(set(range(len(self.heads))) - set(open_[:most]))

    def _fold(self, extra: Collection[int]) -> BlockView:
        heads = [replace(head, extra=at in extra) for at, head in enumerate(self.heads)]
        rows = [
            replace(row, cells=[replace(cell, extra=at in extra) for at, cell in enumerate(row.cells)])
            for row in self.rows
        ]
        return replace(self, heads=heads, rows=rows)

    def only(self, *names: str) -> BlockView:
        """The same block with these columns in this order, where it has them, for a narrower place."""
        places = {head.name: at for at, head in enumerate(self.heads)}
        kept = [places[name] for name in names if name in places]
        rows = [replace(row, cells=[row.cells[at] for at in kept]) for row in self.rows]
        return replace(self, heads=[self.heads[at] for at in kept], rows=rows, wide=False)._fold(())

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

    def beyond(self, first: int) -> BlockView:
        """The same block without its first rows."""
        return replace(self, rows=self.rows[first:])

    def column(self, name: str) -> list[CellView]:
        """The cells of a column, empty where there is no such column."""
        at = next((at for at, head in enumerate(self.heads) if head.name == name), None)
        return [] if at is None else [row.cells[at] for row in self.rows]


def heading(column: Column) -> Head:
    """The heading of a column."""
    return Head(column.name, shown.text(column.label), shown.text(column.help), column.unit in shown.NUMERIC)


def view(
    block: Block,
    zone: tzinfo,
    link: LinkOf,
    person: PersonLink,
    csv: str,
    json: str,
    now: int,
    marks: Sequence[Mark] = (),
    goals: Goals = (),
) -> BlockView:
    """The block ready to be drawn.

    Args:
        now: ms UTC, to leave out of times what goes without saying.
        link: the address behind a row's query arguments. person: the address of a person's timeline by key.
        csv, json: addresses of the block's twins.
        marks: what happened on which day, drawn on plots over days.
        goals: the site's, which what people did is called by.
    """
    bars = bar_widths(block)
    lines, zero = intervals(block)
    above = [at for at, column in enumerate(block.columns) if column.name == block.draw.get("said")]
    unseen = [*as_names(block.draw.get("unseen")), *(block.columns[at].name for at in above)]
    seen = [at for at, column in enumerate(block.columns) if column.name not in unseen]
    more = as_names(block.draw.get("more"))
    write = partial(_words, block, zone=zone, now=now, goals=goals, signed=signed_columns(block))
    drawn = [_cells(block, at, row, link, person, write) for at, row in enumerate(block.rows)]
    rows = [
        RowView(
            [cells[place] for place in seen],
            bars[at] if bars else None,
            lines[at] if lines else None,
        )
        for at, cells in enumerate(drawn)
    ]
    found = BlockView(
        id=block.id,
        kind=block.kind,
        title=shown.text(block.title),
        heads=[heading(block.columns[at]) for at in seen],
        rows=rows,
        # How to ask for what comes next is said to programs and the command line: a page has a link.
        note="" if "next" in block.draw else shown.text(block.note, zone),
        empty=shown.text(block.empty, zone),
        csv=csv,
        json=json,
        chart=_chart(block, zone, drawn, marks),
        heat=heat(block, drawn) if block.kind == "grid" else None,
        cards=_cards(block, rows[0], zone) if block.kind == "number" and rows else (),
        next=_next(block),
        dots=(_label(block, "y"), _label(block, "other")),
        zero=zero,
        wide=block.kind in ("series", "number", "flow", "grid") or len(seen) > 5 or block.draw.get("wide") is True,
        values=block.rows,
        said=[cells[at].text for cells in drawn for at in above],
    )
    if block.kind in ("bars", "table"):
        for low, high in interval_ends(block):
            found = _one_interval(found, low, high, _between_label(block))
    extra = [at for at, head in enumerate(found.heads) if head.name in more]
    return found._fold(extra) if extra else found


def _between_label(block: Block) -> str:
    """What an interval is called where it is not an ordinary one."""
    label = block.draw.get("between")
    return shown.text(label) if isinstance(label, Text) else gettext("95 % interval")


def _one_interval(view: BlockView, first: str, last: str, label: str) -> BlockView:
    """The two ends of an interval, where they stand beside each other, in one column."""
    names = [head.name for head in view.heads]
    low, high = (names.index(name) if name in names else -1 for name in (first, last))
    if low < 0 or high != low + 1:
        return view
    between = Head(names[low], label, "", numeric=True)
    rows = []
    for row in view.rows:
        ends = [cell.text for cell in row.cells[low : high + 1]]
        cell = replace(row.cells[low], text=shown.between(*ends), whole="")
        rows.append(replace(row, cells=[*row.cells[:low], cell, *row.cells[high + 1 :]]))
    return replace(view, heads=[*view.heads[:low], between, *view.heads[high + 1 :]], rows=rows)


def told_once(views: Sequence[BlockView]) -> list[BlockView]:
    """Blocks in order; marks that a plot before has named are drawn on the later ones, and not named again."""
    found: list[BlockView] = []
    told: list[object] = []
    for view in views:
        marks = view.chart.get("marks") if view.chart else None
        words = [mark["words"] for mark in marks] if isinstance(marks, list) else []
        found.append(replace(view, marks_told=True) if words and words in told else view)
        told.append(words)
    return found


def _chart(
    block: Block, zone: tzinfo, drawn: Sequence[Sequence[CellView]], marks: Sequence[Mark]
) -> dict[str, object] | None:
    """The data of the plot that the page's script draws, None where the block has none."""
    if block.kind == "series":
        return series(block, zone, marks) if has_heights(block) else None
    return flow(block, drawn) if block.kind == "flow" else None


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
                cards[-1] = replace(cards[-1], more=[] if shown.EMPTY in ends else [shown.between(*ends)])
            continue
        cards.append(Card(shown.text(column.label), shown.text(column.help), one, "", False, ()))
    return cards


def _compared(block: Block, row: RowView, zone: tzinfo) -> Card:
    change, up, more = "", False, []
    ends = [one.text for column, one in zip(block.columns, row.cells, strict=True) if column.name in ("low", "high")]
    if len(ends) == 2 and shown.EMPTY not in ends:
        more.append(shown.between(*ends))
    for at, (column, one) in enumerate(zip(block.columns[1:], row.cells[1:], strict=True), 1):
        value, unit = measured(block, block.rows[0], at)
        if value is None or value == "" or column.name in ("low", "high"):
            continue
        if column.name == "change" and isinstance(value, int | float):
            up = value > 0
            sign = "+" if up and unit != "points" else ""
            change = sign + shown.cell(value, unit, zone)
        else:
            more.append(f"{shown.text(column.label)} {one.text}")
    return Card(shown.text(block.title), shown.text(block.columns[0].help), row.cells[0], change, up, more)


def _cells(block: Block, at: int, row: Row, link: LinkOf, person: PersonLink, write: Write) -> list[CellView]:
    behind = block.links[at] if at < len(block.links) else None
    linked = linked_column(block) if behind else None
    own, leads = block.draw.get("cell_links"), block.draw.get("leads")
    cells = []
    for place, (value, column) in enumerate(zip(row, block.columns, strict=True)):
        href = ""
        if column.unit == "person" and value:
            href = person(str(value))
        elif behind and place == linked:
            href = link(behind)
        elif isinstance(own, dict) and column.name in own and value:
            href = link(own[column.name][at]) if own[column.name][at] is not None else ""
        elif isinstance(leads, Mapping) and column.name in leads and value:
            report, arguments = leads[column.name]
            href = link((("report", report), *arguments[at]))
        words, whole = write(row, place)
        tone = ("good" if value else "warn") if column.name == "ok" and isinstance(value, bool) else ""
        tight = column.unit in _TIGHT or column.name in _TIGHT_NAMES
        numeric, key = column.unit in shown.NUMERIC, column.unit == "person"
        cells.append(CellView(words, numeric, href, tight, tone, key, whole))
    return cells


def _words(
    block: Block, row: Row, place: int, zone: tzinfo, now: int, goals: Goals, signed: Collection[int]
) -> tuple[str, str]:
    """A cell's words as a table has room for, and the whole of them where that is more."""
    column, (value, unit) = block.columns[place], measured(block, row, place)
    words = shown.cell(value, unit, zone)
    if column.unit in ("text", "label"):
        known = _set_of(block, row, column)
        if known in (ACT, ACTS):
            said = (act_words if known == ACT else acts_words)(words, goals)
            return said or shown.EMPTY, words if said != words else ""
        return value_words(known, words) or shown.EMPTY, ""
    if column.unit == "person":
        return words, words
    if isinstance(value, int | float) and not isinstance(value, bool):
        if column.unit == "time":
            return shown.brief(value, zone, now), words
        if column.name in ("p_value", "q"):
            return shown.chance(value), ""
        if place in signed and value > 0 and unit != "points":
            return (words if words == shown.cell(0, unit, zone) else f"+{words}"), ""
    return words, ""


def _set_of(block: Block, row: Row, column: Column) -> str:
    """The closed set that a cell's value is of: its column's, or where each row is of another property, that."""
    if column.name != "value":
        return set_of(block, column.name)
    named = {one.name: cell for one, cell in zip(block.columns, row, strict=True)}
    return str(named.get("property", column.label))


def linked_column(block: Block) -> int:
    """Which column opens the people behind a row: the hint's `link`, a plot's value, people, or the first count."""
    names = [column.name for column in block.columns]
    value = block.draw.get("value") if block.kind in ("grid", "flow") else None
    for wanted in (block.draw.get("link"), value, "people"):
        if wanted in names:
            return names.index(str(wanted))
    return next((at for at, column in enumerate(block.columns) if column.unit == "count"), 0)
