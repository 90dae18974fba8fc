"""What processes and the machine did meanwhile, from /proc; and how fast the disk takes what must not be lost."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1


def session_seconds(session: int) -> float:
    """Seconds of processor that the living processes of a session have taken."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def busy_seconds() -> float:
    """Seconds of processor that everything on the machine has taken, the hypervisor's share included."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


@dataclass(slots=True)
class Busy:
    """How many cores were busy, in all and with one session, since this was made."""

    session: int

    def __post_init__(self) -> None:
        self._begun = time.perf_counter()
        self._all, self._own = busy_seconds(), session_seconds(self.session)

    _begun: float = 0.0
    _all: float = 0.0
    _own: float = 0.0

    def seconds(self) -> float:
        """Of processor, taken by the session."""
        return session_seconds(self.session) - self._own

    def cores(self) -> tuple[float, float]:
        """(busy in all, with the session)."""
        passed = time.perf_counter() - self._begun
        return (busy_seconds() - self._all) / passed, self.seconds() / passed


def syncs_per_second(folder: Path, number: int = 300) -> float:
    """How often a second the disk takes 4 KB for good, one after the other: the most commits one file can have."""
    with tempfile.TemporaryFile(dir=folder) as file:
        begun = time.perf_counter()
        for _ in range(number):
            os.write(file.fileno(), b"x" * 4_096)
            os.fdatasync(file.fileno())
        return number / (time.perf_counter() - begun)
