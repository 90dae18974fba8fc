"""The random salt of each day for visitors without a cookie, shared by the workers, thrown away after (E3)."""

from __future__ import annotations

import fcntl
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from collector.atomic import replace_text
from collector.core.times import DAY


class DailySalts:
    """Salts in the file at `path`, 0600. None is older than yesterday's: `sweep` sees to that, and every new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[int, bytes] = {}

    def __call__(self, now_ms: int) -> bytes:
        """The salt of the UTC day that holds `now_ms`."""
        day = now_ms // DAY
        found = self._known.get(day)
        if found is None:
            with self._lock:
                self._known = self._share(day)
                found = self._known[day]
        return found

    def before(self, now_ms: int) -> bytes | None:
        """The salt of the day before, by which a visit over midnight is known; None where nobody needed one then."""
        self(now_ms)
        return self._known.get(now_ms // DAY - 1)

    def sweep(self, now_ms: int) -> None:
        """Delete the salts that are too old, also where nobody asks for a new one."""
        with self._lock, self._alone():
            stored = self._read()
            kept = _current(stored, now_ms // DAY)
            if kept != stored:
                _write(self._path, kept)

    def _share(self, day: int) -> dict[int, bytes]:
        """Read the file, add the day where no other worker did, drop the old ones."""
        with self._alone():
            stored = self._read()
            kept = _current(stored, day)
            if day not in kept:
                kept[day] = secrets.token_bytes(32)
            if kept != stored:
                _write(self._path, kept)
            return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with open(self._path.with_suffix(".lock"), "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def _read(self) -> dict[int, bytes]:
        try:
            told = json.loads(self._path.read_text())
            return {int(number): bytes.fromhex(salt) for number, salt in told.items()}
        except (FileNotFoundError, ValueError, AttributeError, TypeError):
            return {}


def _write(path: Path, salts: Mapping[int, bytes]) -> None:
    replace_text(path, json.dumps({str(number): salt.hex() for number, salt in salts.items()}), private=True)


def _current(salts: Mapping[int, bytes], day: int) -> dict[int, bytes]:
    """Those of yesterday and today; those of days to come were made while the clock was wrong."""
    return {number: salt for number, salt in salts.items() if day - 1 <= number <= day + 1}
