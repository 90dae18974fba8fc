"""What a page, a CSV and a JSON may say of the same block, compared cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Site
from collector.web import draw
from collector.web import format as shown
from collector.web.hints import interval_ends, unit_at
from tests.support.drawn import Table

# Where, under which heading, and what stands there though it should not.
Wrong = tuple[int, str, str]
_NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")
_IN_NUMBERS = ("count", "ratio", "points", "number", "money", "seconds")


def in_csv(cell: Cell) -> str:
    """A cell of the JSON as a CSV has it, but for the apostrophe before what a spreadsheet would run."""
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).lower()
    return cell.removeprefix("'") if isinstance(cell, str) else repr(cell)


def from_json(block: Block, rows: Sequence[Sequence[Cell]]) -> Block:
    """The block with the JSON's rows in place of its own."""
    return replace(block, rows=[list(map(_read, row, block.columns)) for row in rows], links=())


def _read(cell: Cell, column: Column) -> Cell:
    if column.unit == "time" and isinstance(cell, str):
        return round(datetime.fromisoformat(cell).timestamp() * 1_000)
    return cell


def numbers(text: str) -> list[float]:
    """The numbers that a text shows, whatever sign of a plus or unit stands beside them."""
    return [float(found.replace("−", "-").replace(",", "")) for found in _NUMBER.findall(text)]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a cell: `text`; or where it is a number, `text` with any unit, plus and places."""

    label: str
    text: str
    number: bool = False

    def fits(self, text: str) -> bool:
        """Whether a page that writes `text` says the same."""
        return numbers(text) == numbers(self.text) if self.number else text == self.text


class Page:
    """How a site's pages write a block's rows.

    Args:
        block: with its rows as the JSON has them.
    """

    def __init__(self, block: Block, site: Site, now: int) -> None:
        self.block = block
        self._zone: tzinfo = site.zone
        self._now = now
        # Words of closed sets, of stages and of what people did are those of the page's own formatter; numbers are not.
        plain = replace(
            block, kind="table", draw={"words": block.draw.get("words", {})}, columns=[*map(_apart, block.columns)]
        )
        view = draw.view(plain, site.zone, str, str, "", "", now, goals=site.goals)
        self.rows = [
            [
                self._cell(row, *pair)
                for pair in zip(row, block.columns, (cell.text for cell in words.cells), strict=True)
            ]
            for row, words in zip(block.rows, view.rows, strict=True)
        ]

    def _cell(self, row: Sequence[Cell], value: Cell, column: Column, words: str) -> Shown:
        label, unit = shown.text(column.label), unit_at(self.block, row, column)
        if value is None or isinstance(value, bool | str):
            known = column.unit in ("text", "label")
            return Shown(label, words if known else shown.cell(value, column.unit, self._zone))
        if column.unit == "time":
            return Shown(label, shown.brief(value, self._zone, self._now))
        if column.name in ("p_value", "q"):
            return Shown(label, shown.chance(value), number=True)
        return Shown(label, shown.cell(value, unit, self._zone), unit in _IN_NUMBERS)

    def wrong_in(self, table: Table) -> Iterator[Wrong]:
        """The cells of a table that say something else than the row of their number."""
        for at, row in enumerate(table.rows):
            for label, text in zip(table.labels, row, strict=True):
                if text and not self._says(at, label, text):
                    yield at, label, text

    def _says(self, at: int, label: str, text: str) -> bool:
        here = [cell for cell in self.rows[at] if cell.label == label]
        if any(cell.fits(text) for cell in here):
            return True
        if any(cell.number for cell in here):
            return False
        # Over two columns in one, or over an interval, stands a heading of its own.
        names = [column.name for column in self.block.columns]
        pairs = [(low, high) for low, high in interval_ends(self.block) if {low, high} <= set(names)]
        ends = [[self.rows[at][names.index(name)].text for name in pair] for pair in pairs]
        parts = {text, *text.split(": ", 1)}
        return any(numbers(text) == numbers(" ".join(both)) for both in ends) or any(
            cell.text in parts for cell in self.rows[at]
        )

    def wrong_in_heat(self, table: Table) -> Iterator[Wrong]:
        """The cells of a heat table that are not the JSON's of their row and column."""
        names = [column.name for column in self.block.columns]
        y, x, value = (names.index(str(self.block.draw[role])) for role in ("y", "x", "value"))
        heads = table.heads[-1]
        cells = {
            (row[0], head): text for row in table.rows for head, text in zip(heads, row[-len(heads) :], strict=True)
        }
        for at, row in enumerate(self.rows):
            text = cells.get((row[y].text, row[x].text))
            expected = "" if self.block.rows[at][value] is None else row[value].text
            if text is None or numbers(text) != numbers(expected):
                yield at, f"{row[y].text}, {row[x].text}", str(text)

    def wrong_in_cards(self, cards: Sequence[tuple[str, str]]) -> Iterator[Wrong]:
        """The numbers of the first row that no card shows."""
        title = shown.text(self.block.title)
        for at, cell in enumerate(self.rows[0]):
            compared = at > 0 and any(column.name == "change" for column in self.block.columns)
            if self.block.columns[at].name in ("low", "high") or compared:
                continue
            said = [text for label, text in cards if label in (title, cell.label)]
            if not any(cell.fits(text) for text in said):
                yield 0, cell.label, " | ".join(said)


def _apart(column: Column) -> Column:
    """The column under a name that no interval has the ends of."""
    return replace(column, name=f"of_{column.name}") if column.unit in _IN_NUMBERS else column
