"""What four heavy questions asked all the time do to the way in: latency of /collect with and without them.

A real server with its default settings and a site with a long past, events at a steady rate, and in the second half
four readers who each ask for five years, one question after the other, never the same twice.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.filled import fill
from benchmarks.load import Load, Result, run
from benchmarks.machine import CORES
from benchmarks.questions import STEPS
from benchmarks.views import SIZES, ledger
from collector.catalog.catalog import Catalog
from collector.core.times import DAY
from tests.faults.collectors import Running

RATE = 200.0
CONNECTIONS = 16
LATENCY_AIM = 50.0
_FUNNEL = [("step", step) for step in STEPS] + [("window", "7d")]
# What each reader asks, with another first day every time.
HEAVY: Sequence[tuple[str, list[tuple[str, str]]]] = (
    ("overview.json", []),
    ("funnel.json", [*_FUNNEL, ("by", "device")]),
    ("paths.json", [("every-page", "1"), ("depth", "5")]),
    ("impact.json", [("exposure", "event:chat_started"), ("goal", "event:purchase")]),
)
_FIRST = date(2021, 7, 1)


@dataclass
class Reader(threading.Thread):
    """Somebody who is logged in and asks heavy questions without a pause."""

    base: str
    token: str
    report: str
    more: list[tuple[str, str]]
    stop: threading.Event
    ready: threading.Event = field(default_factory=threading.Event)
    seconds: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        opener.open(f"{self.base}/login/once?token={self.token}", timeout=60).close()
        self.ready.set()
        turn = 0
        while not self.stop.is_set():
            turn += 1
            days = [("from", str(_FIRST + timedelta(days=turn))), ("to", "2026-06-30")]
            address = f"{self.base}/shop/{self.report}?{urlencode([*self.more, *days])}"
            begun = time.perf_counter()
            try:
                with opener.open(address, timeout=120) as answer:
                    answer.read()
                    self.codes[answer.status] += 1
                self.seconds.append(time.perf_counter() - begun)
            except urllib.error.HTTPError as error:
                self.codes[error.code] += 1
                self.stop.wait(0.2)


def readers(running: Running, stop: threading.Event) -> list[Reader]:
    """One a question, each a user of their own."""
    catalog = Catalog(running.settings.database)
    now = time.time_ns() // 1_000_000
    found = []
    for number, (report, more) in enumerate(HEAVY):
        user = catalog.create_user(f"reader{number}@shop.example", "a sentence is good", now, admin=True)
        token = catalog.issue_token("login", now, DAY, user.id)
        found.append(Reader(f"http://127.0.0.1:{running.settings.port}", token, report, more, stop))
    catalog.close()
    return found


def wait_for_view(running: Running, load: Load) -> float:
    """Send a little, and wait until the view with the whole past is there; how many seconds that took."""
    begun = time.monotonic()
    run(load, 1.0)
    current = running.settings.data / "journeys" / str(running.site.id) / "CURRENT"
    while time.monotonic() < begun + 600:
        if current.exists():
            return time.monotonic() - begun
        time.sleep(0.2)
    raise RuntimeError("the view was not built")


def line(name: str, result: Result) -> None:
    """A row of the table."""
    print(
        f"{name:<34}{result.requests / result.seconds:>12,.0f}{result.quantile(0.5):>9.1f}{result.quantile(0.9):>9.1f}"
        f"{result.quantile(0.99):>9.1f}{result.quantile(1.0):>9.1f}{sum(result.codes.values()) + result.failures:>9}",
        flush=True,
    )


def measure(running: Running, seconds: float) -> tuple[Result, Result, list[Reader]]:
    """The way in without and with the readers."""
    load = Load(running.settings.port, running.site.write_key, connections=CONNECTIONS, rate=RATE, renew=20)
    built = wait_for_view(running, load)
    print(f"{built:.0f} s until the view of the past was built")
    time.sleep(2.0)
    without = run(load, seconds)
    stop = threading.Event()
    asking = readers(running, stop)
    for reader in asking:
        reader.start()
    for reader in asking:
        reader.ready.wait(60)
    time.sleep(1.0)
    beside = run(load, seconds)
    stop.set()
    for reader in asking:
        reader.join(120)
    return without, beside, asking


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=tuple(SIZES), default="1m", help="of the site's past")
    options.add_argument("--seconds", type=float, default=20.0, help="for each half")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        running = Running(Path(name) / "data", RATE_SITE="0", RATE_ADDRESS="0")
        try:
            begun = time.monotonic()
            fill(Path(running.settings.database.removeprefix("sqlite://")), running.site.id, ledger(given.size))
            print(
                f"{SIZES[given.size][0]:,} events in the ledger after {time.monotonic() - begun:.0f} s; {CORES} cores"
            )
            without, beside, asking = measure(running, given.seconds)
        finally:
            running.stop()
    print(f"{'/collect, latency in ms':<34}{'requests/s':>12}{'p50':>9}{'p90':>9}{'p99':>9}{'max':>9}{'failed':>9}")
    line("alone", without)
    line("with four heavy questions", beside)
    for reader in asking:
        slowest = max(reader.seconds, default=float("nan"))
        codes = ", ".join(f"{count} x {code}" for code, count in sorted(reader.codes.items()))
        print(f"  {reader.report:<16} answered {codes or 'never'}; slowest {slowest:.1f} s")
    late = beside.quantile(0.99)
    times = late / without.quantile(0.99)
    verdict = "kept" if late <= LATENCY_AIM else "MISS"
    print(f"p99 beside them {late:.1f} ms, {times:.1f} times as alone; at most {LATENCY_AIM:.0f} ms: {verdict}")
    failed = sum(beside.codes.values()) + beside.failures
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
