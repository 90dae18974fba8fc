"""Acknowledged means stored, once: under kill -9 of workers, loader and all, and under TERM."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from collector.store.open import open_ledger
from tests.faults.collectors import Client, Running, check_stored, clients_of, finish, settle
from tests.support.postgres import cluster


def kill_something(server: Running, rng: random.Random) -> None:
    workers, loaders = server.children()
    victims = loaders if loaders and rng.random() < 0.5 else workers
    if victims:
        with suppress(ProcessLookupError):
            os.kill(rng.choice(victims), signal.SIGKILL)


def chaos(server: Running, seconds: float, pause: float) -> None:
    rng = random.Random(7)
    stop = threading.Event()
    clients = clients_of(server, stop)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(pause)
        kill_something(server, rng)
    server.kill_all()
    server.start()
    time.sleep(1)
    assert len(settle(server, clients, stop)) > 200
    assert sum(client.failures for client in clients) > 0


def test_kill_9_of_workers_loader_and_all_loses_nothing_and_stores_nothing_twice(tmp_path: Path) -> None:
    server = Running(tmp_path / "data")
    try:
        chaos(server, 7, 0.6)
    finally:
        server.kill_all()
    with sqlite3.connect(tmp_path / "data" / "ledger.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.postgres
def test_the_same_on_postgres(tmp_path: Path, postgres_url: Callable[[], str]) -> None:
    server = Running(tmp_path / "data", postgres_url())
    try:
        chaos(server, 3, 0.6)
    finally:
        server.kill_all()


@pytest.mark.postgres
def test_a_dead_database_does_not_stop_the_way_in(tmp_path: Path) -> None:
    with cluster() as database:
        server = Running(tmp_path / "data", database.create())
        stop = threading.Event()
        try:
            clients = clients_of(server, stop, 2)
            time.sleep(1)
            database.stop()
            before = sum(len(client.acked) for client in clients)
            time.sleep(4)  # longer than sites are remembered: an old answer must serve
            assert sum(len(client.acked) for client in clients) > before + 100
            database.start()
            time.sleep(0.5)
            settle(server, clients, stop)
            assert {code for client in clients for code in client.codes} == {200}
        finally:
            server.kill_all()


@pytest.mark.alone
def test_an_acknowledged_event_is_in_the_ledger_within_half_a_second(tmp_path: Path) -> None:
    server = Running(tmp_path / "data")
    waits = []
    try:
        stop = threading.Event()
        ledger = open_ledger(server.settings.database)
        for turn in range(8):
            client = Client(server, stop, size=1, batches=1)
            client.start()
            client.join()
            begun = time.monotonic()
            while ledger.counts(server.site.id).get("events", 0) <= turn and time.monotonic() - begun < 20:
                time.sleep(0.005)
            waits.append(time.monotonic() - begun)
        ledger.close()
        assert server.stop() == 0
        assert len(server.ledger_ids()) == 8
    finally:
        server.kill_all()
    # The first one also waits for the loader to come up.
    assert sorted(waits[1:])[3] < 0.5


def test_kill_9_of_the_master_leaves_a_port_that_the_next_server_gets(tmp_path: Path) -> None:
    server = Running(tmp_path / "data")
    stop = threading.Event()
    try:
        clients = clients_of(server, stop)
        time.sleep(1)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        time.sleep(0.3)
        server.start()
        time.sleep(1)
        settle(server, clients, stop)
    finally:
        server.kill_all()


@pytest.mark.parametrize("after", [0.1, 1.5])
def test_term_under_load_cuts_no_request_short_and_leaves_nothing_behind(tmp_path: Path, after: float) -> None:
    """Also right after the start, while the loader is still coming up."""
    server = Running(tmp_path / "data")
    stop = threading.Event()
    try:
        clients = clients_of(server, stop)
        time.sleep(after)
        assert server.stop() == 0
        acked, unanswered = finish(clients, stop)
        assert len(acked) > 5
        assert {code for client in clients for code in client.codes} == {200}
        check_stored(server, acked, unanswered)
    finally:
        server.kill_all()
