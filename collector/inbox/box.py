"""The writing side: `Inbox.put` returns when the record is on disk; one thread commits what has gathered."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from collector.inbox.files import connect, new_box, read_done

log = logging.getLogger(__name__)

GROUP = 128
# How many loaded records one commit deletes at most: a long delete would make a request wait.
DELETE_AT_ONCE = 1_000
LOOK_EVERY = 0.25
# How many times the floor of free bytes is where the disk begins to be short.
SCARCE = 2
WAIT = 10.0
FULL_RETRY = 5
# A box is rewritten only while little waits in it: nobody is answered meanwhile.
WIPE_BYTES = 8 * 2**20
COMPLAIN_EVERY = 10.0
_INSERT = "INSERT INTO record (body) VALUES (?)"


class InboxFull(Exception):  # noqa: N818 - a state of the disk, not a mistake
    """No room, or no disk that takes writes: come back in `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: int = FULL_RETRY) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written where `folder` is; -1 where it is gone."""
    try:
        space = os.statvfs(folder)
    except OSError:
        return -1
    return space.f_bavail * space.f_frsize


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One record, and who is to be told what became of it."""

    body: bytes
    tell: Callable[[Exception | None], None]


def _nobody() -> None:
    """Nobody else waits for a commit."""


def _unseen(records: int, seconds: float) -> None:
    """Nobody looks at how long commits take."""


class Inbox:
    """A worker's own box of records.

    Args:
        folder: where boxes live; local disk.
        max_bytes: bytes of records not yet in the ledger, beyond which `put` refuses.
        disk_floor: free bytes on the disk, below which `put` refuses.
        max_pages: a limit for SQLite's file in pages, 0 for none (tests fill a disk with it).

    Attributes:
        settled: called by the inbox's thread each time it has told everybody of a commit.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int = 512 * 2**20,
        disk_floor: int = 200 * 2**20,
        max_pages: int = 0,
    ) -> None:
        self.files, self._lock = new_box(folder)
        self._paths = (str(self.files.lock), str(self.files.records))
        self.settled: Callable[[], None] = _nobody
        self._max_bytes = max_bytes
        self._disk_floor = disk_floor
        self._max_pages = max_pages
        self.committed: Callable[[int, float], None] = _unseen
        try:
            self._connection: sqlite3.Connection | None = self._connect()
        except sqlite3.Error:
            self.files.remove()
            os.close(self._lock)
            raise
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._kept: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._deleted = 0
        self._told = 0
        self._looked = 0.0
        self._wipe_looked = 0.0
        self._wipe_asked = 0
        self._wipe_upto = 0
        self._disk_checked = 0.0
        self._disk_low = False
        self._scarce = False
        self._complained = -COMPLAIN_EVERY
        self._closing = False
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Bytes of records that the ledger is not known to hold."""
        return self._bytes

    @property
    def scarce(self) -> bool:
        """Whether the disk comes near the floor, as of the last record: what is worth least should wait elsewhere."""
        return self._scarce

    @property
    def gone(self) -> bool:
        """Whether somebody removed the box's files: it takes nothing more, a new one must be made."""
        return self._gone

    def put(self, body: bytes) -> None:
        """Keep `body`; returns after the commit.

        Raises:
            InboxFull: too much waits for the ledger, too little disk is free, or the disk refused the write.
        """
        told: SimpleQueue[Exception | None] = SimpleQueue()
        self.put_later(body, told.put)
        try:
            error = told.get(timeout=WAIT)
        except Empty:
            raise InboxFull("slow") from None
        if error is not None:
            raise error

    def put_later(self, body: bytes, tell: Callable[[Exception | None], None]) -> None:
        """Keep `body`, and return before it is on disk.

        Args:
            tell: called once by the inbox's thread, with None after the commit or with what kept it from happening.
                It must be quick and raise nothing: others wait behind it.

        Raises:
            InboxFull: too much waits for the ledger, or too little disk is free; `tell` is not called.
        """
        self._check_room(len(body))
        self._queue.put(_Waiting(body, tell))

    def close(self) -> None:
        """Commit what waits, close the file and let go of it; the loader takes what is left."""
        if self._closing:
            return
        self._closing = True
        self._queue.put(None)
        self._thread.join(WAIT)
        with suppress(Empty):
            while True:  # came in while closing: not kept, and told so
                late = self._queue.get_nowait()
                if late is not None:
                    late.tell(InboxFull("closing", 1))
        self.settled()
        if self._thread.is_alive():
            # The disk stands still, and the thread is in the middle of a write: its files are let go of with the
            # process. What it was to end with may just have been taken out.
            self._queue.put(None)
            return
        if self._connection is not None:
            self._connection.close()
        os.close(self._lock)

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.files.records)
        self._inodes = (os.fstat(self._lock).st_ino, os.stat(self.files.records).st_ino)
        if self._max_pages:
            connection.execute(f"PRAGMA max_page_count = {int(self._max_pages)}")
        return connection

    def probe(self) -> None:
        """Commit an empty record, which the loader passes over. InboxFull where the disk does not take it."""
        self.put(b"")

    def _check_room(self, size: int) -> None:
        if self._closing or self._gone:
            raise InboxFull("closing", 1)
        if self._bytes + size > self._max_bytes:
            raise InboxFull("behind")
        now = time.monotonic()
        if now - self._disk_checked > 1:
            self._disk_checked = now
            free = free_bytes(self.files.folder)
            self._disk_low = free < self._disk_floor
            self._scarce = free < SCARCE * self._disk_floor
        if self._disk_low:
            raise InboxFull("disk")

    def _run(self) -> None:
        while True:
            group, last = self._gather()
            if group:
                begun = time.perf_counter()
                self._commit_group(group)
                self.committed(len(group), time.perf_counter() - begun)
                self.settled()
            elif not last:
                self._tidy()
            self._wipe()
            if last:
                return

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """What has arrived while the last commit ran, and whether this is the end."""
        try:
            item = self._queue.get(timeout=LOOK_EVERY)
        except Empty:
            return [], False
        group: list[_Waiting] = []
        while item is not None:
            group.append(item)
            if len(group) == GROUP:
                return group, False
            try:
                item = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit_group(self, group: Sequence[_Waiting]) -> None:
        try:
            self._write(group)
        except Exception as error:  # noqa: BLE001 - every waiting request must get an answer
            self._rollback()
            if len(group) == 1:
                group[0].tell(self._explain(error))
                return
            # One record that cannot be written must not fail its neighbours (C1.3).
            for waiting in group:
                self._commit_group([waiting])
            return
        for waiting in group:
            waiting.tell(None)

    def _write(self, group: Sequence[_Waiting]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        deleted = self._delete(connection)
        # This is the file's only writer, so the records that follow the first get the numbers that follow its own.
        first = int(connection.execute(_INSERT, (group[0].body,)).lastrowid or 0)
        if len(group) > 1:
            connection.executemany(_INSERT, [(waiting.body,) for waiting in group[1:]])
        connection.execute("COMMIT")
        if not self._is_findable():
            # Somebody removed the file while it was open: nobody will ever read what was just written to it.
            self._gone = True
            raise InboxFull("gone", 1)
        self._forget(deleted)
        for offset, waiting in enumerate(group):
            self._kept.append((first + offset, len(waiting.body)))
            self._bytes += len(waiting.body)

    def _is_findable(self) -> bool:
        """Whether the loader can find the box: its files are still those that are open here."""
        try:
            lock, records = map(os.stat, self._paths)
        except OSError:
            return False
        return (lock.st_ino, records.st_ino) == self._inodes

    def _delete(self, connection: sqlite3.Connection) -> int:
        """Delete records that the ledger holds, a limited number; the greatest seq deleted."""
        now = time.monotonic()
        if now - self._looked > LOOK_EVERY:
            self._looked = now
            self._told = read_done(self.files)
        upto = min(self._told, self._deleted + DELETE_AT_ONCE)
        if upto > self._deleted:
            connection.execute("DELETE FROM record WHERE seq <= ?", (upto,))
        return upto

    def _forget(self, upto: int) -> None:
        self._deleted = max(self._deleted, upto)
        while self._kept and self._kept[0][0] <= upto:
            self._bytes -= self._kept.popleft()[1]

    def _tidy(self) -> None:
        """Delete what the ledger holds while nothing arrives."""
        if not self._kept or self._connection is None:
            return
        try:
            while read_done(self.files) > self._deleted and self._queue.empty():
                before = self._deleted
                self._looked = 0.0
                self._connection.execute("BEGIN IMMEDIATE")
                upto = self._delete(self._connection)
                self._connection.execute("COMMIT")
                self._forget(upto)
                if self._deleted == before:
                    break
        except sqlite3.Error as error:
            self._complain(error)
            self._rollback()

    def _wipe(self) -> None:
        """Where somebody was erased: once all that was here then is loaded, leave no byte of it in file or log."""
        now = time.monotonic()
        if now - self._wipe_looked < LOOK_EVERY or self._connection is None:
            return
        self._wipe_looked = now
        try:
            asked = os.stat(self.files.wipe).st_mtime_ns
        except OSError:
            self._wipe_asked = 0
            return
        if asked != self._wipe_asked:
            self._wipe_asked, self._wipe_upto = asked, self._kept[-1][0] if self._kept else self._deleted
        if self._deleted < self._wipe_upto or self._bytes > WIPE_BYTES:
            return
        try:
            self._connection.execute("VACUUM")
            (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy and os.stat(self.files.wipe).st_mtime_ns == asked:
                self.files.wipe.unlink()
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
            self._rollback()

    def _rollback(self) -> None:
        """Leave the failed transaction; a connection that cannot even do that is opened anew by the next write."""
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            broken, self._connection = self._connection, None
            with suppress(sqlite3.Error):
                broken.close()

    def _complain(self, error: Exception) -> None:
        """Say in the log that the disk refuses, not at every request: the log may be on the same disk."""
        now = time.monotonic()
        if now - self._complained > COMPLAIN_EVERY:
            self._complained = now
            log.error("inbox: the disk refuses writes: %s", error)

    def _explain(self, error: Exception) -> Exception:
        """A disk that refuses is a reason to come back, anything else is the record's own fault."""
        own_fault = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError)
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, own_fault):
            self._complain(error)
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR and self._connection is not None:
                self._connection.close()
                self._connection = None
            return InboxFull("disk")
        return error
