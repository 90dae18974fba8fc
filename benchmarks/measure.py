"""How long something takes, how much memory it needs, and how figures are printed."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

Found = TypeVar("Found")
_LOOKED_AT = 0.02
_LONG = 5_000.0


class Turn(NamedTuple):
    """Milliseconds that something took, and of processor, of all threads together."""

    ms: float
    cpu: float

    def say(self, what: str) -> None:
        """Print both."""
        say(what, self.ms, "ms", f"{self.cpu:>10,.0f} of processor")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Milliseconds, and what came out."""
    begun = time.perf_counter()
    found = work()
    return (time.perf_counter() - begun) * 1_000, found


def worked(work: Callable[[], object]) -> tuple[float, float]:
    """(milliseconds, milliseconds of processor), which differ where others are busy or the disk is waited for."""
    begun = time.process_time()
    took, _ = timed(work)
    return took, (time.process_time() - begun) * 1_000


def least(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """`worked` of the fastest of several runs; of fewer where they take long."""
    found = [worked(work)]
    while len(found) < runs and sum(took for took, _ in found) < _LONG:
        found.append(worked(work))
    return min(found)


def in_turns(works: Mapping[str, Callable[[], Found]], runs: int) -> tuple[dict[str, Turn], dict[str, Found]]:
    """(the fastest run, the answer) of each; one after the other in every round, so that all meet the same machine."""
    times: dict[str, list[Turn]] = {name: [] for name in works}
    answers: dict[str, Found] = {}
    for _ in range(runs):
        for name, work in works.items():
            begun = time.process_time()
            took, answers[name] = timed(work)
            times[name].append(Turn(took, (time.process_time() - begun) * 1_000))
    return {name: min(taken) for name, taken in times.items()}, answers


def memory() -> tuple[int, int]:
    """Bytes of this process in memory: (its own, those of mapped files, which processes share)."""
    fields = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Rss")
    )
    own, mapped = (int(fields[name].split()[0]) * 1_024 for name in ("RssAnon", "RssFile"))
    return own, mapped


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Peak:
    """The most memory of this process while the block ran, looked at every 20 ms."""

    def __enter__(self) -> Peak:
        self.bytes, self._over = resident(), threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOKED_AT):
            self.bytes = max(self.bytes, resident())


def size_on_disk(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def say(what: str, figure: float, unit: str, verdict: str = "") -> None:
    """One line a figure."""
    print(f"{what:<66}{figure:>12,.1f} {unit:<6}{verdict}".rstrip(), flush=True)


def missed(figure: float, at_most: float, cpu: float | None = None) -> str:
    """What is said of a figure that should not be greater; `cpu` is how much of it was the processor's."""
    if figure <= at_most:
        return ""
    if cpu is not None and cpu <= at_most:
        return f"late: at most {at_most:,.0f}, kept to by its work alone"
    return f"MISS: at most {at_most:,.0f}"
