"""The way in beside heavy questions: how long an acknowledgement takes with four of them at work all the time, and with
none, in turns, on one server that takes events of its own and is asked of ten million others.

Every question is another one (its range or its window differs), so that no answer is remembered.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from flask import Flask

from benchmarks.load import Load, Result, run
from benchmarks.views import opened
from collector.catalog.catalog import Catalog
from collector.journeys.journeys import Journeys
from collector.server import Server
from collector.settings import Settings, load_keys, prepare_data, read_settings
from collector.store.open import open_ledger
from collector.web import pool
from collector.web.asking import EXTENSION as ASKER
from collector.web.rooms import EXTENSION, Rooms
from tests.support.postgres import free_port

QUESTIONS = (
    "funnel.json?all-time=1&by=country&window={n}h&step=page:/&step=page:/products&step=event:add_to_cart"
    "&step=event:checkout&step=event:purchase",
    "overview.json?from=2021-07-{day:02}&to=2026-06-30&by=channel",
    "impact.json?all-time=1&exposure=event:chat_started&goal=event:purchase&horizon={n}h",
    "funnel.json?all-time=1&order=any&window={n}h&step=page:/products&step=event:search&step=event:purchase",
)
ORIGIN = "https://shop.example"
RATE = 300.0


class _Views:
    """The same journeys for every site."""

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys

    def open(self, site: int) -> Journeys:  # noqa: ARG002 - what pages call
        return self._journeys

    def refresh(self, site: int) -> None:
        """Nothing: they stay as they are."""


class _BesideServer(Server):
    """The server with a kept view behind its pages."""

    def load(self) -> Flask:
        app = super().load()
        rooms: Rooms = app.extensions[EXTENSION]
        journeys = replace(opened(os.environ["BESIDE"])[0], derived=None)
        app.extensions[EXTENSION] = replace(rooms, views=_Views(journeys))
        app.extensions[ASKER].seconds = 600.0
        sys.setswitchinterval(float(os.environ.get("BESIDE_SWITCH", sys.getswitchinterval())))
        pool.NICE = int(os.environ.get("BESIDE_NICE", pool.NICE))
        return app


class Asking(threading.Thread):
    """Asks one kind of question after the other, never twice the same."""

    def __init__(self, port: int, secret: str, question: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._secret, self._question, self._until = port, secret, question, stop
        self.seconds: list[float] = []
        self.codes: set[int] = set()

    def run(self) -> None:
        for number in count(len(self.seconds) + int(time.time()) % 5_000):
            if self._until.is_set():
                return
            path = "/shop/" + self._question.format(n=48 + number % 2_000, day=1 + number % 28)
            begun = time.perf_counter()
            with (
                suppress(OSError, http.client.HTTPException),
                closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)) as connection,
            ):
                connection.request("GET", path, headers={"Authorization": f"Bearer {self._secret}"})
                answer = connection.getresponse()
                answer.read()
                self.codes.add(answer.status)
                self.seconds.append(time.perf_counter() - begun)


@contextmanager
def server(folder: Path, size: str) -> Iterator[tuple[Settings, str, str]]:
    """(settings, write key, secret of an API token) of a running server."""
    settings = read_settings(
        {
            "DESIRELINE_DATA": str(folder),
            "DESIRELINE_PORT": str(free_port()),
            "DESIRELINE_RATE_SITE": "0",
            "DESIRELINE_RATE_ADDRESS": "0",
        }
    )
    prepare_data(settings)
    load_keys(settings)
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    ledger.migrate()
    catalog.migrate()
    owner = catalog.create_user("owner@shop.example", "a long enough password", 1, admin=True)
    site = catalog.add_site("shop", [ORIGIN], 1)
    _, secret = catalog.make_api_token(owner, "bench", [], time.time_ns() // 1_000_000, None)
    ledger.close()
    catalog.close()
    command = [sys.executable, "-m", "benchmarks.beside", "--serve"]
    environment = settings.environment() | {"BESIDE": size}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield settings, site.site.write_key, secret
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(90)


def measure(settings: Settings, key: str, secret: str, asked: int, seconds: float) -> tuple[Result, list[Asking]]:
    """What the way in did with `asked` questions at work."""
    stop = threading.Event()
    asking = [Asking(settings.port, secret, QUESTIONS[at % len(QUESTIONS)], stop) for at in range(asked)]
    for one in asking:
        one.start()
    time.sleep(1.0 if asked else 0.0)
    result = run(Load(settings.port, key, connections=16, rate=RATE), seconds)
    stop.set()
    for one in asking:
        one.join()
    return result, asking


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--size", default="10m")
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args(arguments)
    if given.serve:
        _BesideServer(read_settings()).run()
        return 0
    opened(given.size)
    found: dict[int, list[Result]] = {0: [], 4: []}
    times: list[float] = []
    codes: set[int] = set()
    with tempfile.TemporaryDirectory() as name, server(Path(name), given.size) as (settings, key, secret):
        until = time.monotonic() + 60
        while not run(Load(settings.port, key, connections=16, rate=RATE), 1.0).events and time.monotonic() < until:
            time.sleep(0.2)
        for asked in [*found] * (given.rounds + 1):
            result, asking = measure(settings, key, secret, asked, given.seconds)
            found[asked].append(result)
            times += [seconds for one in asking for seconds in one.seconds]
            codes |= {code for one in asking for code in one.codes}
    print(
        f"{'questions':>10}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}  medians of {given.rounds} rounds"
    )
    for asked, results in found.items():
        results = results[1:]  # the first round warms up
        row = [statistics.median(one.quantile(part) for one in results) for part in (0.5, 0.99, 1.0)]
        rate = statistics.median(one.requests / one.seconds for one in results)
        print(f"{asked:>10}{rate:>12,.0f}" + "".join(f"{value:>9.1f}" for value in row))
    print(f"{len(times)} questions, {statistics.median(times):.1f} s each in the middle, answered {sorted(codes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
