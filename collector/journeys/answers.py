"""Answers that took long, kept for a while beside the view they come from; and which are being worked out just now.

They lie in `DATA/journeys/<site>/answers-<erasure>/`, so that whatever erases somebody (a person's wish, a site's time
to keep, the end of the site) takes them along with the view's own files, whichever process does it. For a question
called `<key>`: `.answer` is what is kept, `.run` is locked by the process that works on it and says how far it is,
`.stop` is a wish to stop it.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from secrets import token_hex

from collector.core.times import HOUR, MINUTE, SECOND
from collector.journeys.files import ANSWERS, CURRENT

ANSWER, RUN, STOP = ".answer", ".run", ".stop"
RESULT = "result"
# What was worked out from the same state of the view is right but for the time that went by meanwhile, which makes open
# windows close: an answer that took longer may be older.
AGE_SAME = 60
MOST_AGE = 10 * MINUTE
# One that was waited for is there for whoever waits, although events have come meanwhile; its page says up to when.
LINGER = 90 * SECOND
LONG = 1 * SECOND
# So is what went wrong, for as long as it takes those who wait to hear of it.
PROBLEM_LINGER = 15 * SECOND
STOP_HEEDED = 15 * SECOND
MOST_BYTES = 256 * 2**20
LEFT_BEHIND = 2 * HOUR
_TRIES, _PAUSE = 5, 0.002
_RECORD = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept: `RESULT` or what went wrong, its bytes, when it was ready (ms UTC), and how long it took (ms)."""

    kind: str
    data: bytes
    generation: str
    made: int
    took: int

    def good(self, generation: str, now: int) -> bool:
        """Whether it may be given at `now` for a question of this generation."""
        age = now - self.made
        if self.kind != RESULT:
            return 0 <= age <= PROBLEM_LINGER
        if generation and generation == self.generation and 0 <= age <= min(AGE_SAME * self.took, MOST_AGE):
            return True
        return self.took >= LONG and 0 <= age <= LINGER


class Running:
    """Says that this process works on a question, until it is closed (or the process ends)."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    def tell(self, share: float, begun: int) -> None:
        """How far it is (0 to 1), and when it began (ms UTC)."""
        with suppress(OSError):  # on a full disk others just know less
            os.pwrite(self._handle, f"{share:.4f} {begun}".ljust(_RECORD).encode(), 0)

    def stopped(self) -> bool:
        """Whether somebody wished to stop it."""
        return self._path.with_suffix(STOP).exists()

    def close(self) -> None:
        """It is worked on no longer."""
        with suppress(OSError):  # where it cannot be removed, it is at least not held any longer
            self._path.unlink(missing_ok=True)
        os.close(self._handle)


class Answers:
    """The answers of one state of erasure of one site's view."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str, generation: str, now: int) -> Kept | None:
        """What is kept under a key and may be given at `now` for this generation; None where there is nothing such."""
        try:
            head, _, rest = (self._folder / (key + ANSWER)).read_bytes().partition(b"\n")
            kept = Kept(**json.loads(head), data=b"")
            return replace(kept, data=zlib.decompress(rest)) if kept.good(generation, now) else None
        except (OSError, ValueError, TypeError, zlib.error):
            return None

    def ready(self, key: str, now: int) -> bool:
        """Whether there is an answer for whoever waited for it."""
        try:
            with (self._folder / (key + ANSWER)).open("rb") as file:
                return Kept(**json.loads(file.readline()), data=b"").good("", now)
        except (OSError, ValueError, TypeError):
            return False

    def keep(self, key: str, kept: Kept) -> bool:
        """Keep an answer; whether it is kept: not where somebody was erased since it was asked, nor on a full disk."""
        head = {"kind": kept.kind, "generation": kept.generation, "made": kept.made, "took": kept.took}
        fresh = self._folder / f"{key}.{token_hex(4)}.new"
        path = self._folder / (key + ANSWER)
        try:
            self._folder.mkdir(exist_ok=True)
            fresh.write_bytes(json.dumps(head).encode() + b"\n" + zlib.compress(kept.data, 1))
            fresh.replace(path)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
        # An erasure makes the next state current first and removes this folder then: either it is seen here, or it
        # finds the file.
        if self._current():
            return True
        self.drop()
        return False

    def run(self, key: str) -> Running | None:
        """Begin to work on a question; None where another process does. An earlier wish to stop it is forgotten.

        Raises:
            OSError: the disk is full or the site is gone.
        """
        self._folder.mkdir(exist_ok=True)
        path = self._folder / (key + RUN)
        for _ in range(_TRIES):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                flock(handle, LOCK_EX | LOCK_NB)
            except OSError:
                # Whoever just looks holds it too, for a moment.
                os.close(handle)
                time.sleep(_PAUSE)
                continue
            with suppress(OSError):
                if os.fstat(handle).st_ino == path.stat().st_ino:
                    path.with_suffix(STOP).unlink(missing_ok=True)
                    return Running(path, handle)
            os.close(handle)  # it was removed between the two
        return None

    def running(self, key: str) -> tuple[float, int] | None:
        """(how far, since when) of a question that some process works on, None where none does."""
        try:
            handle = os.open(self._folder / (key + RUN), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            flock(handle, LOCK_SH | LOCK_NB)
            return None
        except BlockingIOError:
            share, _, begun = os.pread(handle, _RECORD, 0).decode().partition(" ")
            return (float(share), int(begun)) if begun.strip() else (0.0, 0)
        except (OSError, ValueError):
            return 0.0, 0
        finally:
            os.close(handle)

    def stop(self, key: str) -> None:
        """Ask whichever process works on a question to stop."""
        with suppress(OSError):
            (self._folder / (key + STOP)).touch()

    def was_stopped(self, key: str, now: int) -> bool:
        """Whether somebody stopped it just now."""
        try:
            touched = (self._folder / (key + STOP)).stat().st_mtime_ns // 1_000_000
        except OSError:
            return False
        return 0 <= now - touched <= STOP_HEEDED

    def drop(self) -> None:
        """Remove everything."""
        with suppress(OSError):
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)
            self._folder.rmdir()

    def _current(self) -> bool:
        """Whether nobody was erased since."""
        site = self._folder.parent
        try:
            generation = (site / CURRENT).read_text().strip()
            erasure = json.loads((site / generation / "meta.json").read_text())["erasure"]
        except (OSError, ValueError, KeyError):
            return False
        return self._folder.name == f"{ANSWERS}{erasure}"


def sweep_answers(journeys: Path, now: int) -> None:
    """Remove answers of all sites that are too old, and the oldest where they are too many.

    Args:
        journeys: the folder of the views.
        now: ms UTC.
    """
    left: list[tuple[int, int, Path]] = []
    for path in journeys.glob(f"*/{ANSWERS}*/*"):
        try:
            told = path.stat()
        except OSError:
            continue  # another process was faster
        touched = told.st_mtime_ns // 1_000_000
        if now - touched > (LEFT_BEHIND if path.suffix == RUN else MOST_AGE):
            path.unlink(missing_ok=True)
        elif path.suffix == ANSWER:
            left.append((touched, told.st_size, path))
    total = sum(size for _, size, _ in left)
    for _, size, path in sorted(left):
        if total <= MOST_BYTES:
            break
        path.unlink(missing_ok=True)
        total -= size
