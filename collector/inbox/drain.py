"""The reading side, for the loader: boxes in the folder, their records in order, and their end."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from collector.inbox.files import BoxFiles, all_boxes, connect, hold, write_done

# A look at a box that has gathered large records for hours must not fill the memory.
MOST_BYTES = 16 * 2**20


class BoxReader:
    """One box, read while its worker writes. Nothing is written to it before the worker is gone."""

    def __init__(self, files: BoxFiles) -> None:
        self.files = files
        self._connection: sqlite3.Connection | None = None
        self._told = 0

    @property
    def name(self) -> str:
        """The name that marks in the ledger go by."""
        return self.files.name

    def read(self, after: int, limit: int, most: int = MOST_BYTES) -> list[tuple[int, bytes]]:
        """Records (seq, body) with a seq greater than `after`, in order; none while the file is made.

        Args:
            limit: how many at most.
            most: after so many bytes no further record is read.
        """
        rows: list[tuple[int, bytes]] = []
        size = 0
        try:
            if self._connection is None:
                self._connection = self._open()
            query = "SELECT seq, body FROM record WHERE seq > ? ORDER BY seq LIMIT ?"
            with closing(self._connection.execute(query, (after, limit))) as found:
                for seq, body in found:
                    rows.append((int(seq), bytes(body)))
                    size += len(body)
                    if size >= most:
                        break
        except sqlite3.OperationalError:
            # Not made yet, or busy being recovered: the next look finds it.
            self.close()
            return []
        return rows

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.files.records.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=1
        )

    def tell(self, seq: int) -> None:
        """Tell the worker that the ledger holds everything up to `seq`, unless it has been told."""
        if seq > self._told:
            write_done(self.files, seq)
            self._told = seq

    def take_over(self) -> Orphan | None:
        """The box for oneself, where its worker is gone."""
        try:
            lock = hold(self.files.lock, create=False)
        except FileNotFoundError:
            return None
        if lock is None:
            return None
        self.close()
        return Orphan(self.files, lock)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Orphan(BoxReader):
    """A box without a worker: drained by the loader, then removed."""

    def __init__(self, files: BoxFiles, lock: int) -> None:
        super().__init__(files)
        self._lock = lock

    def _open(self) -> sqlite3.Connection:
        # A writing connection recovers the log that a killed worker left behind.
        return connect(self.files.records)

    def empty_after(self, seq: int) -> bool:
        """Whether no record follows `seq`. Raises sqlite3.Error where the file cannot be read: then it must stay."""
        if not self.files.records.exists():
            return True
        if self._connection is None:
            self._connection = self._open()
        return self._connection.execute("SELECT 1 FROM record WHERE seq > ? LIMIT 1", (seq,)).fetchone() is None

    def remove(self) -> None:
        """Delete the box and let go of it."""
        self.close()
        self.files.remove()
        self.release()

    def release(self) -> None:
        """Let go of the lock."""
        self.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def readers(folder: Path, known: dict[str, BoxReader]) -> dict[str, BoxReader]:
    """A reader for every box in `folder`; those in `known` are kept, those of removed boxes closed."""
    found = {files.name: files for files in all_boxes(folder)}
    for name, reader in known.items():
        if name not in found:
            reader.close()
    return {name: known.get(name) or BoxReader(files) for name, files in found.items()}
