"""Draw hints read as what they mean: names of columns, and the places where these stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from collector.core.blocks import Block, Cell, Column, Unit


def as_names(value: object) -> list[str]:
    """A draw hint as a list of column names."""
    if isinstance(value, str):
        return [value]
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def place_of(block: Block, hint: str) -> int | None:
    """Where the column stands that a hint names; None where it names none."""
    wanted = block.draw.get(hint)
    return next((at for at, column in enumerate(block.columns) if column.name == wanted), None)


DAY_SECONDS = 86_400
# Names of columns that tell how much something changed, and of the two ends of the interval that follows a column.
CHANGES = frozenset(("change", "difference", "relative", "lift"))
_ENDS = tuple((f"{of}low", f"{of}high") for of in ("", "step_", "difference_"))


def signed_columns(block: Block) -> frozenset[int]:
    """Where numbers are changes, which are written with a plus too: the changes, and the ends of their intervals."""
    found: set[int] = set()
    ends = {name for pair in _ENDS for name in pair}
    signed = False
    for at, column in enumerate(block.columns):
        signed = signed if column.name in ends else column.name in CHANGES
        if signed:
            found.add(at)
    return frozenset(found)


def interval_ends(block: Block) -> list[tuple[str, str]]:
    """The pairs of columns that are the two ends of an interval."""
    own = (str(block.draw.get("low")), str(block.draw.get("high")))
    return list(dict.fromkeys((own, *_ENDS)))


def unit_at(block: Block, row: Sequence[Cell], column: Column) -> Unit:
    """The unit of a column's number in a row: the column's own, or by the hint `units` that of the row's measure."""
    units = block.draw.get("units")
    if column.unit != "number" or not isinstance(units, Mapping):
        return column.unit
    return cast(Unit, units.get(row[0], column.unit))


def measured(block: Block, row: Sequence[Cell], place: int) -> tuple[Cell, Unit]:
    """A cell as a page writes it: its number, and that number's unit."""
    column, value = block.columns[place], row[place]
    if isinstance(value, int | float) and column.name in as_names(block.draw.get("days")):
        return value * DAY_SECONDS, "seconds"
    return value, unit_at(block, row, column)


def set_of(block: Block, column: str) -> str:
    """The property that the values of a column are of, by the hint `words`; the column's own name without it."""
    named = block.draw.get("words")
    return str(named.get(column, column)) if isinstance(named, Mapping) else column
