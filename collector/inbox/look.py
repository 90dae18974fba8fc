"""What waits in the inbox and whether a loader runs, for whoever only wants to know."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from collector.inbox.files import BoxFiles, all_boxes, read_done
from collector.inbox.record import decode

_SUMS = "SELECT count(*), coalesce(sum(length(body)), 0) FROM record WHERE seq > ? AND length(body) > 0"
_FIRST = "SELECT body FROM record WHERE seq > ? AND length(body) > 0 ORDER BY seq LIMIT 1"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one box holds that the ledger does not: records, their bytes, when the first came (ms UTC; 0: none)."""

    records: int
    bytes: int
    since: int


def waiting(folder: Path) -> Sequence[Waiting]:
    """What waits in every box, as far as the loader has told; a box that cannot be read just now is left out."""
    found = []
    for files in all_boxes(folder):
        try:
            found.append(look(files))
        except sqlite3.Error:
            continue
    return found


def look(files: BoxFiles, patience: float = 1) -> Waiting:
    """What waits in one box, as far as the loader has told.

    Args:
        patience: seconds to wait for whoever holds it.

    Raises:
        sqlite3.Error: it cannot be read just now, or at all.
    """
    done = read_done(files)
    address = f"{files.records.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=patience)) as connection:
        records, size = connection.execute(_SUMS, (done,)).fetchone()
        first = connection.execute(_FIRST, (done,)).fetchone()
    return Waiting(records, size, _received(first[0]) if first else 0)


def _received(body: bytes) -> int:
    try:
        return decode(body).received
    except (ValueError, KeyError, TypeError):
        return 0


def held(path: Path) -> bool:
    """Whether a process holds the lock that `files.hold` takes; asking does not keep anybody from taking it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
