"""SQLite's quirks: pragmas, one writer at a time behind a fair file lock, lists bound as JSON."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import peewee
from numpy.typing import NDArray

from collector.store.engine import EVENT_COLUMNS, SCAN_COLUMNS, Engine, Row, columns
from collector.store.protocol import Columns

# FULL: the inbox deletes its rows once the ledger has them, so a commit must survive a power cut.
# secure_delete=fast zeroes freed bytes inside pages where that costs no extra I/O; `forget` turns it fully on.
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "busy_timeout": 15_000,
    "foreign_keys": 1,
    "secure_delete": "fast",
    # A thread's connection fills this and never gives it back; the system's own cache of the file serves as well.
    "cache_size": -16_000,
    # A chunk of events touches pages all over the index of ids: in a longer log most of them are written back once.
    "wal_autocheckpoint": 4_000,
    "journal_size_limit": 64_000_000,
}
UIDS_AT_ONCE = 500
_PIECE = 2_000
_KINDS = [np.float64 if name == "value" else np.int64 for name in SCAN_COLUMNS]
_INSERT = (
    f"INSERT INTO event ({', '.join(EVENT_COLUMNS)}) "  # noqa: S608 - our own columns
    f"VALUES ({', '.join('?' * len(EVENT_COLUMNS))})"
)


class SqliteDatabase(peewee.SqliteDatabase):
    """A file that must stay the one it was: what is written to a removed or replaced one, nobody finds again.

    Frozen migrations tell the engines apart by the name of this class.
    """

    inode = 0

    def _connect(self) -> sqlite3.Connection:
        self.check()
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]  # not in its stubs
        self.inode = self.inode or os.stat(self.database).st_ino
        return connection

    def check(self) -> None:
        """Raise peewee.OperationalError where the file is not the one that was opened first."""
        if not self.inode:
            return
        try:
            same = os.stat(self.database).st_ino == self.inode
        except OSError:
            same = False
        if not same:
            raise peewee.OperationalError(f"{self.database} was removed or replaced while in use: start again")


class SqliteEngine(Engine):
    """One file on a local disk."""

    driver_error = sqlite3.Error

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock_path = path.with_name(path.name + ".lock")
        super().__init__()

    def _open(self) -> peewee.Database:
        return SqliteDatabase(str(self.path), pragmas=PRAGMAS, timeout=15, cached_statements=512)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        # SQLite's busy handler sleeps and polls, so that one writer can starve for seconds; the kernel wakes the
        # waiters of a file lock in turn (REQUIREMENTS C3.3).
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock_path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # Closing would not do where another thread has forked meanwhile: the child holds the same open file.
                fcntl.flock(lock, fcntl.LOCK_UN)

    _migrating = _exclusive

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # A deferred transaction that reads and then writes fails at once instead of waiting (C3.2).
        with self.database.atomic("IMMEDIATE"):
            yield

    def ready(self) -> None:
        self.database.check()

    def within(self, column: str, kind: str = "bigint") -> str:  # noqa: ARG002 - types are the values' own here
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - names of ours

    def many(self, values: Sequence[int] | Sequence[str]) -> object:
        return json.dumps(values, ensure_ascii=False)

    def each(self) -> str:
        return "value FROM json_each(?) WHERE true"

    def contains(self, column: str) -> str:
        return f"instr({column}, ?) > 0"

    @contextmanager
    def erasing(self) -> Iterator[None]:
        self.run("PRAGMA secure_delete = on")
        try:
            yield
        finally:
            self.run("PRAGMA secure_delete = fast")
        # Moves everything into the main file and cuts the log, which still holds the pages as they were. A reader in
        # its way leaves it to a later checkpoint.
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def uid(self, text: str) -> object:
        return bytes.fromhex(text.replace("-", ""))

    def known_events(self, site: int, uids: Sequence[object]) -> list[Row]:
        found: list[Row] = []
        for start in range(0, len(uids), UIDS_AT_ONCE):
            part = uids[start : start + UIDS_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT uid, kind, created FROM event WHERE site = ? AND uid IN ({marks})"  # noqa: S608 - marks only
            found += self.rows(query, (site, *part))
        return found

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        with self.errors():
            touched: int = self.database.connection().executemany(sql, rows).rowcount
            return touched

    def insert_events(self, rows: Sequence[Row]) -> int:
        return self.run_many(_INSERT, rows)

    def sizes(self) -> dict[str, int]:
        log = self.path.with_name(self.path.name + "-wal")
        files = {"ledger": self.path, "log": log}
        return {name: path.stat().st_size if path.exists() else 0 for name, path in files.items()}

    def scan(self, where: str, params: Sequence[object], limit: int | None) -> Columns:
        names = ", ".join(SCAN_COLUMNS)
        query = f"SELECT {names} FROM event WHERE {where} ORDER BY id LIMIT ?"  # noqa: S608 - our own columns
        parts: list[list[NDArray[Any]]] = []
        with self.errors():
            cursor = self.database.connection().execute(query, (*params, -1 if limit is None else limit))
            # In pieces that fit the processor's cache: twice as fast as all rows first and then all columns.
            while rows := cursor.fetchmany(_PIECE):
                cells = zip(*rows, strict=True)
                parts.append([np.array(cell, kind) for cell, kind in zip(cells, _KINDS, strict=True)])
        whole = [np.concatenate(part) for part in zip(*parts, strict=True)] or [np.empty(0, kind) for kind in _KINDS]
        return columns(whole[:-1], whole[-1])
