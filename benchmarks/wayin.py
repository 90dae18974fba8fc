"""The way in: acknowledged requests and events a second, their latency, and what an event costs from socket to ledger.

A real server with its default settings on an empty data folder, the load generator beside it on the same cores, and in
the same run a Flask application that does nothing, so that figures can be read as ratios. Fails where an acknowledged
event is not in the ledger exactly once; speed is shown beside what is aimed at, and judged by the reader.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, Result, run
from benchmarks.loading import loader_speed
from benchmarks.machine import CORES, Busy, syncs_per_second
from collector.settings import read_settings
from collector.store.open import open_ledger
from tests.faults.collectors import Running
from tests.support.postgres import Cluster, cluster, free_port

COMBINATIONS = ((64, 1), (64, 50), (1, 1), (1, 50))
REQUESTS_AIM, EVENTS_AIM, LATENCY_AIM, LOADER_AIM = 3_000, 60_000, 50.0, 30_000
DRAINED = 120.0
LOADER_RUNS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One combination of connections and events a request."""

    connections: int
    size: int
    result: Result
    cpu: float  # seconds of processor until everything was in the ledger
    busy: float  # cores busy while it was sent
    own: float  # of these, the server's

    def line(self, bare: float) -> str:
        """A row of the table; `bare` are the requests a second of the application that does nothing."""
        result, seconds = self.result, self.result.seconds
        generator = result.cpu / seconds
        cost = f"{self.cpu / result.events * 1e6:>9,.0f}" if self.cpu and result.events else " " * 9
        return (
            f"{self.connections:>5}{self.size:>8}{result.requests / seconds:>11,.0f}{result.events / seconds:>11,.0f}"
            f"{result.quantile(0.5):>9.1f}{result.quantile(0.99):>9.1f}{result.quantile(1.0):>9.1f}{cost}"
            f"{self.own:>8.2f}{generator:>8.2f}{max(0.0, self.busy - self.own - generator):>8.2f}"
            f"{result.requests / seconds / bare if bare else 1:>9.2f}"
        )


HEADER = (
    f"{'conn.':>5}{'events':>8}{'requests':>11}{'events':>11}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'us/event':>9}"
    f"{'server':>8}{'load':>8}{'others':>8}{'to bare':>9}\n"
    f"{'':>5}{'/request':>8}{'/s':>11}{'/s':>11}{'':>27}{'CPU':>9}{'cores':>8}{'cores':>8}{'cores':>8}{'Flask':>9}"
)


@contextmanager
def bare_server(folder: Path) -> Iterator[tuple[int, int]]:
    """(port, process id) of the application that does nothing."""
    settings = read_settings({"DESIRELINE_DATA": str(folder), "DESIRELINE_PORT": str(free_port())})
    command = [sys.executable, "-m", "benchmarks.bare"]
    process = subprocess.Popen(command, env=settings.environment(), start_new_session=True)
    try:
        yield settings.port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def warm(load: Load) -> None:
    """Send until it answers, and a little longer."""
    until = time.monotonic() + 30
    while not run(load, 0.5).events:
        if time.monotonic() > until:
            raise RuntimeError("the server does not answer")
    run(load, 1)


def measure_bare(folder: Path, seconds: float) -> list[Measured]:
    """The application that does nothing, with the same bodies."""
    found = []
    with bare_server(folder) as (port, pid):
        warm(Load(port, bare=True))
        for connections, size in COMBINATIONS:
            watch = Busy(pid)
            result = run(Load(port, connections=connections, size=size, bare=True), seconds)
            found.append(Measured(connections, size, result, 0.0, *watch.cores()))
    return found


def measure(running: Running, seconds: float) -> tuple[list[Measured], list[str], set[str]]:
    """(what was measured, ids that were acknowledged, ids that may be in the ledger or not)."""
    key, pid = running.site.write_key, running.process.pid
    load = Load(running.settings.port, key, keep_ids=True)
    first = run(load, 1)
    acked, unsure = first.acked, set(first.unsure)
    found = []
    for connections, size in COMBINATIONS:
        drain(running, len(acked))
        watch = Busy(pid)
        result = run(Load(running.settings.port, key, connections=connections, size=size, keep_ids=True), seconds)
        cores = watch.cores()
        acked += result.acked
        unsure |= set(result.unsure)
        drain(running, len(acked))
        found.append(Measured(connections, size, result, watch.seconds(), *cores))
    return found, acked, unsure


def drain(running: Running, events: int) -> None:
    """Wait until the ledger holds so many."""
    ledger = open_ledger(running.settings.database)
    until = time.monotonic() + DRAINED
    while ledger.counts(running.site.id).get("events", 0) < events and time.monotonic() < until:
        time.sleep(0.1)
    ledger.close()


def wrong(running: Running, acked: list[str], unsure: set[str]) -> int:
    """How many events are lost, stored twice, or nobody's."""
    stored = running.ledger_ids()
    known = set(stored)
    lost, twice = len(set(acked) - known), len(stored) - len(known)
    strange = len(known - set(acked) - unsure)
    print(f"{len(acked):,} events acknowledged, {len(stored):,} in the ledger: {lost} lost, {twice} twice, ", end="")
    print(f"{strange} that nobody sent")
    return lost + twice + strange


def show(measured: list[Measured], bare: list[Measured], syncs: float) -> None:
    """The table, and what stands beside the aims."""
    print(HEADER)
    for one, other in zip(measured, bare, strict=True):
        print(one.line(other.result.requests / other.result.seconds))
    print("the same from a Flask application that does nothing, under the same server:")
    for other in bare:
        print(other.line(0.0))
    print(
        f"{CORES} cores; the disk takes {syncs:,.0f} syncs/s one after the other, {1_000 / syncs:.2f} ms each: with one"
    )
    print("connection every request waits for one of its own, with many they share it and processor time is the bound")
    single, batches = measured[0].result, measured[1].result
    print(f"{'aims, with 64 connections':<40}{'measured':>10}{'aim':>10}")
    aim("single events, requests/s", single.requests / single.seconds, REQUESTS_AIM)
    aim("batches of 50, events/s", batches.events / batches.seconds, EVENTS_AIM)
    aim("single events, p99 in ms, at most", single.quantile(0.99), LATENCY_AIM)


def aim(what: str, figure: float, wanted: float) -> None:
    print(f"{what:<40}{figure:>10,.0f}{wanted:>10,.0f}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="for each combination")
    options.add_argument("--load-events", type=int, default=60_000, help="for the loader, on each database")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        syncs = syncs_per_second(folder)
        bare = measure_bare(folder / "bare", given.seconds)
        # The defaults, but that no site is held to its limit: more than a minute's comes here in one.
        running = Running(folder / "data", RATE_SITE="0")
        try:
            measured, acked, unsure = measure(running, given.seconds)
            show(measured, bare, syncs)
            faults = wrong(running, acked, unsure)
        finally:
            running.stop()
        with cluster() as server:
            loaded = [_loaders(folder / str(number), server, given.load_events) for number in range(LOADER_RUNS)]
        for name, speeds in zip(("SQLite", "Postgres (fsync off)"), zip(*loaded, strict=True), strict=True):
            aim(f"loader on {name}, events/s, median of {LOADER_RUNS}", statistics.median(speeds), LOADER_AIM)
    return 1 if faults else 0


def _loaders(folder: Path, server: Cluster, events: int) -> tuple[float, float]:
    """Events a second on SQLite and on Postgres, one after the other so that both meet the same machine."""
    folder.mkdir()
    sqlite = loader_speed(f"sqlite://{folder / 'ledger.sqlite3'}", folder / "sqlite", events)
    return sqlite, loader_speed(server.create(), folder / "postgres", events)


if __name__ == "__main__":
    sys.exit(main())
