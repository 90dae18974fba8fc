"""What may be used once, shared by the workers and over a restart: a small file for each that was."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from collector.atomic import create_text
from collector.core.times import MINUTE, SECOND

# Longer than any token lives.
KEPT = 10 * MINUTE


class Redeemed:
    """Numbers that were used, as files of `folder`; each names its holder by a hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, number: str, holder: str, now_ms: int) -> bool:
        """Whether `holder` may use `number`: the first that asks may, and may ask again, since answers get lost.

        Where the disk takes nothing, nobody may.
        """
        mine = hashlib.sha256(holder.encode("utf-8", "replace")).hexdigest()
        path = self._folder / number
        try:
            if not path.exists():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                self._sweep(now_ms)
                create_text(path, mine)
            return path.read_text() == mine
        except OSError:
            return False

    def _sweep(self, now_ms: int) -> None:
        for entry in os.scandir(self._folder):
            if now_ms - entry.stat().st_mtime * SECOND > KEPT:
                Path(entry.path).unlink(missing_ok=True)
