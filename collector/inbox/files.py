"""The files of a box: `.sqlite3` its records, `.lock` held while its worker lives, `.done` how far the loader is,
`.wipe` there while somebody who was erased may still be in freed pages.

A name is random and made anew for every file, so that a mark kept in the ledger never fits a later file.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

SCHEMA = "CREATE TABLE IF NOT EXISTS record (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"


@dataclass(frozen=True, slots=True)
class BoxFiles:
    """Paths of the box called `name` in `folder`."""

    folder: Path
    name: str

    @property
    def records(self) -> Path:
        return self.folder / f"box-{self.name}.sqlite3"

    @property
    def lock(self) -> Path:
        return self.folder / f"box-{self.name}.lock"

    @property
    def done(self) -> Path:
        return self.folder / f"box-{self.name}.done"

    @property
    def wipe(self) -> Path:
        return self.folder / f"box-{self.name}.wipe"

    def remove(self) -> None:
        """Delete every file of the box, the lock last: who sees no lock sees no box."""
        side = [self.records.with_name(self.records.name + end) for end in ("-wal", "-shm", "-journal")]
        for path in (self.records, *side, self.done, self.wipe, self.lock):
            path.unlink(missing_ok=True)


def new_box(folder: Path) -> tuple[BoxFiles, int]:
    """A box with a name that no box ever had, and the descriptor that holds its lock."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = BoxFiles(folder, uuid4().hex)
    fresh = files.lock.with_suffix(".new")
    lock = hold(fresh)
    if lock is None:
        raise RuntimeError(f"{fresh} is held although its name is new")
    # Held before it can be seen, so that the loader never takes a box that is just being made for an orphan.
    fresh.rename(files.lock)
    return files, lock


def all_boxes(folder: Path) -> list[BoxFiles]:
    """The boxes there are, those without records too (a worker may just be making them)."""
    return [BoxFiles(folder, path.name[4:-5]) for path in sorted(folder.glob("box-*.lock"))]


def hold(path: Path, create: bool = True) -> int | None:
    """Lock `path` exclusively for this process's life; a descriptor, or None where another process holds it.

    Raises:
        FileNotFoundError: `path` is gone and `create` is false.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def read_done(files: BoxFiles) -> int:
    """The greatest seq that the ledger holds, as the loader last told."""
    try:
        first, second = files.done.read_text().split()
        return int(first) if first == second else 0
    except (OSError, ValueError):
        return 0


def write_done(files: BoxFiles, seq: int) -> None:
    """Tell the worker that every record up to `seq` is in the ledger. Only a hint: it needs no fsync.

    In place, because a file system makes sure that what replaces a file is on disk, at the cost of an fsync; and twice,
    so that who reads while it is written, or after a power cut, does not take half a number for one.
    """
    descriptor = os.open(files.done, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(descriptor, b"%020d %020d\n" % (seq, seq), 0)
    finally:
        os.close(descriptor)


def connect(path: Path) -> sqlite3.Connection:
    """A writing connection: a commit is on disk when it returns."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(SCHEMA)
    return connection
