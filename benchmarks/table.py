"""The events of a view as other engines get them: people's only, with persons, visits and days worked out for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.people import START, ZONE
from collector.core.times import DAY, Span
from collector.journeys.journeys import Journeys

Answer = list[tuple[int, ...]]
# Every column with its width in bits; `day` and `week` count from the first of the data, in the site's zone. `place` is
# unique and ascends with (person, time): of two events of the same instant all take the same one for the first.
WIDTHS: Mapping[str, int] = {"kind": 16, "person": 32, "time": 64, "place": 32, "visit": 32, "day": 16, "week": 16}
# The orders that an engine may keep rows in: it is asked in each, and its best time counts.
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "kind_first": ("kind", "person", "time"),
    "person_first": ("person", "time"),
}


class Engine(Protocol):
    """Another engine in this process, with two threads as there are cores."""

    name: str
    layouts: tuple[str, ...]

    def load(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Fill a table for every layout."""

    def ask(self, sql: str) -> Answer:
        """All rows of the answer, as whole numbers."""

    def version(self) -> str: ...


def engine_columns(journeys: Journeys) -> dict[str, NDArray[Any]]:
    """The columns of a view that is one part, in the order of (person, time)."""
    (part,) = journeys.parts
    rows = np.flatnonzero(part.bot == 0)
    found = {name: np.asarray(getattr(part, name)[rows]) for name in ("kind", "person", "time")}
    day = days_of(found["time"])
    visit = np.asarray(part.session[rows])
    week = (day + datetime.fromtimestamp(START / 1_000, ZONE).weekday()) // 7
    found |= {"place": rows, "visit": visit, "day": day, "week": week}
    return {name: found[name] for name in WIDTHS}


def days_of(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The day of each time in the site's zone, counted from the first of the data."""
    first = datetime.fromtimestamp(START / 1_000, ZONE).date()
    last = first + timedelta(days=int((times.max() - START) // DAY) + 2)
    starts = np.array([begin for _, begin in Span(first, last, ZONE).cuts("day")])
    return np.searchsorted(starts, times, side="right") - 1


def write_rows(columns: Mapping[str, NDArray[Any]], path: Path) -> None:
    """All columns row by row, little endian, as ClickHouse's RowBinary has them."""
    rows = np.empty(len(columns["time"]), dtype=[(name, f"<u{bits // 8}") for name, bits in WIDTHS.items()])
    for name in WIDTHS:
        rows[name] = columns[name]
    rows.tofile(path)
