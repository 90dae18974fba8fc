"""What a report answers with: blocks of columns and rows that a page draws and a CSV writes. Never HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from collector.core.text import Text

BlockKind: TypeAlias = Literal["number", "table", "bars", "series", "flow", "grid", "timeline"]

# text: as is. label: translatable text of ours. count: whole number. ratio: 0-1, shown as per cent. points: a
# difference of ratios, shown as percentage points. number: any number. money: number with two places. seconds: a
# length of time. time: ms UTC, shown in the site's zone, ISO 8601 in CSV and JSON. date: ISO day. person: key of a
# person, links to the timeline. bool: yes or no.
Unit: TypeAlias = Literal[
    "text", "label", "count", "ratio", "points", "number", "money", "seconds", "time", "date", "person", "bool"
]
Cell: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` is stable (CSV and JSON), `label` is what people read."""

    name: str
    label: Text
    unit: Unit = "text"
    help: Text | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A table of values with the way it wants to be drawn.

    Attributes:
        id: stable within the report.
        columns, rows: every row has one cell a column.
        draw: hints for the plot, names of columns by role (`x`, `y`, `group`, `low`, `high`, `stack` ...). Those of
            `unseen` are codes for programs, which a page leaves out.
        links: for each row, the query arguments (name, value pairs) of the people behind it, or None.
        note: one sentence under the plot (too few, unfinished ...).
        empty: what to say when there are no rows.
    """

    id: str
    kind: BlockKind
    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    draw: Mapping[str, object] = field(default_factory=dict)
    links: Sequence[Sequence[tuple[str, str]] | None] = ()
    note: Text | None = None
    empty: Text | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A report's answer.

    Attributes:
        headline: the answer in one sentence, made from the numbers.
        notes: cautions in words (assumptions, unfinished periods, refusals).
        as_of: ms UTC of the moment up to which events are included.
    """

    blocks: Sequence[Block]
    as_of: int
    headline: Text | None = None
    notes: Sequence[Text] = ()

    def block(self, block_id: str) -> Block:
        """The block called `block_id`; KeyError when the report has none."""
        for block in self.blocks:
            if block.id == block_id:
                return block
        raise KeyError(block_id)
