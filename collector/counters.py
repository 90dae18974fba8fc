"""Counts of what a process did, in files that outlive it: summed over processes, they tell what the server did.

The file format, the sums and the text that Prometheus reads are prometheus_client's (its multi-process mode). Ours:
where the files are (a folder that is given, not an environment variable), who may write them (a process holds a lock on
its file; the next one goes on with the file of one that died, so that no count is lost and files do not pile up), and
room on the disk taken beforehand, because a write to a mapped file on a full disk kills the process.
"""

from __future__ import annotations

import json
import logging
import os
import struct
import threading
import weakref
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import INF, floatToGoString

from collector.inbox.files import hold

log = logging.getLogger(__name__)
FILE_BYTES = 2**19
_ENTRY_BYTES = 40  # what an entry takes beside its key, at most
_KEY_PARTS = 4
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """Something counted: its name without `_total`, what it is, the names of its labels, and, where values are counted
    by size, the upper bounds of the sizes."""

    name: str
    help: str
    labels: Labels = ()
    bounds: tuple[float, ...] = ()


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DOOR_EVENTS = Metric(
    "desireline_door_events", "Events that a door answered, by the status it told the sender.", ("site", "status")
)
REQUESTS = Metric("desireline_requests", "Requests by route and HTTP status.", ("route", "code"))
LIMITED = Metric("desireline_limited_events", "Events turned away for a while by a rate limit.", ("site", "limit"))
BUSY = Metric("desireline_busy_visitor_events", "Events of visitors beyond what a person does in a minute.", ("site",))
TRACKER_DROPPED = Metric("desireline_tracker_dropped", "Events that trackers say they gave up.", ("site",))
WRONG_CLOCK = Metric("desireline_wrong_clock_requests", "Requests of devices whose clock is a minute off.", ("site",))
CLOCK_SKEW = Metric(
    "desireline_clock_skew_seconds",
    "Our clock when a request arrived minus the device's when it left.",
    (),
    (-86_400.0, -3_600.0, -60.0, -5.0, 0.0, 1.0, 5.0, 60.0, 3_600.0, 86_400.0),
)
COMMIT_SECONDS = Metric("desireline_inbox_commit_seconds", "Time that a commit of the inbox takes.", (), _SECONDS)
COMMIT_RECORDS = Metric(
    "desireline_inbox_commit_records", "Requests in one commit of the inbox.", (), (1, 2, 4, 8, 16, 32, 64, 128)
)
LOAD_SECONDS = Metric(
    "desireline_load_seconds",
    "Time from the arrival of the oldest event of a transaction to its commit in the ledger.",
    (),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3_600.0, 86_400.0),
)
REFRESH_SECONDS = Metric("desireline_refresh_seconds", "Time that a refresh of journeys takes.", (), _SECONDS)


class _Cell:
    """One number: its name in the file, and where it is written ("" for nowhere)."""

    __slots__ = ("file", "key", "value")

    def __init__(self, key: str, file: MmapedDict | None, value: float = 0.0) -> None:
        self.key = key
        self.file = file
        self.value = value

    def add(self, amount: float) -> None:
        self.value += amount
        if self.file is not None:
            self.file.write_value(self.key, self.value, 0.0)


class Counters:
    """What this process counts. Safe to use from many threads; the file is taken at the first use, after any fork.

    Args:
        folder: where the files of all processes are; None keeps counts in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, Labels], _Cell] = {}
        self._spreads: dict[tuple[str, Labels], list[_Cell]] = {}
        self._files: dict[str, MmapedDict] = {}
        self._known: dict[str, set[str]] = {}
        self._room: dict[str, int] = {}
        self._opened = False
        self._end: weakref.finalize[..., Counters] | None = None

    def add(self, metric: Metric, labels: Labels = (), amount: float = 1.0) -> None:
        """Count `amount` more."""
        with self._lock:
            cell = self._cells.get((metric.name, labels))
            if cell is None:
                cell = self._cells[metric.name, labels] = self._new("counter", metric, "_total", labels)
            cell.add(amount)

    def observe(self, metric: Metric, value: float, labels: Labels = ()) -> None:
        """Count a value by its size."""
        with self._lock:
            cells = self._spreads.get((metric.name, labels))
            if cells is None:
                cells = self._spreads[metric.name, labels] = self._new_spread(metric, labels)
            cells[bisect_left(metric.bounds, value)].add(1.0)
            cells[-1].add(value)

    def own(self, metric: Metric) -> dict[Labels, float]:
        """What this process, and those whose file it goes on with, counted."""
        with self._lock:
            return {labels: cell.value for (name, labels), cell in self._cells.items() if name == metric.name}

    def close(self) -> None:
        """Let another process go on with the file; what is counted from now on stays in memory."""
        with self._lock:
            for cell in (*self._cells.values(), *(cell for cells in self._spreads.values() for cell in cells)):
                cell.file = None
            self._files, self._opened = {}, True
            if self._end is not None:
                self._end()

    def _new(self, kind: str, metric: Metric, ending: str, labels: Labels, bound: float | None = None) -> _Cell:
        if not self._opened:
            self._open()
        names = [*metric.labels, *(() if bound is None else ("le",))]
        values = [*labels, *(() if bound is None else (floatToGoString(bound),))]
        key = mmap_key(metric.name, metric.name + ending, names, values, metric.help)
        file = self._files.get(kind)
        if file is None:
            return _Cell(key, None)
        size = len(key.encode()) + _ENTRY_BYTES
        if key not in self._known[kind]:
            if self._room[kind] < size:
                return _Cell(key, None)
            self._room[kind] -= size
        return _Cell(key, file, file.read_value(key)[0])

    def _new_spread(self, metric: Metric, labels: Labels) -> list[_Cell]:
        cells = [self._new("histogram", metric, "_bucket", labels, bound) for bound in (*metric.bounds, INF)]
        return [*cells, self._new("histogram", metric, "_sum", labels)]

    def _open(self) -> None:
        """Take a file that nobody holds, or a new one; without room on the disk counts stay in memory."""
        self._opened = True
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock, paths = _take(self._folder)
        except OSError as error:
            log.error("counts cannot be kept in %s (%s); they end with this process", self._folder, error)
            return
        self._files = {kind: MmapedDict(str(path)) for kind, path in paths.items()}
        for kind, file in self._files.items():
            self._known[kind] = {key for key, _, _ in file.read_all_values()}
            used = sum(len(key.encode()) + _ENTRY_BYTES for key in self._known[kind])
            self._room[kind] = FILE_BYTES - 8 - used
        self._end = weakref.finalize(self, _let_go, lock, list(self._files.values()))


def _let_go(lock: int, files: Sequence[MmapedDict]) -> None:
    for file in files:
        file.close()
    os.close(lock)


def _take(folder: Path) -> tuple[int, dict[str, Path]]:
    """The lock and the files (by kind) of a process that died, or new ones. OSError where there is no room."""
    ours = sorted(path.name.removeprefix("counter_") for path in folder.glob("counter_*.db"))
    for name in (*ours, f"{uuid4().hex}.db"):
        paths = {kind: folder / f"{kind}_{name}" for kind in ("counter", "histogram")}
        lock = hold(paths["counter"])
        if lock is None:
            continue
        try:
            for path in paths.values():
                _make_room(path)
        except OSError:
            os.close(lock)
            raise
        return lock, paths
    raise FileNotFoundError(folder)


def _make_room(path: Path) -> None:
    """Have the file's whole size on the disk, and nothing in it that cannot be read."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size and not _readable(path):
            os.ftruncate(descriptor, 0)  # torn by a power cut
        os.posix_fallocate(descriptor, 0, FILE_BYTES)
    finally:
        os.close(descriptor)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            (used,) = struct.unpack("i", file.read(4))
        if not 0 <= used <= path.stat().st_size:
            return False
        return all(len(json.loads(key)) == _KEY_PARTS for key, *_ in MmapedDict.read_all_values_from_file(str(path)))
    except Exception:  # noqa: BLE001 - whatever a torn file may hold
        return False


def families(folder: Path) -> Iterable[Family]:
    """What all processes counted together, as prometheus_client's metrics."""
    files = [str(path) for path in sorted(folder.glob("*.db")) if _readable(path)]
    found: Iterable[Family] = MultiProcessCollector.merge(files)
    return found


def totals(folder: Path, *metrics: Metric) -> Mapping[Metric, Mapping[Labels, float]]:
    """The sums over all processes of these counters, by their labels."""
    by_name = {metric.name: metric for metric in metrics}
    found: dict[Metric, dict[Labels, float]] = {metric: {} for metric in metrics}
    for family, samples in _samples(families(folder)):
        if metric := by_name.get(family):
            for labels, value in samples:
                found[metric][tuple(labels[name] for name in metric.labels)] = value
    return found


def _samples(found: Iterable[Family]) -> Iterator[tuple[str, list[tuple[dict[str, str], float]]]]:
    for family in found:
        yield family.name, [(sample.labels, sample.value) for sample in family.samples]
