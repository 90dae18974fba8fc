"""One connection a thread, transactions, locks and the few words in which engines differ."""

from __future__ import annotations

import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import peewee
from numpy.typing import NDArray
from playhouse.migrations import Runner

from collector.store.protocol import Columns, Int64, LedgerDown

Row = tuple[Any, ...]
EVENT_COLUMNS = (
    "site",
    "uid",
    "visitor",
    "time",
    "received",
    "created",
    "sent",
    "kind",
    "page",
    "source",
    "agent",
    "bot",
    "value",
    "query",
    "referrer",
    "pageview",
    "props",
)
SCAN_COLUMNS = ("id", "visitor", "time", "kind", "page", "source", "agent", "bot", "value")
# What is wrong with a statement or its values; every other error of a driver is about the database itself.
# ProgramLimitExceeded: a value too large for an index of Postgres, which calls that an operational error.
_STATEMENT = ("IntegrityError", "ProgrammingError", "DataError", "NotSupportedError", "ProgramLimitExceeded")
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
# Connections of the parent process: kept for ever in a child, because closing them there would disturb the parent's.
_inherited: list[object] = []


def columns(whole: list[Int64], value: NDArray[np.float64]) -> Columns:
    """`Columns` from the whole-numbered `SCAN_COLUMNS` and the last one."""
    return Columns(**dict(zip(SCAN_COLUMNS, whole, strict=False)), value=value)


class Engine(ABC):
    """A database: SQL is written once with `?` for parameters; subclasses hold what differs.

    A connection belongs to one thread of one process: it is opened at first use, and a forked child starts afresh.
    """

    driver_error: type[Exception]

    def __init__(self) -> None:
        self._renew()
        _engines.add(self)

    def _renew(self) -> None:
        self.database: Any = self._open()
        self.serial = threading.RLock()

    def abandon(self) -> None:
        """Leave every connection of this engine to the parent process (called in a forked child)."""
        _inherited.append(self.database)
        self._renew()

    @abstractmethod
    def _open(self) -> peewee.Database:
        """A peewee database that connects lazily, once a thread."""

    @abstractmethod
    def _exclusive(self) -> AbstractContextManager[None]:
        """Held around a write transaction where the engine does not queue its writers fairly by itself."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """A write transaction, the only one of the whole ledger while it lasts."""

    @abstractmethod
    def _migrating(self) -> AbstractContextManager[None]:
        """The lock that keeps other processes from migrating."""

    @abstractmethod
    def within(self, column: str, kind: str = "bigint") -> str:
        """SQL that is true where `column`, of the SQL type `kind`, is among the values bound as `many(values)`."""

    @abstractmethod
    def many(self, values: Sequence[int] | Sequence[str]) -> object:
        """Values as one bound parameter, for `within` and `each`."""

    @abstractmethod
    def each(self) -> str:
        """SQL that ends a SELECT's list with one row for each text bound as `many(texts)`."""

    @abstractmethod
    def uid(self, text: str) -> object:
        """An event id as this engine stores it; ValueError where it is no uuid."""

    @abstractmethod
    def known_events(self, site: int, uids: Sequence[object]) -> list[Row]:
        """(uid, kind, created) of those of `uids` that the site has events of."""

    @abstractmethod
    def insert_events(self, rows: Sequence[Row]) -> int:
        """Store rows of `EVENT_COLUMNS`, new ones only, with ids in the order given; how many the database took.
        Inside `writing`."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of the database (`ledger`) and of a log beside it (`log`)."""

    @abstractmethod
    def scan(self, where: str, params: Sequence[object], limit: int | None) -> Columns:
        """The events that fit `where`, in order of id."""

    @abstractmethod
    def contains(self, column: str) -> str:
        """SQL that is true where the text or the bytes of `column` contain the bound ones."""

    def props(self, text: str) -> str:
        """`text`, a select list, with `e.props` as JSON text."""
        return text

    @abstractmethod
    def erasing(self) -> AbstractContextManager[None]:
        """Held around an erasing transaction: what it deletes is really gone afterwards, as far as is possible."""

    def sql(self, text: str) -> str:
        """`text` with this engine's parameter marks."""
        return text

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self.errors():
            found: list[Row] = self._execute(sql, params).fetchall()
            return found

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement; the number of rows it touched."""
        with self.errors():
            touched: int = self._execute(sql, params).rowcount
            return touched

    def _execute(self, sql: str, params: Sequence[object]) -> Any:
        return self.database.connection().execute(self.sql(sql), params)

    def ready(self) -> None:  # noqa: B027 - a file is always there
        """Replace this thread's connection where the server let go of it since it was last used."""

    @abstractmethod
    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Run a statement once for each of `rows`; the number of rows it touched."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction. Writers queue up: ids given out inside grow in the order of the commits.

        Raises:
            LedgerDown: the database cannot be reached, is locked, full or broken; nothing was written.
            RuntimeError: this thread is inside one already, and would wait for itself.
        """
        if self.database.in_transaction():
            raise RuntimeError("a write transaction inside another")
        with self.serial, self._exclusive(), self.errors():
            self.ready()
            with self._transaction():
                yield

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the drivers' errors about the database itself into `LedgerDown`, and drop a connection that broke."""
        try:
            yield
        except (peewee.DatabaseError, peewee.InterfaceError, self.driver_error) as error:
            # PEP 249 gives these names to the errors of every driver, and they have subclasses; peewee's hold them.
            told = [error, *(part for part in error.args if isinstance(part, Exception))]
            if any(kind.__name__ in _STATEMENT for one in told for kind in type(one).__mro__):
                raise
            self._drop_broken()
            raise LedgerDown(str(error)) from error

    def _drop_broken(self) -> bool:
        """Close this thread's connection where it cannot be used any more; whether that was so."""
        return False

    def migrate(self, directory: Path, history: str) -> None:
        """Apply the numbered migrations of `directory` that the table `history` does not name, under a lock."""
        with self.serial, self.errors(), self._migrating():
            Runner(self.database, str(directory), table_name=history).up()

    def pending(self, directory: Path, history: str) -> bool:
        """Whether a migration of `directory` was not applied yet."""
        with self.errors():
            return any(
                one.applied is None for one in Runner(self.database, str(directory), table_name=history).status()
            )

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.database.is_closed():
            self.database.close()


def _leave_to_parent() -> None:
    for engine in list(_engines):
        engine.abandon()


os.register_at_fork(after_in_child=_leave_to_parent)
