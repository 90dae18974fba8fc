"""The five-step funnel beside ClickHouse's windowFunnel: same events, same machine, same process, in turns.

Prints one line a figure, and fails where the numbers differ or the ratio is below what is promised.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.clickhouse import LAYOUTS, ClickHouse
from benchmarks.data import DAYS, START, ArrayLedger, generate
from collector.core.matcher import parse_matcher
from collector.core.query import Site, parse_query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.view import ViewStore
from collector.reports.funnel import REPORT
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan
from collector.reports.funnel_steps import counts_by_step
from collector.store.protocol import Ledger

KINDS = (1, 2, 3, 4, 5)
WINDOW = 7 * DAY
PROMISED = 5.0
NEW_EVENTS = 10_000
SITE = 1
Found = TypeVar("Found")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Milliseconds, and what came out."""
    begun = time.perf_counter()
    found = work()
    return (time.perf_counter() - begun) * 1_000, found


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Peak:
    """The most memory of this process while the block ran, looked at every 20 ms."""

    def __enter__(self) -> Peak:
        self.bytes, self._over = 0, threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.bytes = max(self.bytes, resident())


def say(what: str, figure: float, unit: str) -> None:
    print(f"{what:<58}{figure:>12,.1f} {unit}", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--persons", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--promised", type=float, default=PROMISED, help="the least ratio that passes")
    given = options.parse_args()
    columns = generate(given.events, given.persons, Path(tempfile.gettempdir()) / "desireline-bench")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger = ArrayLedger(columns)
        views = ViewStore(folder, cast(Ledger, ledger))
        journeys = _view(views, cast(Ledger, ledger), folder)
        house = ClickHouse(folder)
        house.load(columns)
        print(f"ClickHouse {house.version()}, {given.events:,} events, {given.persons:,} persons")
        best = _compare(journeys, house, given.runs)
        _pages(journeys)
        _refresh(views, ledger, given.persons)
    print(f"{'at least ' + str(given.promised):<58}{'kept' if best >= given.promised else 'BROKEN':>12}")
    return 0 if best >= given.promised else 1


def _view(views: ViewStore, ledger: Ledger, folder: Path) -> Journeys:
    before = resident()
    with Peak() as peak:
        took, _ = timed(lambda: views.refresh(SITE))
    say("view built from columns", took / 1_000, "s")
    say("view on disk", sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20, "MiB")
    say("most memory while building it, mapped files included", (peak.bytes - before) / 2**20, "MiB")
    took, journeys = timed(lambda: ViewStore(folder, ledger).open(SITE))
    say("view opened by another process", took, "ms")
    return journeys


def _compare(journeys: Journeys, house: ClickHouse, runs: int) -> float:
    steps = tuple(parse_matcher(f"event:kind-{kind}") for kind in KINDS)
    plan = Plan(steps, WINDOW, "ordered", (), -(2**62), 2**62)
    query = parse_query(REPORT.params, _arguments(), _site(), START + DAYS * DAY)

    def ours() -> list[int]:
        return counts_by_step(outcome(journeys, query, plan).reach, len(steps))

    def with_chains() -> list[int]:
        found = outcome(journeys, query, plan)
        assert len(found.time) == len(steps)
        return counts_by_step(found.reach, len(steps))

    expected = ours()
    every: dict[str, Callable[[], list[int]]] = {"ours": ours, "ours, with the times of every chain": with_chains}
    every |= {f"ClickHouse, {layout}": partial(house.funnel, layout, KINDS, WINDOW) for layout in LAYOUTS}
    times: dict[str, list[float]] = {name: [] for name in every}
    for _ in range(runs):
        for name, work in every.items():
            took, found = timed(work)
            times[name].append(took)
            assert found == expected, (name, found, expected)
    print("people at each step, the same from all: " + ", ".join(f"{people:,}" for people in expected))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        say(f"funnel of 5 steps: {name}", median, "ms")
    best = min(median for name, median in medians.items() if name.startswith("ClickHouse"))
    say("ratio to ClickHouse's best, with every chain", best / medians["ours, with the times of every chain"], "")
    say("ratio to ClickHouse's best, the same five numbers", best / medians["ours"], "times")
    return best / medians["ours"]


def _arguments() -> dict[str, list[str]]:
    return {"step": [f"event:kind-{kind}" for kind in KINDS], "window": ["7d"], "all-time": ["1"]}


def _site() -> Site:
    return Site(SITE, "bench", ZoneInfo("Europe/Berlin"))


def _pages(journeys: Journeys) -> None:
    """Whole funnel pages: all blocks, warm."""
    now = START + DAYS * DAY
    pages: dict[str, dict[str, list[str]]] = {
        "as asked": {},
        "the last 30 days": {"all-time": ["0"]},
        "by device": {"by": ["device"]},
        "without kind-9 between": {"exclude": ["event:kind-9@1-3"]},
        "of sessions": {"unit": ["session"]},
        "in any order": {"order": ["any"]},
        "with nothing between": {"order": ["strict"]},
        "with a step of many kinds": {"step": ["event:kind-1*", "event:kind-2", "event:kind-3"]},
    }
    for name, more in pages.items():
        query = parse_query(REPORT.params, {**_arguments(), **more}, _site(), now)
        REPORT.run(journeys, query)
        page = partial(REPORT.run, journeys, query)
        say(
            f"funnel page, all blocks, {name}",
            min(timed(page)[0] for _ in range(3)),
            "ms",
        )


def _refresh(views: ViewStore, ledger: ArrayLedger, persons: int) -> None:
    random = np.random.default_rng(2)
    times = []
    for turn in range(5):
        ledger.add(
            {
                "visitor": random.integers(1, persons + persons // 100, NEW_EVENTS),
                "time": START + (DAYS + turn) * DAY + np.sort(random.integers(0, DAY, NEW_EVENTS)),
                "kind": random.integers(1, 50, NEW_EVENTS),
                "source": np.full(NEW_EVENTS, -1),
                "agent": np.full(NEW_EVENTS, 1),
            }
        )
        times.append(timed(lambda: (views.refresh(SITE), views.open(SITE)))[0])
    say(f"refresh with {NEW_EVENTS:,} new events, median", statistics.median(times), "ms")
    say(f"refresh with {NEW_EVENTS:,} new events, slowest", max(times), "ms")


if __name__ == "__main__":
    sys.exit(main())
