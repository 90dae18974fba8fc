"""What a report answers with: blocks of columns and rows that a page draws and a CSV writes. Never HTML.

How a block is drawn is told by its kind and by `draw`, whose values are names of columns unless said otherwise. The
rows are what the table under the plot and the CSV show; `links[row]` leads to the people behind a row, and `cell_links`
(column name: list of arguments, one a row, None for no list) to those behind one of its cells; `leads` (column name: a
pair of another report's name and the list of arguments, one a row) leads from a cell to a question of that report, and
`stands_out` (a row's number, or None) is the row that the headline tells of. `unseen` names columns that are codes for
programs and that no page shows, `more` those that a page shows to whoever asks for them, `said` one whose sentences
stand above the table. `words` (column name: property) says of which property, such as `channel`, the values of a column
are, so that a page writes them as people say them; `act` is that of matchers, `acts` that of several with commas
between; `units` (first cell of a row: unit) in which unit that row's cells of the unit "number" are; `days` names
columns whose numbers of days a page writes as hours and minutes.

* number: a card a column; `change`, `low`, `high` stand below the number before them.
* bars: the first column with a bar as long as `y`; with `low` and `high`, or `other`, points on a line. `between` (a
  text, not a column) is what the interval is called where it is not an ordinary one of 95 %.
* series: a line (`as`: "bars" for a histogram, `stack`: true for bars on each other, `down` those of the columns that
  are drawn below zero, though their numbers are not) of the columns `y` over `x`, or of one line a value of `group`;
  `low` and `high` are a band; `open` is true where a period is unfinished, and the end of the line is dashed from
  there; `mark` is the ISO day (not a column) that the plot is about.
* grid: a heat table, one row a cell: `y` is the label of its row, `x` that of its column, `value` what the cell says,
  `tone` what colours it (`value`, where not named), `size` a column shown beside the row's label, `open` true where the
  cell is unfinished (hatched), `pooled` the one value of `y` (not a column) whose row holds all others together and
  stands first. A cell without a list of its own opens that of the column `link`, so that a share opens those whom it
  counts. Rows and columns of numbers and days are in their order, others in that of their first cell. A cell
  without a value, or that has no row, is blank. `cell_links` of `y` or `size` lead from the row's label or size.
* flow: a Sankey diagram, one row a link: `layer` is the whole number of the step that the link starts at, `from` and
  `to` the names of its two ends (`to` stands in `layer` + 1), `value` how many went, `muted` a column that is true
  where the link is people leaving, which is drawn pale; `order` is a list of the ends' names (not a column), which
  stand in that order within a step, else the largest first. `cell_links` of `from` and `to` lead from the two ends.
"""

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
        draw: hints for the plot, names of columns by role: see the head of this module.
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
        settled: what parameters came to where that is not what was asked, like a day that was left open: text by name.
    """

    blocks: Sequence[Block]
    as_of: int
    headline: Text | None = None
    notes: Sequence[Text] = ()
    settled: Mapping[str, str] = field(default_factory=dict)

    def block(self, block_id: str) -> Block:
        """The block called `block_id`; KeyError when the report has none."""
        for block in self.blocks:
            if block.id == block_id:
                return block
        raise KeyError(block_id)
