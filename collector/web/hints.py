"""Draw hints read as what they mean: names of columns, and the places where these stand."""

from __future__ import annotations

from collections.abc import Mapping

from collector.core.blocks import Block


def as_names(value: object) -> list[str]:
    """A draw hint as a list of column names."""
    if isinstance(value, str):
        return [value]
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def place_of(block: Block, hint: str) -> int | None:
    """Where the column stands that a hint names; None where it names none."""
    wanted = block.draw.get(hint)
    return next((at for at, column in enumerate(block.columns) if column.name == wanted), None)


def set_of(block: Block, column: str) -> str:
    """The property that the values of a column are of, by the hint `words`; the column's own name without it."""
    named = block.draw.get("words")
    return str(named.get(column, column)) if isinstance(named, Mapping) else column
