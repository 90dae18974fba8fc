"""`make soak`: a steady load with pages being read, then kills at random; memory, log and inbox must stay flat.

The short form takes about five minutes; the long one is `make soak ARGS='--minutes 60 --kills 40 --outage 60'`.
Ends with 1 where an acknowledged event is lost or stored twice, where the sums of /metrics do not agree, or where
something grows.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

from benchmarks.load import ORIGIN, Load, Result, run
from collector.catalog.catalog import Catalog
from collector.core.times import DAY
from tests.faults.collectors import Running
from tests.support.postgres import Cluster, cluster

EVERY = 2.0
PAGES = ("overview", "visitors", "events", "funnel.json?step=page:/products/1&step=page:/products/2", "live")
MB = 2**20
# What may lie between the middle and the last third of a run: more is growth. The inbox and the log are bounded anyway.
SLACK = {"worker MB": 12.0, "loader MB": 60.0, "WAL MB": 64.0, "inbox MB": 32.0}
LIMIT = {"WAL MB": 256.0, "inbox MB": 128.0}


@dataclass
class Reader(threading.Thread):
    """Somebody who is logged in and reads one page after the other."""

    server: Running
    stop: threading.Event
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        base = f"http://127.0.0.1:{self.server.settings.port}"
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        opener.open(f"{base}/login/once?token={_login(self.server)}", timeout=20).close()
        for turn in range(10**9):
            if self.stop.wait(0.5):
                return
            address = f"{base}/shop/{PAGES[turn % len(PAGES)]}"
            begun = time.perf_counter()
            try:
                opener.open(address, timeout=30).close()
                self.seconds.append(time.perf_counter() - begun)
            except urllib.error.HTTPError as error:
                self.wrong.append(f"{address}: {error.code}")
            except OSError:
                pass  # the worker was killed in the middle of it


def _login(server: Running) -> str:
    catalog = Catalog(server.settings.database)
    now = time.time_ns() // 1_000_000
    user = catalog.create_user("reader@shop.example", "a sentence is good", now, admin=True)
    token = catalog.issue_token("login", now, DAY, user.id)
    catalog.close()
    return token


def anonymous(pid: int) -> int:
    """Bytes of a process that are its own, not those of files it has mapped (proc_pid_status(5), RssAnon)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def size(folder: Path, pattern: str) -> int:
    """Bytes of the files that fit."""
    total = 0
    for path in folder.glob(pattern):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def sample(server: Running) -> dict[str, float]:
    """What must stay flat, now."""
    workers, loaders = server.children()
    data = server.settings.data
    found = {
        "worker MB": max((anonymous(pid) for pid in workers), default=0) / MB,
        "loader MB": max((anonymous(pid) for pid in loaders), default=0) / MB,
        "WAL MB": size(data, "ledger.sqlite3-wal") / MB,
        "inbox MB": size(data / "inbox", "*") / MB,
    }
    with suppress(OSError, AssertionError):
        told = server.metrics()
        found["waiting"] = told["desireline_inbox_waiting_records", ()]
        found["oldest s"] = told["desireline_inbox_oldest_seconds", ()]
    return found


def steady(server: Running, seconds: float, rate: float) -> tuple[Result, list[dict[str, float]], Reader]:
    """Load and reading for so long, a sample every `EVERY` s."""
    stop, results = threading.Event(), list[Result]()
    # Visits of twenty events: a few browsers with endless histories would be nobody's site.
    load = Load(server.settings.port, server.site.write_key, connections=16, size=5, rate=rate, renew=4, keep_ids=True)
    sender = threading.Thread(target=lambda: results.append(run(load, seconds)))
    reader = Reader(server, stop)
    sender.start()
    reader.start()
    samples = []
    while sender.is_alive():
        samples.append(sample(server))
        sender.join(EVERY)
    stop.set()
    reader.join(40)
    return results[0], samples, reader


def grown(samples: Sequence[dict[str, float]]) -> list[str]:
    """What was larger in the last third than in the middle one, or beyond its limit."""
    third = len(samples) // 3
    found = []
    for name, slack in SLACK.items():
        middle = statistics.median(one[name] for one in samples[third : 2 * third])
        last = statistics.median(one[name] for one in samples[2 * third :])
        most = max(one[name] for one in samples)
        print(f"  {name:<10} middle third {middle:8.1f}   last third {last:8.1f}   most {most:8.1f}")
        if last > middle * 1.1 + slack:
            found.append(f"{name} grew from {middle:.1f} to {last:.1f}")
        if most > LIMIT.get(name, float("inf")):
            found.append(f"{name} reached {most:.1f}")
    return found


def kill_round(server: Running, rng: random.Random) -> str:
    """kill -9 of something; started again where that was the master."""
    workers, loaders = server.children()
    victim = rng.choice(("worker", "worker", "workers", "loader", "master", "all"))
    if victim == "all":
        server.kill_all()
        server.start()
    elif victim == "master":
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
    else:
        chosen = {"worker": workers[:1], "workers": workers, "loader": loaders}[victim]
        for pid in chosen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return victim


def killing(server: Running, rounds: int, seed: int) -> tuple[Result, list[str]]:
    """Several clients at full speed while something is killed again and again."""
    rng, stop, results = random.Random(seed), threading.Event(), list[Result]()
    load = Load(server.settings.port, server.site.write_key, connections=8, size=3, rate=400, keep_ids=True)
    sender = threading.Thread(target=lambda: results.append(run(load, 10**6, stop.is_set)))
    sender.start()
    victims = []
    for _ in range(rounds):
        time.sleep(rng.uniform(0.3, 2.5))
        victims.append(kill_round(server, rng))
    time.sleep(2)
    stop.set()
    sender.join(60)
    return results[0], victims


def without_database(server: Running, database: Cluster, seconds: float) -> Result:
    """Load while the database server is stopped for so long, and a little longer."""
    results = list[Result]()
    load = Load(server.settings.port, server.site.write_key, connections=8, size=3, rate=100, keep_ids=True)
    sender = threading.Thread(target=lambda: results.append(run(load, seconds + 4)))
    sender.start()
    time.sleep(1)
    database.stop()
    time.sleep(seconds)
    database.start()
    sender.join()
    return results[0]


def _check(server: Running, acked: list[str], unsure: list[str]) -> list[str]:
    """What is wrong with what the ledger holds."""
    parts = server.check_account(len(acked))
    stored = server.ledger_ids()
    known = set(stored)
    print(f"  acknowledged {len(acked):,}  in the ledger {len(stored):,}  unanswered {len(unsure):,}  sums {parts}")
    return [
        text
        for text, broken in (
            (f"{len(set(acked) - known)} acknowledged events are lost", set(acked) - known),
            ("events are stored twice", len(stored) != len(known)),
            ("events are there that nobody sent", known - set(acked) - set(unsure)),
        )
        if broken
    ]


def soak(folder: Path, given: argparse.Namespace, database: Cluster | None) -> list[str]:
    """One run on one engine; what was wrong."""
    minutes, kills, rate, seed = given.minutes, given.kills, given.rate, given.seed
    server = Running(folder, database.create() if database else "", RATE_ADDRESS="0", RATE_SITE="0")
    try:
        result, samples, reader = steady(server, minutes * 60, rate)
        pages = sorted(reader.seconds)
        print(
            f"  {result.events:,} events acknowledged in {minutes:g} min, p50 {result.quantile(0.5):.1f} ms, "
            f"p99 {result.quantile(0.99):.1f} ms; {len(pages)} pages read, p95 {pages[int(0.95 * len(pages))]:.2f} s"
        )
        wrong = [*grown(samples), *reader.wrong[:5]]
        if result.codes or result.statuses or result.failures:
            wrong.append(f"refused without a reason: {result.codes} {result.statuses} {result.failures}")
        acked, unsure = result.acked, result.unsure
        if database:
            alone = without_database(server, database, given.outage)
            print(f"  {alone.events:,} events acknowledged around {given.outage:g} s without the database")
            acked, unsure = acked + alone.acked, unsure + alone.unsure
            if alone.codes or alone.failures:
                wrong.append(f"the way in stopped with the database: {alone.codes} {alone.failures}")
        killed, victims = killing(server, kills, seed)
        print(f"  killed: {' '.join(victims)}")
        wrong += _check(server, acked + killed.acked, unsure + killed.unsure)
        if server.stop() != 0:
            wrong.append("TERM did not end it cleanly")
    finally:
        server.kill_all()
    return wrong


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=1.5, help="of steady load, for each engine")
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--rate", type=float, default=100, help="requests of five events a second")
    options.add_argument("--outage", type=float, default=15, help="seconds that Postgres is stopped for")
    options.add_argument("--engine", choices=("sqlite", "postgres"), help="one only")
    options.add_argument("--seed", type=int, default=int(time.time()))
    given = options.parse_args()
    print(f"seed {given.seed}, {given.rate:g} requests of 5 events a second, two workers, origin {ORIGIN}")
    wrong: list[str] = []

    def one(name: str, database: Cluster | None) -> None:
        print(f"{name}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="desireline-soak-") as folder:
            found = soak(Path(folder) / "data", given, database)
        wrong.extend(f"{name}: {text}" for text in found)

    if given.engine != "postgres":
        one("SQLite", None)
    if given.engine != "sqlite":
        with cluster() as server:
            one("Postgres", server)
    print("\n".join(wrong) or "flat, and nothing lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
