"""ClickHouse in this process (package chdb), with the same events in several layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chdb.session import Session
from numpy.typing import NDArray

LAYOUTS: Mapping[str, str] = {
    "kind_first": "ENGINE = MergeTree ORDER BY (kind, visitor, time)",
    "visitor_first": "ENGINE = MergeTree ORDER BY (visitor, time)",
    "memory": "ENGINE = Memory",
}
_COLUMNS = "kind UInt16, visitor UInt32, time UInt64"


class ClickHouse:
    """A session with the tables of `LAYOUTS`; two threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session: Any = Session(str(folder / "chdb"))

    def load(self, columns: Mapping[str, NDArray[np.int64]]) -> None:
        """Fill every table, and let it merge what it has."""
        rows = np.empty(len(columns["time"]), dtype=[("kind", "<u2"), ("visitor", "<u4"), ("time", "<u8")])
        for name in ("kind", "visitor", "time"):
            rows[name] = columns[name]
        raw = self._folder / "events.bin"
        rows.tofile(raw)
        for name, engine in LAYOUTS.items():
            self._session.query(f"CREATE TABLE {name} ({_COLUMNS}) {engine}")
            self._session.query(f"INSERT INTO {name} SELECT * FROM file('{raw}', 'RowBinary', '{_COLUMNS}')")
            if name != "memory":
                self._session.query(f"OPTIMIZE TABLE {name} FINAL")
        raw.unlink()

    def funnel(self, layout: str, kinds: Sequence[int], window: int) -> list[int]:
        """How many visitors reached each step, by `windowFunnel`; the window in ms."""
        steps = ", ".join(f"kind = {kind}" for kind in kinds)
        within = ", ".join(map(str, kinds))
        in_order = ", optimize_aggregation_in_order = 1" if layout == "visitor_first" else ""
        answer = self._session.query(
            f"SELECT level, count() FROM (SELECT visitor, windowFunnel({window})(time, {steps}) AS level FROM {layout} "
            f"WHERE kind IN ({within}) GROUP BY visitor) GROUP BY level ORDER BY level "
            f"SETTINGS max_threads = 2{in_order}",
            "CSV",
        )
        exactly = [0] * (len(kinds) + 1)
        for line in str(answer).split():
            level, count = line.split(",")
            exactly[int(level)] = int(count)
        return [sum(exactly[step:]) for step in range(1, len(kinds) + 1)]

    def version(self) -> str:
        """ClickHouse's version."""
        return str(self._session.query("SELECT version()", "CSV")).strip().strip('"')
