"""Every report over views of one and of ten million events: how long its whole page takes, and what the view costs.

Each size is measured in a process of its own, so that its memory is its own. What is slower than aimed at is printed
as a MISS; `python -m benchmarks.reports --only funnel,paths --size 1m` asks some reports at one size only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from benchmarks.data import EVENTS, ArrayLedger
from benchmarks.measure import Peak, least, memory, missed, resident, say, size_on_disk, timed, worked
from benchmarks.people import NOW
from benchmarks.questions import Arguments, asked, one_each
from benchmarks.views import SITE, bench_site, ledger, opened
from benchmarks.vocabulary import PAGES
from collector.core.query import parse_query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.memo import PROCESS, Memo
from collector.journeys.trim import give_back
from collector.journeys.view import ViewStore
from collector.reports.ask import ask as answered
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.store.protocol import Ledger

# What a page's answer may take, in ms, and a worker's memory, in MiB.
AIMS = {"100k": 150.0, "1m": 150.0, "10m": 1_000.0, "30m": 3_000.0}
# The same of those that weigh people alike; their pages say how far they are meanwhile.
WEIGHED = frozenset(("impact", "drivers", "chat", "retargeting"))
WEIGHED_AIMS = {"100k": 1_000.0, "1m": 1_000.0, "10m": 5_000.0, "30m": 15_000.0}
MEMORY_AIM = 1_500.0
REFRESH_AIM = 300.0
NEW_EVENTS = 10_000
WARM_RUNS = 3


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one question: with nothing remembered, after a refresh of the view, asked again; of processor."""

    cold: float
    refreshed: float
    warm: float
    cpu: float

    def line(self, report: str, question: str, aim: float) -> str:
        verdict = missed(self.warm, aim, self.cpu)
        return (
            f"{report:<16}{question:<46}{self.cold:>9,.0f}{self.refreshed:>11,.0f}{self.warm:>9,.0f}{self.cpu:>9,.0f}"
            f"  {verdict}"
        ).rstrip()


def ask(journeys: Journeys, report: Report, arguments: Arguments) -> Took:
    """The whole answer, all blocks, as a page asks for it."""

    def answer(of: Journeys) -> object:
        return answered(report, of, arguments, bench_site(), NOW)

    cold, _ = timed(lambda: answer(journeys))
    # A refresh leaves the great segments with what is remembered of them, and makes a new value of the journeys.
    fresh = replace(journeys, memo=Memo())
    refreshed, _ = timed(lambda: answer(fresh))
    warm, cpu = least(lambda: answer(fresh), WARM_RUNS)
    return Took(cold, refreshed, warm, cpu)


def measure_reports(size: str, only: Sequence[str]) -> int:
    """A line a question; how many were slower than aimed at."""
    every = reports()
    names = [name for name in every if not only or name in only]
    late = 0
    opened(size)
    print(f"\n{'report':<16}{'question, times in ms':<46}{'cold':>9}{'refreshed':>11}{'warm':>9}{'CPU':>9}")
    for name, question, arguments in asked(names, {name: report.example for name, report in every.items()}):
        took = ask(opened(size)[0], every[name], arguments)
        aim = (WEIGHED_AIMS if name in WEIGHED else AIMS)[size]
        print(took.line(name, question, aim), flush=True)
        late += took.warm > aim
    return late


def measure_memory(size: str, only: Sequence[str]) -> int:
    """What a worker takes that was asked each report once, as it is left and once nothing is asked; is it too much."""
    every = reports()
    journeys = opened(size)[0]
    before = sum(memory())
    for name, arguments in one_each([name for name in every if not only or name in only]):
        every[name].run(journeys, parse_query(every[name].params, arguments, bench_site(), NOW))
    most = sum(memory())
    say(
        "memory after one question of each report in one process", most / 2**20, "MiB", missed(most / 2**20, MEMORY_AIM)
    )
    give_back()
    own, mapped = memory()
    say("5 s later, its own", own / 2**20, "MiB")
    say("and files mapped, which all processes share", mapped / 2**20, "MiB")
    say("of its own, remembered for the next questions", PROCESS.used / 2**20, "MiB")
    say("before the first question", before / 2**20, "MiB")
    return int(most > MEMORY_AIM * 2**20)


def measure_view(size: str) -> int:
    """Building, opening and refreshing a view; how many figures were worse than aimed at."""
    events = ledger(size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        views = ViewStore(folder, cast(Ledger, events))
        before = resident()
        with Peak() as peak:
            took, cpu = worked(lambda: views.refresh(SITE))
        say("view built from the columns of all events", took / 1_000, "s", f"{cpu / 1_000:.1f} of processor")
        say("most memory meanwhile, mapped files included", (peak.bytes - before) / 2**20, "MiB")
        say("view on disk", size_on_disk(folder) / 2**20, "MiB")
        say(
            "view opened by another process", timed(lambda: ViewStore(folder, cast(Ledger, events)).open(SITE))[0], "ms"
        )
        times = _refresh(views, events)
        middle, cpu = sorted(times)[len(times) // 2]
        say(f"refresh with {NEW_EVENTS:,} new events, median", middle, "ms", missed(middle, REFRESH_AIM, cpu))
        say(f"refresh with {NEW_EVENTS:,} new events, median, of processor", cpu, "ms")
        say(f"refresh with {NEW_EVENTS:,} new events, slowest", max(times)[0], "ms")
    return int(middle > REFRESH_AIM)


def _refresh(views: ViewStore, events: ArrayLedger) -> list[tuple[float, float]]:
    random = np.random.default_rng(2)
    times = []
    for turn in range(7):
        visitor = random.integers(1, events.people + 1, NEW_EVENTS)
        kind = random.integers(1, len(PAGES) + 1, NEW_EVENTS)
        made = {name: np.zeros(NEW_EVENTS, dtype=np.int64) for name in EVENTS}
        made |= {"visitor": visitor, "person": visitor, "kind": kind, "page": kind}
        made |= {"source": made["source"] - 1, "agent": made["agent"] + 1}
        made["time"] = NOW + turn * DAY + np.sort(random.integers(0, DAY, NEW_EVENTS))
        events.add({**made, "value": np.full(NEW_EVENTS, np.nan)})
        times.append(worked(lambda: (views.refresh(SITE), views.open(SITE))))
    return times


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", action="append", choices=tuple(AIMS), help="1m and 10m where not given")
    options.add_argument("--only", default="", help="reports by name, with commas between")
    options.add_argument("--no-view", action="store_true", help="do not build and refresh a view")
    options.add_argument("--memory", action="store_true", help="with --here: only what a worker's memory comes to")
    options.add_argument("--here", action="store_true", help="in this process: for one size")
    given = options.parse_args(arguments)
    sizes = given.size or ["1m", "10m"]
    if not given.here:
        # The figures are for the reader: a miss is told and is no failure of the run, as machines differ.
        ended = [subprocess.run(_command(given, size), check=False).returncode for size in sizes]
        return max(ended)
    only = [name for name in given.only.split(",") if name]
    if given.memory:
        return measure_memory(sizes[0], only)
    events, persons = ledger(sizes[0]).events, ledger(sizes[0]).people
    print(f"\n== {events:,} events of {persons:,} persons; load average {os.getloadavg()[0]:.1f} ==", flush=True)
    misses = 0 if given.no_view else measure_view(sizes[0])
    misses += measure_reports(sizes[0], only)
    command = [*_command(given, sizes[0]), "--memory"]
    misses += subprocess.run(command, check=False).returncode
    print(f"{misses} of these figures miss what is aimed at" if misses else "all of these are as aimed at", flush=True)
    return 0


def _command(given: argparse.Namespace, size: str) -> list[str]:
    more = ["--no-view"] if given.no_view else []
    return [sys.executable, "-m", "benchmarks.reports", "--here", "--size", size, "--only", given.only, *more]


if __name__ == "__main__":
    sys.exit(main())
