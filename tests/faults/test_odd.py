"""What machines do besides dying: torn writes, clocks that jump, a ledger that somebody else has locked."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from collector.app import create_app
from collector.core.times import DAY, HOUR
from collector.inbox import record
from collector.inbox.box import Inbox
from collector.inbox.files import BoxFiles, all_boxes
from collector.ingest.bots import NO_LIST
from collector.loading import Loader
from collector.sites import CatalogBook
from collector.web.door import EXTENSION
from tests.faults.collectors import ORIGIN, Running, clients_of, settle
from tests.support.pages import Installation, install

NOW = 1_763_750_000_000


def put(inbox: Inbox, site: int, number: int) -> list[str]:
    """Acknowledged records of one event each; their ids."""
    ids = [str(uuid4()) for _ in range(number)]
    for uid in ids:
        text = f'{{"id":"{uid}","type":"page","at":{NOW},"url":"{ORIGIN}/"}}'
        inbox.put(record.encode(site, "v_1", NOW, NOW, "cookie", "Mozilla/5.0 Chrome/120", (), [text]))
    return ids


def load(shop: Installation, clock: int = NOW) -> list[str]:
    """What the ledger holds once the loader has done its work."""
    loader = Loader(shop.ledger, shop.settings.inbox, CatalogBook(shop.catalog), NO_LIST, lambda _: None, lambda: clock)
    loader.drain_all()
    loader.close()
    return [event.uid for event, _ in shop.ledger.export(shop.site_id, 0, 10_000)]


@pytest.mark.parametrize("seed", range(6))
def test_a_write_torn_by_a_power_cut_takes_nothing_acknowledged_with_it(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    shop = install(tmp_path / "data")
    alive = tmp_path / "alive"
    inbox = Inbox(alive, 2**30, 0)
    ids = put(inbox, shop.site_id, rng.randrange(1, 30))
    (box,) = all_boxes(alive)
    # What the disk holds at the instant of the cut: everything acknowledged, and a part of a commit that never ended.
    shop.settings.inbox.mkdir(exist_ok=True)
    dead = BoxFiles(shop.settings.inbox, box.name)
    log = box.records.with_name(box.records.name + "-wal")
    whole = log.stat().st_size
    put(inbox, shop.site_id, 3)
    shutil.copyfile(box.records, dead.records)
    torn = bytearray(log.read_bytes())
    inbox.close()
    cut = rng.randrange(whole, len(torn))
    for at in range(max(whole, cut - 600), cut):
        torn[at] = rng.randrange(256)
    dead.records.with_name(dead.records.name + "-wal").write_bytes(torn[:cut])
    dead.lock.touch()
    stored = load(shop)
    assert set(ids) <= set(stored), "acknowledged and lost"
    assert len(stored) == len(set(stored))
    assert all_boxes(shop.settings.inbox) == []


def test_a_box_that_cannot_be_read_stays_and_stops_nobody_else(tmp_path: Path) -> None:
    shop = install(tmp_path / "data")
    broken = BoxFiles(shop.settings.inbox, "broken")
    broken.records.write_bytes(b"not a database" * 1_000)
    broken.lock.touch()
    inbox = Inbox(shop.settings.inbox, 2**30, 0)
    ids = put(inbox, shop.site_id, 20)
    inbox.close()
    assert set(load(shop)) == set(ids)
    assert broken.records.exists()


def test_clocks_that_jump_lose_nothing_and_put_nothing_into_the_future(tmp_path: Path) -> None:
    shop = install(tmp_path / "data")
    clock = [NOW]
    app = create_app(shop.settings)
    door = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(door, clock=lambda: clock[0])
    client = app.test_client()
    sent, stored = [], []
    for jump in (0, 3 * DAY, -10 * DAY, 400 * DAY, -2 * HOUR, -NOW + DAY, NOW):
        clock[0] = max(1_000, clock[0] + jump)
        uid = str(uuid4())
        event = {"id": uid, "type": "page", "at": NOW, "url": f"{ORIGIN}/"}
        body = {"v": 1, "key": shop.site.site.write_key, "sent_at": NOW + 5, "boot": str(uuid4()), "events": [event]}
        answer = client.post("/collect", json=body, headers={"Origin": ORIGIN, "User-Agent": "Mozilla/5.0 Chrome/1"})
        assert answer.status_code == 200, answer.text
        assert answer.json == {**(answer.json or {}), "results": {uid: "ok"}}
        sent.append(uid)
        stored = load(shop, clock[0])
    assert stored == sent
    assert all(event.time <= event.received for event, _ in shop.ledger.export(shop.site_id, 0, 100))


def test_a_ledger_that_somebody_else_locks_stops_only_the_loader(tmp_path: Path) -> None:
    server = Running(tmp_path / "data")
    stop = threading.Event()
    try:
        clients = clients_of(server, stop, 2)
        time.sleep(1)
        with closing(sqlite3.connect(tmp_path / "data" / "ledger.sqlite3", isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 10000")
            other.execute("BEGIN IMMEDIATE")
            before = sum(len(client.acked) for client in clients)
            time.sleep(2)
            assert sum(len(client.acked) for client in clients) > before + 100
            other.execute("ROLLBACK")
        settle(server, clients, stop)
        assert {code for client in clients for code in client.codes} == {200}
    finally:
        server.kill_all()
