"""Postgres' quirks: psycopg 3, an advisory lock around writers, arrays as parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import peewee
import psycopg
from numpy.typing import NDArray

from collector.store.engine import EVENT_COLUMNS, SCAN_COLUMNS, Engine, Row, columns
from collector.store.protocol import Columns

# Any two numbers do, as long as they stay the same; advisory locks belong to one database of the server.
WRITER_LOCK = 0x64657369
# A server that does not even refuse must not hold a thread for minutes, nor one that went away for the two hours after
# which the system looks by itself. What the address says goes first.
WAITS = {
    "connect_timeout": 5,
    "keepalives_idle": 60,
    "keepalives_interval": 15,
    "keepalives_count": 4,
    "tcp_user_timeout": 120_000,
}
# A writer from which the server hears nothing in the middle of its transaction, because its machine died or stands
# still, loses it and with it the lock that all others wait for.
IDLE_MS = 300_000
MIGRATION_LOCK = 0x64657370
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEGIN = "SELECT set_config('idle_in_transaction_session_timeout', %s, true), pg_advisory_xact_lock(%s)"
_COPY_IN = f"COPY event ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
# Arrays without nulls come in binary as 20 bytes of header and, for each element, a four-byte length and the bytes,
# big-endian (array_send in Postgres' arrayfuncs.c), so numpy reads them as they are.
_HEADER = 20
_WHOLE = np.dtype([("length", ">i4"), ("cell", ">i8")])
_FLOAT = np.dtype([("length", ">i4"), ("cell", ">f8")])
_CASTS = {"bot": "bot::bigint", "value": "coalesce(value, 'NaN') AS value"}
_ARRAYS = ", ".join(f"array_agg({name})" for name in SCAN_COLUMNS)
_SCANNED = ", ".join(_CASTS.get(name, name) for name in SCAN_COLUMNS)


@lru_cache(maxsize=1_024)
def _numbered(text: str) -> str:
    return text.replace("?", "%s")


def _cells(array: bytes | None, layout: np.dtype[np.void]) -> NDArray[Any]:
    """The elements of a binary array; none where the aggregate had no rows."""
    return np.frombuffer(array or b"", layout, offset=_HEADER if array else 0)["cell"]


class PostgresEngine(Engine):
    """A database of a Postgres server, 13 or later."""

    driver_error = psycopg.Error

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()

    def _open(self) -> peewee.Database:
        waits: dict[str, Any] = {name: value for name, value in WAITS.items() if name not in self.url}
        return peewee.PostgresqlDatabase(self.url, prefer_psycopg3=True, **waits)

    def sql(self, text: str) -> str:
        return _numbered(text)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # The lock is let go after the commit is visible, so whoever sees an id has seen every smaller one.
        with self.database.atomic():
            self.database.connection().execute(_BEGIN, (str(IDLE_MS), WRITER_LOCK))
            yield

    @contextmanager
    def _migrating(self) -> Iterator[None]:
        connection = self.database.connection()
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))

    def within(self, column: str, kind: str = "bigint") -> str:
        # A sub-select rather than ANY: a long list is hashed or looked up in the index, never compared in turn.
        return f"{column} IN (SELECT unnest(?::{kind}[]))"

    def many(self, values: Sequence[int] | Sequence[str]) -> object:
        return list(values)

    def each(self) -> str:
        return "unnest(?::text[])"

    def contains(self, column: str) -> str:
        return f"position(? in {column}) > 0"

    def props(self, text: str) -> str:
        return text.replace("e.props", "e.props::text")

    @contextmanager
    def erasing(self) -> Iterator[None]:
        # Postgres reuses the space of deleted rows when its own vacuum has passed; nothing to prepare.
        yield

    def _execute(self, sql: str, params: Sequence[object]) -> Any:
        try:
            return super()._execute(sql, params)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # A restarted server closes every connection, but a transaction that was cut cannot simply go on.
            if self.database.in_transaction() or not self._drop_broken():
                raise
            return super()._execute(sql, params)

    def ready(self) -> None:
        self.row("SELECT 1")

    def uid(self, text: str) -> object:
        canonical = text.lower()
        return canonical if _UUID.fullmatch(canonical) else str(UUID(text))

    def known_events(self, site: int, uids: Sequence[object]) -> list[Row]:
        query = "SELECT uid::text, kind, created FROM event WHERE site = ? AND uid = ANY(?::uuid[])"
        return self.rows(query, (site, list(uids)))

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        with self.errors(), self.database.connection().cursor() as cursor:
            cursor.executemany(self.sql(sql), rows)
            touched: int = cursor.rowcount
            return touched

    def insert_events(self, rows: Sequence[Row]) -> int:
        # COPY knows no ON CONFLICT: the writers' lock keeps what `known_events` found true until the commit.
        with self.errors(), self.database.connection().cursor() as cursor:
            with cursor.copy(_COPY_IN) as copy:
                for row in rows:
                    copy.write_row(row)
            touched: int = cursor.rowcount
            return touched

    def sizes(self) -> dict[str, int]:
        row = self.row("SELECT pg_database_size(current_database())")
        return {"ledger": int(row[0])} if row else {}

    def scan(self, where: str, params: Sequence[object], limit: int | None) -> Columns:
        # One row of arrays: a driver spends most of its time on making a Python object of every cell.
        chosen = f"SELECT {_SCANNED} FROM event WHERE {where} ORDER BY id LIMIT ?"  # noqa: S608 - our own columns
        query = self.sql(f"SELECT {_ARRAYS} FROM ({chosen}) AS chosen")  # noqa: S608
        with self.errors(), self.database.connection().cursor(binary=True) as cursor:
            result = cursor.execute(query, (*params, limit)).pgresult
            cells = [result.get_value(0, number) for number in range(len(SCAN_COLUMNS))]
        whole = [_cells(data, _WHOLE).astype(np.int64) for data in cells[:-1]]
        return columns(whole, _cells(cells[-1], _FLOAT).astype(np.float64))

    def _drop_broken(self) -> bool:
        broken = not self.database.is_closed() and self.database.connection().closed
        if broken and not self.database.in_transaction():
            self.database.close()
        return bool(broken)
