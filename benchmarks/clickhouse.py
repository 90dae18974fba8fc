"""ClickHouse in this process (package chdb), with the same events in several layouts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chdb.session import Session
from numpy.typing import NDArray

from benchmarks.table import LAYOUTS, WIDTHS, Answer, write_rows

_COLUMNS = ", ".join(f"{name} UInt{bits}" for name, bits in WIDTHS.items())


class ClickHouse:
    """An `Engine`; beside the ordered tables there is one in memory."""

    name = "ClickHouse"
    layouts = (*LAYOUTS, "memory")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session: Any = Session(str(folder / "chdb"))

    def load(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Fill every table, and let it merge what it has."""
        raw = self._folder / "events.bin"
        write_rows(columns, raw)
        for name in self.layouts:
            engine = f"MergeTree ORDER BY ({', '.join(LAYOUTS[name])})" if name in LAYOUTS else "Memory"
            self._session.query(f"CREATE TABLE {name} ({_COLUMNS}) ENGINE = {engine}")
            self._session.query(f"INSERT INTO {name} SELECT * FROM file('{raw}', 'RowBinary', '{_COLUMNS}')")
            if name in LAYOUTS:
                self._session.query(f"OPTIMIZE TABLE {name} FINAL")
        raw.unlink()

    def ask(self, sql: str) -> Answer:
        """All rows of the answer, as whole numbers."""
        settings = "max_threads = 2" + (", optimize_aggregation_in_order = 1" if "/* in order */" in sql else "")
        answer = self._session.query(f"{sql} SETTINGS {settings}", "CSV")
        return [tuple(map(int, line.split(","))) for line in str(answer).split()]

    def version(self) -> str:
        return str(self._session.query("SELECT version()", "CSV")).strip().strip('"')
