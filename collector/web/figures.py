"""Geometry of the small plots inside table rows, so that they need no script: bars and intervals, in per cent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from collector.core.blocks import Block, Cell
from collector.web.format import NUMERIC


@dataclass(frozen=True, slots=True)
class Interval:
    """A point with its interval, or two points to compare, placed on 0-100 of the row's width."""

    point: float | None
    low: float | None = None
    high: float | None = None
    other: float | None = None


def _numbers(block: Block, name: object) -> list[float | None] | None:
    names = [column.name for column in block.columns]
    if name not in names:
        return None
    at = names.index(str(name))
    return [finite(row[at]) for row in block.rows]


def finite(value: Cell) -> float | None:
    """The number in a cell, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _has_scale(block: Block) -> bool:
    """Whether `low` or `other` is in the unit of `y`, so that they can stand on one line."""
    units = {column.name: column.unit for column in block.columns}
    y = block.draw.get("y")
    ends = [block.draw[hint] for hint in ("low", "other") if hint in block.draw]
    return isinstance(y, str) and y in units and any(units.get(str(end)) == units[y] for end in ends)


def bar_widths(block: Block) -> list[float] | None:
    """The width of each row's bar in per cent of the longest; None where the block is not drawn with bars."""
    if block.kind != "bars" or not block.rows or _has_scale(block):
        return None
    y = block.draw.get("y")
    if isinstance(y, list | tuple):
        y = y[0] if y else None
    if y is None:
        y = next((column.name for column in block.columns if column.unit in NUMERIC), None)
    values = _numbers(block, y)
    if values is None:
        return None
    longest = max((abs(value) for value in values if value is not None), default=0.0)
    return [round(100 * abs(value or 0.0) / longest, 2) if longest else 0.0 for value in values]


def intervals(block: Block) -> tuple[list[Interval] | None, float | None]:
    """Each row's point and interval on a common scale that holds zero, and where zero is; None where not asked for.

    Hints: `y` with `low` and `high` (an interval), or `y` with `other` (before and after).
    """
    y = block.draw.get("y")
    if block.kind not in ("bars", "table") or not block.rows or not _has_scale(block):
        return None, None
    points, low, high, other = (
        _numbers(block, name) for name in (y, *(block.draw.get(hint) for hint in ("low", "high", "other")))
    )
    if points is None:
        return None, None
    columns = (points, low, high, other)
    placed = place_all([0.0, *(value for column in columns for value in column or [None] * len(points))])
    size = len(points)
    places = [placed[1 + size * at : 1 + size * (at + 1)] for at in range(len(columns))]
    return [Interval(*(column[at] for column in places)) for at in range(size)], placed[0]


def place_all(values: Sequence[float | None]) -> list[float | None]:
    """Where each value stands on one scale that holds them all, in per cent, with a little room at both ends."""
    known = [value for value in values if value is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    pad = (most - least) * 0.05 or 1.0
    least, most = least - pad, most + pad
    return [None if value is None else round(100 * (value - least) / (most - least), 2) for value in values]
