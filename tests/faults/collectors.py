"""A real server as a process, clients that retry as the tracker does, and what the ledger holds in the end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from collector.catalog.catalog import Catalog
from collector.settings import Settings, read_settings
from collector.store.open import open_ledger
from tests.support.figures import OUTCOMES, Figures, by, read, uneven
from tests.support.postgres import free_port

ORIGIN = "https://shop.example"
HEADERS = {"Origin": ORIGIN, "User-Agent": "Mozilla/5.0 Chrome/120", "Content-Type": "text/plain;charset=UTF-8"}


class Running:
    """The server over a data folder; may be killed and started again."""

    def __init__(self, folder: Path, database: str = "", **more: str) -> None:
        values = {
            "DESIRELINE_DATA": str(folder),
            "DESIRELINE_DATABASE": database,
            "DESIRELINE_PORT": str(free_port()),
            "DESIRELINE_DISK_FLOOR": "0",
            **{f"DESIRELINE_{name}": text for name, text in more.items()},
        }
        self.settings: Settings = read_settings(values)
        self.process = self._launch()
        self.wait_ready()
        catalog = Catalog(self.settings.database)
        self.site = catalog.add_site("shop", [ORIGIN], 1).site
        catalog.close()

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "collector.server"]
        return subprocess.Popen(command, env=self.settings.environment(), start_new_session=True)

    def start(self) -> None:
        """Start again after it was killed."""
        self.process = self._launch()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until a worker answers."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with closing(self.connect()) as connection, suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/readyz")
                with connection.getresponse() as answer:
                    if answer.status == 200:
                        return
            assert self.process.poll() is None, "the server ended"
            time.sleep(0.1)
        raise AssertionError("the server did not come up")

    def connect(self) -> http.client.HTTPConnection:
        """A fresh connection."""
        return http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=5)

    def children(self) -> tuple[list[int], list[int]]:
        """(workers, loaders) by process id."""
        workers: list[int] = []
        loaders: list[int] = []
        pid = self.process.pid
        # The loader is started by a thread: a process lists its children by the thread that made them.
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                for child in map(int, (task / "children").read_text().split()):
                    command = Path(f"/proc/{child}/cmdline").read_text()
                    (loaders if "collector.loader" in command else workers).append(child)
        return workers, loaders

    def kill_all(self) -> None:
        """What a power cut does to processes: all of them, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> int:
        """TERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def ledger_ids(self) -> list[str]:
        """The ids of every event in the ledger."""
        ledger = open_ledger(self.settings.database)
        found: list[str] = []
        after = 0
        while page := ledger.export(self.site.id, after, 5_000):
            found += [event.uid for event, _ in page]
            after = page[-1][0].id
        ledger.close()
        return found

    def metrics(self) -> Figures:
        """What /metrics says."""
        with closing(self.connect()) as connection:
            connection.request("GET", "/metrics")
            with connection.getresponse() as answer:
                assert answer.status == 200
                return read(answer.read().decode())

    def check_account(self, acked: int) -> dict[str, int]:
        """The sums of /metrics agree with each other, with the ledger, and with what clients were told."""
        until = time.monotonic() + 30
        while (found := self.metrics())["desireline_inbox_waiting_records", ()] and time.monotonic() < until:
            time.sleep(0.05)
        ends = by(found, "desireline_events_total", "outcome")
        parts = {name: ends[name] for name in OUTCOMES}
        assert uneven(found) == 0, parts
        assert parts["stored"] + parts["flagged"] == len(self.ledger_ids())
        assert parts["stored"] + parts["flagged"] >= acked
        assert parts["quarantined"] == 0
        return parts

    def wait_drained(self, at_least: int) -> None:
        """Until the ledger holds that many events, or a minute has passed."""
        ledger = open_ledger(self.settings.database)
        until = time.monotonic() + 60
        while ledger.counts(self.site.id).get("events", 0) < at_least and time.monotonic() < until:
            time.sleep(0.05)
        ledger.close()


@dataclass
class Client(threading.Thread):
    """Sends `batches` batches of `size` events and resends each until it is acknowledged, as the tracker does."""

    server: Running
    stop: threading.Event
    size: int = 3
    batches: int = 1_000_000
    acked: list[str] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    codes: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        for _ in range(self.batches):
            if self.stop.is_set():
                break
            batch = [str(uuid4()) for _ in range(self.size)]
            self.open.update(batch)
            while self.open and not self.stop.is_set():
                connection = connection or self.server.connect()
                begun = time.perf_counter()
                try:
                    connection.request("POST", "/collect", self._body(), HEADERS)
                    with connection.getresponse() as answer:
                        body = answer.read()
                except (OSError, http.client.HTTPException):
                    self.failures += 1
                    connection.close()
                    connection = None
                    time.sleep(0.05)
                    continue
                self.codes.add(answer.status)
                if answer.status == 200:
                    self.latencies.append(time.perf_counter() - begun)
                    done = [key for key, status in json.loads(body)["results"].items() if status == "ok"]
                    self.acked += done
                    self.open.difference_update(done)
                else:
                    time.sleep(0.05)
        if connection:
            connection.close()

    def _body(self) -> bytes:
        now = time.time_ns() // 1_000_000
        events = [
            {"id": key, "type": "page", "at": now, "url": f"{ORIGIN}/p/{key[:2]}", "pid": "k3j9x0a1"}
            for key in self.open
        ]
        return json.dumps(
            {"v": 1, "key": self.server.site.write_key, "sent_at": now, "boot": self.name, "events": events}
        ).encode()


def clients_of(server: Running, stop: threading.Event, number: int = 4) -> list[Client]:
    """So many clients, sending."""
    clients = [Client(server, stop) for _ in range(number)]
    for client in clients:
        client.start()
    return clients


def finish(clients: list[Client], stop: threading.Event) -> tuple[set[str], set[str]]:
    """(acknowledged ids, ids sent and never answered)."""
    stop.set()
    for client in clients:
        client.join(15)
    acked = [key for client in clients for key in client.acked]
    assert len(acked) == len(set(acked))
    return set(acked), {key for client in clients for key in client.open}


def check_stored(server: Running, acked: set[str], unanswered: set[str]) -> None:
    """Everything acknowledged is in the ledger, once, beside what nobody got an answer to; nothing waits."""
    stored = server.ledger_ids()
    assert len(stored) == len(set(stored)), "stored twice"
    assert acked - set(stored) == set(), "acknowledged and lost"
    assert set(stored) - acked <= unanswered
    assert list(server.settings.inbox.iterdir()) == []


def settle(server: Running, clients: list[Client], stop: threading.Event) -> set[str]:
    """End the load, have all of it loaded, stop the server; nothing may be lost. The acknowledged ids."""
    acked, unanswered = finish(clients, stop)
    server.wait_drained(len(acked))
    server.check_account(len(acked))
    assert server.stop() == 0
    check_stored(server, acked, unanswered)
    return acked
