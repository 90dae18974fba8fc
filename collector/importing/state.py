"""What an interrupted import needs to go on, and the salt that makes visitors of a log, in the data folder."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

from collector.atomic import replace_text
from collector.core.times import DAY
from collector.importing.rows import Imported

_PART = 1 << 20
SALT_DAYS = 2


def fingerprint(path: Path, *told: str) -> str:
    """What tells a file, read in one way (`told`), from every other: its size, its first MB, and its last."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(json.dumps([size, *told]).encode())
        digest.update(file.read(_PART))
        file.seek(max(0, size - _PART))
        digest.update(file.read(_PART))
    return digest.hexdigest()


class Progress:
    """How far one import got, written after each chunk that is in the ledger.

    Args:
        folder: where such files are kept.
        key: the file's fingerprint.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / f"{key}.json"

    def load(self) -> tuple[Imported, int] | None:
        """(what was done, bytes of the report of refused lines that belong to it); None where nothing began."""
        try:
            found = json.loads(self._path.read_text())
            rows, made, stored, known, refused = (
                int(found[name]) for name in ("rows", "events", "stored", "known", "refused")
            )
            done = Imported(rows, made, stored, known, refused)
            done.reasons = [(int(number), str(reason)) for number, reason in found["reasons"]]
            done.counts, done.left_out = Counter(found["counts"]), Counter(found["left_out"])
            return done, int(found["report"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, done: Imported, report: int) -> None:
        """Keep what is done so far."""
        state: dict[str, Any] = {
            "rows": done.rows,
            "events": done.events,
            "stored": done.stored,
            "known": done.known,
            "refused": done.refused,
            "reasons": done.reasons,
            "counts": done.counts,
            "left_out": done.left_out,
            "report": report,
        }
        replace_text(self._path, json.dumps(state), private=True)

    def clear(self) -> None:
        """Forget it: the import is done, or begins anew."""
        self._path.unlink(missing_ok=True)


def log_salt(folder: Path, now_ms: int) -> bytes:
    """The salt for visitors of access logs: the same for two days, so that the files of one log fit together.

    After that nobody can tell whose visits they were; ids of events do not depend on it, so a log read again adds
    nothing.
    """
    forget_old_salt(folder, now_ms)
    path = folder / "log-salt.json"
    try:
        return bytes.fromhex(json.loads(path.read_text())["salt"])
    except (OSError, ValueError, KeyError, TypeError):
        salt = secrets.token_bytes(32)
        replace_text(path, json.dumps({"made": now_ms, "salt": salt.hex()}), private=True)
        return salt


def forget_old_salt(folder: Path, now_ms: int) -> None:
    """Delete a salt that is older than two days, or cannot be read."""
    path = folder / "log-salt.json"
    try:
        age = now_ms - int(json.loads(path.read_text())["made"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        age = -1
    if not 0 <= age < SALT_DAYS * DAY:
        path.unlink(missing_ok=True)
