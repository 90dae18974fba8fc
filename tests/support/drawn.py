"""The tables and numbers of a page as its reader sees them: texts, read from the HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Table:
    """A table: its title, the texts of its headings (row by row) and of its rows, left to right."""

    title: str
    heads: list[list[str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """The headings of a table that has one row of them."""
        return self.heads[0] if len(self.heads) == 1 else []


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page shows: its tables, and the (label, number) pairs of its cards."""

    tables: Sequence[Table]
    cards: Sequence[tuple[str, str]]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.cards: list[tuple[str, str]] = []
        self._title = self._label = ""
        self._text: list[str] | None = None
        self._head = self._more = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "div" and "table-wrap" in given.get("class", "").split():
            self._title = given.get("aria-label", "")
        elif tag == "table":
            self.tables.append(Table(self._title))
        elif tag == "thead":
            self._head = True
        elif tag == "tr" and self.tables:
            (self.tables[-1].heads if self._head else self.tables[-1].rows).append([])
        elif tag in ("td", "th", "dt", "dd"):
            self._text, self._more = [], given.get("class") == "more"

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._head = False
        if tag not in ("td", "th", "dt", "dd") or self._text is None:
            return
        text, self._text = " ".join("".join(self._text).split()), None
        if tag == "dt":
            self._label = text
        elif tag == "dd":
            self.cards += [] if self._more else [(self._label, text)]
        elif self.tables:
            (self.tables[-1].heads if self._head else self.tables[-1].rows)[-1].append(text)

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def drawn(html: str) -> Drawn:
    """What a page shows."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Drawn(reader.tables, reader.cards)
