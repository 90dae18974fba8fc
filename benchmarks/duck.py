"""DuckDB in this process, with the same events in several layouts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from numpy.typing import NDArray

from benchmarks.table import LAYOUTS, WIDTHS, Answer

_TYPES = {16: "USMALLINT", 32: "UINTEGER", 64: "UBIGINT"}


class DuckDB:
    """An `Engine` over a file."""

    name = "DuckDB"
    layouts = tuple(LAYOUTS)

    def __init__(self, folder: Path) -> None:
        self._connection: Any = duckdb.connect(str(folder / "duck.db"))
        self._connection.execute("SET threads = 2")
        self._connection.execute("SET memory_limit = '2GB'")
        self._connection.execute("SET enable_progress_bar = false")

    def load(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Fill every table in its order."""
        self._connection.register("given", dict(columns))
        chosen = ", ".join(f"{name}::{_TYPES[bits]} AS {name}" for name, bits in WIDTHS.items())
        for name, order in LAYOUTS.items():
            self._connection.execute(f"CREATE TABLE {name} AS SELECT {chosen} FROM given ORDER BY {', '.join(order)}")
        self._connection.unregister("given")
        self._connection.execute("CHECKPOINT")

    def ask(self, sql: str) -> Answer:
        """All rows of the answer, as whole numbers."""
        return [tuple(map(int, row)) for row in self._connection.execute(sql).fetchall()]

    def version(self) -> str:
        return str(duckdb.__version__)
