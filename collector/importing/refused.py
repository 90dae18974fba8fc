"""The report of lines that could not be read: a CSV for a spreadsheet, or JSON Lines for a program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO

from collector.core.errors import UserError
from collector.core.write import csv_lines
from collector.importing.files import Row

_COLUMNS = ("line", "reason", "text")
_JSON = frozenset([".jsonl", ".ndjson", ".json"])
MAX_TEXT = 2_000


class RefusedReport:
    """Writes refused lines to a file, made at the first of them.

    Args:
        path: JSON Lines where it is named so, else CSV.
        kept: bytes of an interrupted import's report that stay; what follows them is written anew.
        asked: somebody named the path, so not being able to write there is an error.
    """

    def __init__(self, path: Path, kept: int = 0, asked: bool = False) -> None:
        self.path = path
        self._json = path.suffix.lower() in _JSON
        self._asked = asked
        self._file: IO[bytes] | None = None
        self.size = 0
        self.failed = ""
        if kept and path.is_file() and path.stat().st_size >= kept:
            self._go_on(kept)
        elif asked:
            self._begin()

    def add(self, row: Row, reason: str) -> None:
        """Write one line."""
        if self._file is None and not self.failed:
            self._begin()
        text = row.text.replace("\x1f", " | ")[:MAX_TEXT]
        if self._json:
            self._write(json.dumps({"line": row.number, "reason": reason, "row": row.text}) + "\n")
        else:
            self._write("".join(csv_lines(_COLUMNS, [(row.number, reason, text)])).partition("\r\n")[2])

    def flush(self) -> int:
        """Put it on disk; how many bytes there are."""
        if self._file is not None:
            self._file.flush()
        return self.size

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()

    def _go_on(self, kept: int) -> None:
        self._open("r+b")
        if self._file is not None:
            self._file.truncate(kept)
            self._file.seek(kept)
            self.size = kept

    def _begin(self) -> None:
        self._open("wb")
        if not self._json:
            self._write("".join(csv_lines(_COLUMNS, [])))

    def _open(self, mode: str) -> None:
        try:
            self._file = self.path.open(mode)
        except OSError as error:
            if self._asked:
                raise UserError(f"{self.path} cannot be written: {error}.") from error
            self.failed = str(error)

    def _write(self, text: str) -> None:
        if self._file is not None:
            # Bytes that are no text stand as they were read, replaced where they cannot be written.
            self.size += self._file.write(text.encode("utf-8", "replace"))
