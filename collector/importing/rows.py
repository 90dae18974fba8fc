"""Rows of a file into the ledger, chunk by chunk; bad lines do not stop the rest, and an end in the middle is found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from collector.core.event import Event
from collector.importing.files import Row, RowFile
from collector.ingest.imports.making import Reader
from collector.ingest.rows import RowError

CHUNK = 5_000
SHOWN = 20
_QUOTED = re.compile(r"'[^']*'|\d+")
MAX_REASONS = 100


@dataclass(slots=True)
class Imported:
    """What an import did.

    Attributes:
        rows: rows read so far, every one of them done with.
        events: made of them; `stored` were new to the ledger, `known` there already.
        refused: rows that could not be read; `reasons` the first of them by line, `counts` all of them by kind.
        left_out: what was passed over on purpose, by reason.
    """

    rows: int = 0
    events: int = 0
    stored: int = 0
    known: int = 0
    refused: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def withheld(self) -> int:
        """Events that the ledger did not take, because their people were erased and stay so."""
        return self.events - self.stored - self.known

    def refuse(self, number: int, reason: str) -> None:
        """Count a row that could not be read."""
        self.refused += 1
        if len(self.reasons) < SHOWN:
            self.reasons.append((number, reason))
        kind = _QUOTED.sub("…", reason)
        self.counts[kind if kind in self.counts or len(self.counts) < MAX_REASONS else "other reasons"] += 1


def import_rows(
    file: RowFile,
    reader: Reader,
    append: Callable[[Sequence[Event]], tuple[int, int]],
    told: Callable[[Imported], None] | None = None,
    refuse: Callable[[Row, str], None] | None = None,
    done: Imported | None = None,
    name: Callable[[Event], None] | None = None,
) -> Imported:
    """Read every row and store what can be read.

    Args:
        append: stores events; answers how many were new and how many were there.
        told: called after each chunk with what is done: all of its rows are in the ledger.
        refuse: called with each row that could not be read, and why.
        done: what an earlier run did; its rows are passed over.
        name: called with each event before it is stored, to say whose it is.
    """
    done = done or Imported()
    passed, before = done.rows, Counter(done.left_out)
    chunk: list[Event] = []

    def store() -> None:
        if chunk:
            if name is not None:
                for event in chunk:
                    name(event)
            if not reader.keeps_order:
                # A claim of a user counts from its time on, so each chunk comes in order of time.
                chunk.sort(key=_time)
            stored, known = append(chunk)
            done.events += len(chunk)
            done.stored += stored
            done.known += known
            chunk.clear()
        done.left_out = before + reader.left_out
        if told is not None:
            told(done)

    for place, row in enumerate(file.rows(), 1):
        if place <= passed:
            _pass_over(reader, row, last=place == passed)
            continue
        done.rows += 1
        try:
            if row.cells is None:
                raise RowError(row.problem)
            chunk.extend(reader.read(row.cells, row.text))
        except RowError as error:
            done.refuse(row.number, str(error))
            if refuse is not None:
                refuse(row, str(error))
        if len(chunk) >= CHUNK or done.rows % CHUNK == 0:
            store()
    store()
    return done


def _pass_over(reader: Reader, row: Row, last: bool) -> None:
    """Read a row that is done with, where the ids of later rows depend on how many equal ones came before."""
    if not reader.own_ids and row.cells is not None:
        with suppress(RowError):
            reader.read(row.cells, row.text)
    if last:
        reader.left_out.clear()


def _time(event: Event) -> int:
    return event.time
