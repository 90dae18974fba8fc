"""One cell of a block as templates get it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: its words, where it leads, and how it stands.

    Attributes:
        numeric: right-aligned with tabular figures.
        tight: short enough to stay on one line.
        key: a name of somebody, cut where it is too long; the whole stands in its title.
        whole: what the words leave out, as a title.
        extra: of a column that is folded away until somebody asks for it.
    """

    text: str
    numeric: bool
    href: str = ""
    tight: bool = False
    tone: str = ""
    key: bool = False
    whole: str = ""
    extra: bool = False

    @property
    def style(self) -> str:
        """The cell's class: numbers, names, short things that stay on one line, or words that may wrap."""
        kind = "num" if self.numeric else "key" if self.key else "tight" if self.tight else "words"
        return f"{kind} extra" if self.extra else kind
