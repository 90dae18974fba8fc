"""Files as people have them: plain, gzipped, zipped or from a pipe; CSV, JSON Lines, one JSON array, or log lines."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from collector.core.errors import UserError
from collector.importing.encoding import guess_encoding
from collector.importing.json_values import is_wrapped, json_values
from collector.ingest.imports.access_log import is_log

Kind: TypeAlias = Literal["csv", "jsonl", "json", "lines"]
_HEAD = 65_536
_NAMES_FROM = 200
_SURROGATE = re.compile("[\ud800-\udfff]")
_JSONL, _CSV = frozenset([".jsonl", ".ndjson"]), frozenset([".csv", ".tsv"])
_SUMMARIES = frozenset(["pages.csv", "referrers.csv", "browsers.csv"])


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
        encoding: of its text; "" to look.
        name: what to call it, where that is not its path.

    Attributes:
        kind: csv, jsonl (an object a line), json (one array, or objects over several lines), or lines (a log).
        typed: JSON, whose cells have types; False for CSV, whose cells are texts.
        names: the columns; of JSON, the keys of the first rows.
        size: in bytes, as stored.

    Raises:
        UserError: it cannot be opened, is empty, or is neither CSV nor JSON nor a log.
    """

    def __init__(self, path: Path, encoding: str = "", name: str = "") -> None:
        self.path, self.name = path, name or str(path)
        self._raw: IO[bytes] | None = None
        try:
            self.size = path.stat().st_size
            with self._bytes() as stream:
                start = stream.read(_HEAD)
            self.encoding = encoding or guess_encoding(start)
            with self._open() as text:
                head = text.read(_HEAD)
        except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError, LookupError) as error:
            raise UserError(f"{self.name} cannot be read: {error}.") from error
        if not head.strip():
            raise UserError(f"{self.name} is empty.")
        self.kind: Kind = self._kind(head)
        self.typed = self.kind in ("jsonl", "json")
        self.delimiter = ","
        self.names: Sequence[str] = ()
        if self.typed:
            self.names = self._json_names()
        elif self.kind == "csv":
            self.names = self._header(head)

    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size

    def first(self, count: int) -> list[Row]:
        """The first rows."""
        found = []
        for row in self.rows():
            found.append(row)
            if len(found) == count:
                break
        return found

    def rows(self) -> Iterator[Row]:
        """All rows in order.

        Raises:
            UserError: reading stops in the middle, as with a damaged archive.
        """
        readers = {"csv": self._csv_rows, "jsonl": self._jsonl_rows, "json": self._json_rows, "lines": self._log_rows}
        try:
            with self._open() as stream:
                yield from readers[self.kind](stream)
        except (OSError, EOFError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise UserError(f"{self.name} cannot be read to its end: {error}.") from error

    @contextmanager
    def _bytes(self) -> Iterator[IO[bytes]]:
        """The file's bytes, unpacked."""
        with ExitStack() as stack:
            raw = io.BufferedReader(stack.enter_context(io.FileIO(self.path)), 1 << 20)
            self._raw = raw
            magic = raw.peek(4)[:4]
            if magic[:2] == b"\x1f\x8b":
                yield io.BufferedReader(stack.enter_context(gzip.GzipFile(fileobj=raw)), 1 << 18)
            elif magic == b"PK\x03\x04":
                packed = stack.enter_context(zipfile.ZipFile(raw))
                yield stack.enter_context(packed.open(self._member(packed)))
            else:
                yield raw

    def _member(self, packed: zipfile.ZipFile) -> str:
        names = [name for name in packed.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if len(names) == 1:
            return names[0]
        if _SUMMARIES.issubset(names):
            raise UserError(
                f"{self.name} holds Umami's summary: counts a page, not events.",
                "Export the events themselves; docs/import.md has the query.",
            )
        raise UserError(
            f"{self.name} holds {len(names)} files: {', '.join(names[:8])}.", "Unpack it and import them one by one."
        )

    @contextmanager
    def _open(self) -> Iterator[io.TextIOWrapper]:
        with self._bytes() as stream, ExitStack() as stack:
            # Bytes that are no UTF-8 spoil their own row only, so they are carried through to it.
            errors = "surrogateescape" if self.encoding.startswith("utf-8") else "replace"
            yield stack.enter_context(io.TextIOWrapper(stream, self.encoding, errors, newline=""))

    def _kind(self, head: str) -> Kind:
        suffix = Path(self.path.name.removesuffix(".gz").removesuffix(".zip")).suffix.lower()
        if suffix in _CSV:
            return "csv"
        first = head.lstrip()[0]
        if suffix in _JSONL:
            return "jsonl"
        if first == "[" and not is_log(head.lstrip().splitlines()[0]):
            return "json"
        if first == "{":
            return "json" if _over_lines(head) else "jsonl"
        if any(is_log(line) for line in head.splitlines()[:5]):
            return "lines"
        return "jsonl" if suffix == ".json" else "csv"

    def _json_names(self) -> list[str]:
        names: dict[str, None] = {}
        for row in self.first(_NAMES_FROM):
            names.update(dict.fromkeys(row.cells or ()))
        return list(names)

    def _jsonl_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        for number, line in enumerate(stream, 1):
            text = line.strip()
            if text:
                yield self._jsonl_row(number, text)

    def _jsonl_row(self, number: int, text: str) -> Row:
        if not text.isascii() and _SURROGATE.search(text):
            return Row(number, None, text, "not UTF-8")
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError):
            return Row(number, None, text, "not JSON")
        if not isinstance(cells, dict):
            return Row(number, None, text, "not a JSON object")
        return Row(number, cells, text)

    def _json_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        for number, value, text in json_values(stream, self.name):
            if not text.isascii() and _SURROGATE.search(text):
                yield Row(number, None, text, "not UTF-8")
            elif isinstance(value, dict):
                yield Row(number, value, text)
            else:
                yield Row(number, None, text, "not a JSON object")

    def _log_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        for number, line in enumerate(stream, 1):
            text = line.strip()
            if text:
                yield Row(number, {}, text)

    def _header(self, head: str) -> list[str]:
        line = head.lstrip("\r\n").splitlines()[0]
        # The header decides: csv.Sniffer votes over all lines, and cells of JSON outvote the real delimiter.
        self.delimiter = max(",;\t|", key=line.count)
        names = [name.strip() for name in next(csv.reader([line], delimiter=self.delimiter))]
        twice = [name for place, name in enumerate(names) if name and name in names[:place]]
        if twice:
            raise UserError(f"{self.name} has two columns called {twice[0]!r}.", "Give every column a name of its own.")
        return names

    def _csv_rows(self, stream: io.TextIOWrapper) -> Iterator[Row]:
        # Strict, so that a quote that is never closed spoils its own row and not all that follow.
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
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


def _over_lines(head: str) -> bool:
    """Whether a text that begins with an object is one document, not an object a line."""
    whole = head.strip()
    line = whole.splitlines()[0].rstrip()
    if len(line) == len(whole):
        return is_wrapped(whole)
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return is_wrapped(whole) or line.endswith(("{", ",", "[", ":"))
    return False
