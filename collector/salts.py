"""The random salt of each day for visitors without a cookie, shared by the workers, thrown away after (E3)."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from pathlib import Path

from collector.core.times import DAY


class DailySalts:
    """Salts in the file at `path`, 0600. Those of days before yesterday are deleted whenever a new one is made."""

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

    def _share(self, day: int) -> dict[int, bytes]:
        """Read the file, add the day where no other worker did, drop the old ones."""
        with open(self._path.with_suffix(".lock"), "w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            try:
                stored = {
                    int(number): bytes.fromhex(salt) for number, salt in json.loads(self._path.read_text()).items()
                }
            except (FileNotFoundError, ValueError, AttributeError, TypeError):
                stored = {}
            # Those of the future were made while the clock was wrong.
            kept = {number: salt for number, salt in stored.items() if day - 1 <= number <= day + 1}
            if day not in kept:
                kept[day] = secrets.token_bytes(32)
            if kept != stored:
                self._write(kept)
            return kept

    def _write(self, salts: dict[int, bytes]) -> None:
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({str(number): salt.hex() for number, salt in salts.items()}, file)
        fresh.replace(self._path)
