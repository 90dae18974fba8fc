"""How far an import is: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

from collector.cli.import_words import say
from collector.cli.words import so_many
from collector.importing.files import RowFile
from collector.importing.rows import Imported

EVERY_SECONDS = 5.0


class Watch:
    """Tells the progress of one import by the bytes of its file that were read."""

    def __init__(self, file: RowFile) -> None:
        self._file = file
        self._last = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Watch:
        if sys.stderr.isatty():
            self._bar = click.progressbar(length=max(1, self._file.size), label="Reading", file=sys.stderr)
            self._bar.__enter__()
        return self

    def tell(self, done: Imported) -> None:
        """Called after each chunk."""
        if self._bar is not None:
            self._bar.update(max(0, self._file.position() - self._bar.pos))
        elif time.monotonic() - self._last > EVERY_SECONDS:
            self._last = time.monotonic()
            part = min(1.0, self._file.position() / max(1, self._file.size))
            say(
                f"{part:.0%} read: {so_many(done.rows, 'row')}, {so_many(done.stored, 'event')} added, "
                f"{done.refused:,} refused"
            )

    def stop(self) -> None:
        """End the bar where it is."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.update(max(0, self._file.size - self._bar.pos))
            self._bar.__exit__(kind, error, trace)
