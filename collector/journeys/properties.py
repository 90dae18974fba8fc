"""Property columns: read from the ledger at their first use, kept beside the view, read on as events come."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TextIO

import numpy as np

from collector.atomic import replace_text
from collector.core.deadline import Stopped, check, progress
from collector.core.event import Json
from collector.journeys.files import load
from collector.journeys.journeys import PropertyColumn
from collector.journeys.memo import Memo
from collector.journeys.part import Int32, Int64, Part
from collector.store.protocol import Ledger

_MOST_PIECES = 8
# Ids of events that are asked of the ledger at once: between two such pieces a question may be stopped.
_SLICE = 200_000
# How often who waits for another to read a property looks whether it may wait on.
_LOOK = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Events with the property, by ascending id, up to event `upto`: `code` is an index into `values`."""

    upto: int
    id: Int64
    code: Int32
    values: Sequence[Json]


class LedgerProperties:
    """`Properties` over a ledger, with files in `folder`. Several processes may read and extend the same files."""

    def __init__(self, ledger: Ledger, site: int, folder: Path, head: int) -> None:
        self._ledger, self._site, self._folder, self._head = ledger, site, folder, head
        self._known = Memo()
        self._lock = Lock()

    def column(self, part: Part, name: str) -> PropertyColumn:
        """The column of a property; all -1 where nobody ever sent it."""
        return part.memo.get(("property", name), lambda: _on_rows(self._stored(name), part))

    def names(self) -> Sequence[str]:
        """Names of properties that events had lately, most used first."""
        return self._ledger.property_names(self._site)

    def _stored(self, name: str) -> Stored:
        while not self._lock.acquire(timeout=_LOOK):
            check()
        try:
            return self._known.get(name, lambda: self._brought_up(name))
        finally:
            self._lock.release()

    def _brought_up(self, name: str) -> Stored:
        folder = self._folder / blake2b(name.encode(), digest_size=12).hexdigest()
        stored = _read(folder)
        if stored.upto >= self._head:
            return stored
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock, _alone(lock):
            stored = _read(folder)
            if stored.upto < self._head:
                stored = self._extend(folder, name, stored)
        return stored

    def _extend(self, folder: Path, name: str, stored: Stored) -> Stored:
        """Read on to the head. Who is stopped on the way leaves what was read to the next who asks."""
        values = list(stored.values)
        places = {json.dumps(value, sort_keys=True): place for place, value in enumerate(values)}
        ids: list[int] = []
        codes: list[int] = []
        upto = stored.upto
        try:
            while upto < self._head:
                check()
                end = min(upto + _SLICE, self._head)
                for number, value in self._ledger.property_values(self._site, name, upto, end):
                    place = places.setdefault(json.dumps(value, sort_keys=True), len(values))
                    if place == len(values):
                        values.append(value)
                    ids.append(number)
                    codes.append(place)
                upto = end
                progress((upto - stored.upto) / (self._head - stored.upto))
        except Stopped:
            if upto > stored.upto:
                _write(folder, stored, ids, codes, values, upto)
            raise
        return _write(folder, stored, ids, codes, values, self._head)


@contextmanager
def _alone(lock: TextIO) -> Iterator[None]:
    """Hold a file's lock, which closing it gives back."""
    while True:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            check()
            time.sleep(_LOOK)
        else:
            break
    yield


def _read(folder: Path) -> Stored:
    try:
        index = json.loads((folder / "index.json").read_text())
        values = json.loads((folder / index["values"]).read_text())
        pieces = [load(folder / name) for name in index["pieces"]]
    except (OSError, ValueError, KeyError):
        return Stored(0, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), [])
    both = np.concatenate([np.empty((2, 0), dtype=np.int64), *pieces], axis=1)
    return Stored(index["upto"], both[0], both[1].astype(np.int32), values)


def _write(folder: Path, old: Stored, ids: list[int], codes: list[int], values: list[Json], upto: int) -> Stored:
    """Add a piece (or write all as one where there are many), then the index that names what counts."""
    added = np.array([ids, codes], dtype=np.int64).reshape(2, -1)
    whole = np.concatenate([np.stack([old.id, old.code.astype(np.int64)]), added], axis=1)
    try:
        before = json.loads((folder / "index.json").read_text())
    except (OSError, ValueError):
        before = {"pieces": [], "values": ""}
    pieces = [*before["pieces"], f"piece-{upto}.npy"] if len(before["pieces"]) < _MOST_PIECES else [f"all-{upto}.npy"]
    np.save(folder / pieces[-1], whole if len(pieces) == 1 else added)
    texts = f"values-{upto}.json"
    (folder / texts).write_text(json.dumps(values))
    replace_text(folder / "index.json", json.dumps({"upto": upto, "pieces": pieces, "values": texts}))
    for path in folder.iterdir():
        if path.name not in {"lock", "index.json", texts, *pieces}:
            path.unlink(missing_ok=True)
    return Stored(upto, whole[0], whole[1].astype(np.int32), values)


def _on_rows(stored: Stored, part: Part) -> PropertyColumn:
    if not part.size or not len(stored.id):
        # One place in memory for all rows.
        return PropertyColumn(np.broadcast_to(np.int32(-1), part.size), stored.values)
    first, found = part.memo.get("row of id", lambda: _row_of_id(part))
    inside = (stored.id >= first) & (stored.id < first + len(found))
    row = found[stored.id[inside] - first]
    code = np.full(part.size, -1, dtype=np.int32)
    code[row[row >= 0]] = stored.code[inside][row >= 0]
    return PropertyColumn(code, stored.values)


def _row_of_id(part: Part) -> tuple[int, Int32]:
    """The least ledger id of the part, and for each id from there on its row, -1 where it is elsewhere."""
    first, last = int(part.id.min()), int(part.id.max())
    found = np.full(last - first + 1, -1, dtype=np.int32)
    found[part.id - first] = np.arange(part.size, dtype=np.int32)
    return first, found
