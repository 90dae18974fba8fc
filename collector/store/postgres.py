"""Postgres' quirks: psycopg 3, an advisory lock around writers, arrays as parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from uuid import UUID

import numpy as np
import peewee
import psycopg

from collector.store.engine import EVENT_COLUMNS, SCAN_COLUMNS, Engine, Row, columns
from collector.store.protocol import Columns

# Any two numbers do, as long as they stay the same; advisory locks belong to one database of the server.
WRITER_LOCK = 0x64657369
MIGRATION_LOCK = 0x64657370
_COPY_IN = f"COPY event ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
# Binary COPY of not-null columns of eight bytes: every row has the same length, so numpy reads it as it comes. A row
# is a two-byte number of fields, then for each a four-byte length and the bytes, big-endian (Postgres manual, COPY).
_ROW = np.dtype(
    [("fields", ">i2")]
    + [
        item
        for name in SCAN_COLUMNS
        for item in ((f"{name}_length", ">i4"), (name, ">f8" if name == "value" else ">i8"))
    ]
)
_HEADER, _TRAILER = 19, 2
_SCANNED = ", ".join(SCAN_COLUMNS[:-2]) + ", bot::bigint, coalesce(value, 'NaN')"


@lru_cache(maxsize=1_024)
def _numbered(text: str) -> str:
    return text.replace("?", "%s")


class PostgresEngine(Engine):
    """A database of a Postgres server, 13 or later."""

    driver_errors = (psycopg.OperationalError, psycopg.InterfaceError)

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()

    def _open(self) -> peewee.Database:
        return peewee.PostgresqlDatabase(self.url, prefer_psycopg3=True)

    def sql(self, text: str) -> str:
        return _numbered(text)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # The lock is let go after the commit is visible, so whoever sees an id has seen every smaller one.
        with self.database.atomic():
            self.database.connection().execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK,))
            yield

    @contextmanager
    def _migrating(self) -> Iterator[None]:
        connection = self.database.connection()
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))

    def within(self, column: str) -> str:
        return f"{column} = ANY(?)"

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

    def uid(self, text: str) -> object:
        return UUID(text)

    def known_uids(self, site: int, uids: Sequence[object]) -> list[object]:
        query = "SELECT uid FROM event WHERE site = ? AND uid = ANY(?)"
        return [row[0] for row in self.rows(query, (site, list(uids)))]

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        if rows:
            with self.errors(), self.database.connection().cursor() as cursor:
                cursor.executemany(self.sql(sql), rows)

    def insert_events(self, rows: Sequence[Row]) -> None:
        # COPY knows no ON CONFLICT: the writers' lock keeps what `known_uids` found true until the commit.
        with self.errors(), self.database.connection().cursor() as cursor, cursor.copy(_COPY_IN) as copy:
            for row in rows:
                copy.write_row(row)

    def scan(self, where: str, params: Sequence[object], limit: int | None) -> Columns:
        query = f"SELECT {_SCANNED} FROM event WHERE {where} ORDER BY id LIMIT ?"  # noqa: S608 - our own columns
        copy_out = self.sql(f"COPY ({query}) TO STDOUT (FORMAT BINARY)")
        with (
            self.errors(),
            psycopg.ClientCursor(self.database.connection()) as cursor,
            cursor.copy(copy_out, (*params, limit)) as copy,
        ):
            data = b"".join(copy)
        rows = np.frombuffer(data, _ROW, count=(len(data) - _HEADER - _TRAILER) // _ROW.itemsize, offset=_HEADER)
        return columns([rows[name].astype(np.int64) for name in SCAN_COLUMNS[:-1]], rows["value"].astype(np.float64))

    def _drop_broken(self) -> None:
        if not self.database.is_closed() and self.database.connection().closed:
            self.database.close()
