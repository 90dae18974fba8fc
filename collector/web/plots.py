"""Blocks as data for the page's script: lines and bars over time or any axis."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from typing import TypeAlias

from collector.core.blocks import Block, Cell, Column
from collector.web import format as shown
from collector.web.figures import finite
from collector.web.hints import DAY_SECONDS, as_names, place_of, set_of
from collector.web.language import gettext
from collector.web.words import value_words

# What happened (a release, a campaign): its ISO day and its words.
Mark: TypeAlias = tuple[str, str]


def series(block: Block, zone: tzinfo, marks: Sequence[Mark] = ()) -> dict[str, object] | None:
    """The data of a line or stacked plot: labels of x, and for each line numbers with the words of its tooltip.

    Args:
        marks: (ISO day, words) of what happened, drawn as upright lines where `x` are days, or times: at the
            start of the day.
    """
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
    ticks = list(dict.fromkeys(row[x] for row in block.rows))
    unit: str = "seconds" if _in_days(block, x) else block.columns[x].unit
    if group is None:
        lines = _plain(block, ys, zone)
    else:
        # A day on which the first group did nothing stands first in a later one.
        ticks = sorted(ticks, key=str) if unit == "date" else ticks
        lines = _grouped(block, x, ys[0], group, ticks, zone)
    return {
        "x": [_tick(value, unit, zone) for value in _lengths(block, x, ticks)],
        "unit": block.columns[ys[0]].unit,
        "lines": lines,
        "stack": bool(block.draw.get("stack")),
        "bars": block.draw.get("as") == "bars" or bool(block.draw.get("stack")),
        "open": _open_from(block, x, ticks),
        "marks": _marks(ticks, [*marks, *_own(block)], unit, zone) if unit in ("date", "time") else [],
    }


def has_heights(block: Block) -> bool:
    """Whether there is something to draw: a line along zero says less than a sentence."""
    x = block.draw.get("x", block.columns[0].name)
    ys = as_names(block.draw.get("y")) or [column.name for column in block.columns if column.name != x]
    places = [at for at, column in enumerate(block.columns) if column.name in ys and column.unit in shown.NUMERIC]
    return any(finite(row[at]) for row in block.rows for at in places)


def _own(block: Block) -> list[Mark]:
    """The day that the block itself is about, by the hint `mark`."""
    about = block.draw.get("mark")
    return [(about, gettext("the day it is about"))] if isinstance(about, str) else []


def _marks(ticks: Sequence[Cell], marks: Sequence[Mark], unit: str, zone: tzinfo) -> list[dict[str, object]]:
    """The tick that each mark's day falls into, with its words; those outside of the plot are left out."""

    def place(value: Cell) -> float | None:
        day = _day(value)
        if unit == "date":
            return day.toordinal() if day else None
        return datetime.combine(day, time.min, zone).timestamp() * 1000 if day else finite(value)

    places = [one for one in map(place, ticks) if one is not None]
    if len(places) < len(ticks) or places != sorted(places):
        return []
    # The last tick is as long as the one before it: an hour, a day, a week, or a month.
    last = places[-1] + (places[-1] - places[-2] if len(places) > 1 else 1)
    found: dict[int, list[str]] = {}
    for text, words in sorted(marks):
        when = place(text)
        if when is not None and places[0] <= when < last:
            found.setdefault(bisect_right(places, when) - 1, []).append(f"{shown.short_day(text)}: {words}")
    return [{"at": at, "words": words} for at, words in sorted(found.items())]


def _day(value: Cell) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _in_days(block: Block, x: int) -> bool:
    """Whether the numbers along the axis are days that are written as hours and minutes."""
    return block.columns[x].name in as_names(block.draw.get("days"))


def _lengths(block: Block, x: int, ticks: Sequence[Cell]) -> list[Cell]:
    known = [finite(value) for value in ticks] if _in_days(block, x) else []
    return [None if value is None else value * DAY_SECONDS for value in known] or list(ticks)


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
        if block.columns[y].name in as_names(block.draw.get("down")):
            line["data"] = [None if value is None else -value for value in map(finite, (row[y] for row in block.rows))]
        line["before"] = block.columns[y].name.startswith("previous_")
        # An interval belongs to the last of the lines.
        if low is not None and high is not None and y == ys[-1]:
            line["low"] = [finite(row[low]) for row in block.rows]
            line["high"] = [finite(row[high]) for row in block.rows]
        found.append(line)
    return found


def _grouped(block: Block, x: int, y: int, group: int, ticks: Sequence[Cell], zone: tzinfo) -> list[dict[str, object]]:
    cells = {(row[group], row[x]): row[y] for row in block.rows}
    groups = list(dict.fromkeys(row[group] for row in block.rows))
    column = block.columns[group]
    words = {name: value_words(set_of(block, column.name), shown.cell(name, column.unit, zone)) for name in groups}
    lines = [_line(words[name], [cells.get((name, tick)) for tick in ticks], block.columns[y], zone) for name in groups]
    for bound in ("low", "high"):
        at = next((at for at, one in enumerate(block.columns) if one.name == block.draw.get(bound)), None)
        if at is not None:
            ends = {(row[group], row[x]): finite(row[at]) for row in block.rows}
            for line, name in zip(lines, groups, strict=True):
                line[bound] = [ends.get((name, tick)) for tick in ticks]
    return lines


def _line(name: str, values: Sequence[Cell], column: Column, zone: tzinfo) -> dict[str, object]:
    return {
        "name": name,
        "data": [finite(value) for value in values],
        "shown": [shown.cell(value, column.unit, zone) for value in values],
    }


def _open_from(block: Block, x: int, ticks: Sequence[Cell]) -> int | None:
    """The first tick of the unfinished end of the lines, drawn dashed.

    The hint `open` names a column that is true where a period is unfinished, `unfinished` one that is true where it is
    finished.
    """
    open_ = place_of(block, "open")
    at = place_of(block, "unfinished") if open_ is None else open_
    if at is None:
        return None
    undone = {row[x] for row in block.rows if bool(row[at]) == (open_ is not None)}
    first = len(ticks)
    while first and ticks[first - 1] in undone:
        first -= 1
    return first if first < len(ticks) else None
