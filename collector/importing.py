"""A file of events into the ledger: CSV or JSON Lines, plain or gzipped, streamed; bad lines do not stop the rest."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from collector.core.errors import UserError
from collector.core.event import Event
from collector.ingest.rows import RowError, RowReader

CHUNK = 5_000
SHOWN = 20
_HEAD = 65_536
_NAMES_FROM = 200
_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON, _CSV = frozenset([".jsonl", ".ndjson", ".json"]), frozenset([".csv", ".tsv"])


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells (None where `problem` says why not), and its text."""

    number: int
    cells: Mapping[str, Any] | None
    text: str
    problem: str = ""


class RowFile:
    """A table in a file.

    Args:
        path: the file; its kind is known by its name, else by how it begins.

    Attributes:
        typed: JSON Lines, whose cells have types; False for CSV, whose cells are texts.
        names: the columns; of JSON Lines, the keys of the first rows.

    Raises:
        UserError: it cannot be opened, is empty, or is neither CSV nor JSON Lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.size = path.stat().st_size
            with self._open() as stream:
                head = stream.read(_HEAD)
        except (OSError, EOFError) as error:
            raise UserError(f"{path} cannot be read: {error}.") from error
        if not head.strip():
            raise UserError(f"{path} is empty.")
        self.typed = self._is_json(head)
        self._delimiter = ","
        self.names: Sequence[str] = self._json_names() if self.typed else self._header(head)
        self._raw: IO[bytes] | None = None

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size

    def rows(self) -> Iterator[Row]:
        """All rows in order.

        Raises:
            UserError: reading stops in the middle, as with a damaged archive.
        """
        try:
            with self._open() as stream:
                yield from self._json_rows(stream) if self.typed else self._csv_rows(stream)
        except (OSError, EOFError, gzip.BadGzipFile) as error:
            raise UserError(f"{self.path} cannot be read to its end: {error}.") from error

    @contextmanager
    def _open(self) -> Iterator[io.TextIOWrapper]:
        with self.path.open("rb", buffering=1 << 20) as raw, ExitStack() as stack:
            self._raw = raw
            stream: Any = raw
            if stream.peek(2)[:2] == b"\x1f\x8b":
                stream = io.BufferedReader(stack.enter_context(gzip.GzipFile(fileobj=raw)), 1 << 18)
            # What Excel calls Unicode text is UTF-16.
            wide = stream.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
            encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "surrogateescape")
            yield stack.enter_context(io.TextIOWrapper(stream, encoding, errors, newline=""))

    def _is_json(self, head: str) -> bool:
        suffix = Path(self.path.name.removesuffix(".gz")).suffix.lower()
        first = head.lstrip()[0]
        if suffix in _CSV:
            return False
        if first == "[" and suffix != ".jsonl":
            raise UserError(f"{self.path} is one JSON array.", "Write one object a line: jq -c '.[]' FILE > FILE.jsonl")
        return suffix in _JSON or first == "{"

    def _json_names(self) -> list[str]:
        names: dict[str, None] = {}
        with self._open() as stream:
            for count, row in enumerate(self._json_rows(stream)):
                if count >= _NAMES_FROM:
                    break
                names.update(dict.fromkeys(row.cells or ()))
        return list(names)

    def _json_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        for number, line in enumerate(stream, 1):
            text = line.strip()
            if text:
                yield self._json_row(number, text)

    def _json_row(self, number: int, text: str) -> Row:
        if not text.isascii() and _SURROGATE.search(text):
            return Row(number, None, text, "not UTF-8")
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError):
            return Row(number, None, text, "not JSON")
        if not isinstance(cells, dict):
            return Row(number, None, text, "not a JSON object")
        return Row(number, cells, text)

    def _header(self, head: str) -> list[str]:
        line = head.lstrip("\r\n").splitlines()[0]
        self._delimiter = max(",;\t|", key=line.count)
        names = [name.strip() for name in next(csv.reader([line], delimiter=self._delimiter))]
        twice = [name for place, name in enumerate(names) if name and name in names[:place]]
        if twice:
            raise UserError(f"{self.path} has two columns called {twice[0]!r}.", "Give every column a name of its own.")
        return names

    def _csv_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        # Strict, so that a quote that is never closed spoils its own row and not all that follow.
        reader = csv.reader(stream, delimiter=self._delimiter, strict=True)
        header = False
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if header:
                    last = f" (lines {number} to {reader.line_num})" if reader.line_num > number else ""
                    yield Row(number, None, "", f"not CSV: {error}{last}")
                continue
            if header and any(cells):
                yield self._csv_row(number, cells)
            header = header or any(cells)

    def _csv_row(self, number: int, cells: list[str]) -> Row:
        names = self.names
        text = "\x1f".join(cells)
        if not text.isascii() and _SURROGATE.search(text):
            return Row(number, None, text, "not UTF-8")
        if len(cells) < len(names) or any(cells[len(names) :]):
            return Row(number, None, text, f"{len(cells)} cells where the header has {len(names)}")
        return Row(number, dict(zip(names, cells, strict=False)), text)


@dataclass(slots=True)
class Imported:
    """What an import did: rows read, events new to the ledger, known already, and refused rows."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    refused: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)


def import_rows(
    file: RowFile,
    reader: RowReader,
    append: Callable[[Sequence[Event]], tuple[int, int]],
    told: Callable[[], None] | None = None,
    refuse: Callable[[Row, str], None] | None = None,
) -> Imported:
    """Read every row and store what can be read.

    Args:
        append: stores events; answers how many were new and how many were there.
        told: called after each chunk.
        refuse: called with each row that could not be read, and why.
    """
    done = Imported()
    chunk: list[Event] = []

    def store() -> None:
        if chunk:
            stored, known = append(chunk)
            done.stored += stored
            done.known += known
            chunk.clear()
        if told is not None:
            told()

    for row in file.rows():
        done.rows += 1
        try:
            if row.cells is None:
                raise RowError(row.problem)
            chunk.append(reader.event(row.cells, row.text))
        except RowError as error:
            done.refused += 1
            if len(done.reasons) < SHOWN:
                done.reasons.append((row.number, str(error)))
            if refuse is not None:
                refuse(row, str(error))
        if len(chunk) >= CHUNK:
            store()
    store()
    return done
