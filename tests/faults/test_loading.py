"""The loader: order, poison alone, a ledger that is down, a crash at the worst moment."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from collector.core.event import Event
from collector.inbox import record
from collector.inbox.box import Inbox
from collector.inbox.drain import BoxReader
from collector.inbox.files import hold, read_done
from collector.ingest.bots import compile_list
from collector.ingest.check import check_events
from collector.ingest.rules import SiteRules
from collector.loading import Loader
from collector.refreshing import Debounce
from collector.store.ledger import SqlLedger
from collector.store.open import open_engine
from collector.store.protocol import Appended, Ledger, LedgerDown, Mark, SetAside

NOW = 1_763_750_000_000
BOTS = compile_list({"version": "1", "patterns": ["curl/"]})


class Rules:
    """Knows sites 1 and 2."""

    def rules(self, site: int) -> SiteRules | None:
        return SiteRules(site, frozenset(["shop.example"])) if site in (1, 2) else None


class Failing(SqlLedger):
    """A real ledger that fails where the test says so."""

    def __init__(self, path: Path) -> None:
        super().__init__(open_engine(f"sqlite://{path}"))
        self.down = False
        self.poison = ""
        self.appends = 0
        self.breaks: Exception = ValueError("this event breaks the ledger")

    def append_marked(
        self, batches: Sequence[tuple[int, Sequence[Event]]], mark: Mark, aside: Sequence[SetAside] = ()
    ) -> Appended:
        self.appends += 1
        if self.down:
            raise LedgerDown("down")
        if any(event.name == self.poison for _, events in batches for event in events if self.poison):
            raise self.breaks
        return super().append_marked(batches, mark, aside)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Failing]:
    made = Failing(tmp_path / "ledger.db")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox", disk_floor=0)
    yield made
    made.close()


def loader(ledger: Ledger, inbox: Inbox, touched: list[frozenset[int]] | None = None) -> Loader:
    seen = touched if touched is not None else []
    return Loader(ledger, inbox.files.folder, Rules(), BOTS, seen.append, lambda: NOW)


def put(inbox: Inbox, *events: dict[str, Any], site: int = 1, visitor: str = "v_1", agent: str = "UA") -> list[str]:
    """Keep events as the door does; their ids."""
    given: list[dict[str, Any]] = [
        {"id": str(uuid4()), "type": "event", "name": "x", "at": NOW} | event for event in events
    ]
    checked = check_events(given, site)
    inbox.put(record.encode(site, visitor, NOW, NOW, "cookie", agent, (), checked.good, checked.quarantined))
    return [event["id"] for event in given]


def stored(ledger: Ledger, site: int = 1) -> list[str]:
    return [event.uid for event, _ in ledger.export(site)]


def test_records_become_events_in_order_and_the_sites_are_told(ledger: Failing, inbox: Inbox) -> None:
    touched: list[frozenset[int]] = []
    first = put(inbox, {"name": "a"}, {"name": "b"})
    other = put(inbox, {"name": "c"}, site=2, agent="curl/8")
    second = put(inbox, {"name": "d"})
    assert loader(ledger, inbox, touched).drain_once() == 3
    assert stored(ledger) == first + second
    assert stored(ledger, 2) == other
    assert frozenset.union(*touched) == {1, 2}
    assert ledger.counts(2)["bot:ua_list"] == 1
    assert ledger.marks()[inbox.files.name] == 3


def test_a_second_round_takes_nothing_and_a_new_loader_goes_on_where_the_old_one_was(
    ledger: Failing, inbox: Inbox
) -> None:
    put(inbox, {})
    one = loader(ledger, inbox)
    assert (one.drain_once(), one.drain_once()) == (1, 0)
    put(inbox, {})
    assert loader(ledger, inbox).drain_once() == 1
    assert len(stored(ledger)) == 2


def test_a_crash_between_append_and_delete_repeats_nothing(ledger: Failing, inbox: Inbox) -> None:
    """The mark is in the ledger, the worker was never told: the rows are still there."""
    ids = put(inbox, {}, {})
    loader(ledger, inbox).drain_once()
    inbox.files.done.unlink()
    assert loader(ledger, inbox).drain_once() == 0
    reader = BoxReader(inbox.files)
    assert len(reader.read(0, 10)) == 1
    reader.close()
    assert stored(ledger) == ids


def test_the_same_event_sent_twice_is_stored_once(ledger: Failing, inbox: Inbox) -> None:
    event = {"id": str(uuid4())}
    put(inbox, event)
    put(inbox, event, visitor="v_2")
    loader(ledger, inbox).drain_all()
    assert stored(ledger) == [event["id"]]


def test_a_record_that_breaks_the_ledger_is_quarantined_alone(ledger: Failing, inbox: Inbox) -> None:
    before = put(inbox, {"name": "a"})
    put(inbox, {"name": "poison", "url": "https://shop.example/?token=geheim"})
    after = put(inbox, {"name": "b"})
    ledger.poison = "poison"
    loader(ledger, inbox).drain_all()
    assert stored(ledger) == before + after
    (kept,) = ledger.quarantined(1)
    assert kept.reason == "ValueError"
    assert b"poison" in kept.raw
    assert b"geheim" not in kept.raw
    assert ledger.marks()[inbox.files.name] == 3


@pytest.mark.parametrize(
    "body", [b"{", b'{"s":1}', b"[]", b'{"s":9,"v":"","r":1,"t":1,"m":"","ua":"","e":[]}', b"\xff"]
)
def test_a_record_that_cannot_be_read_is_quarantined_alone(ledger: Failing, inbox: Inbox, body: bytes) -> None:
    inbox.put(body)
    after = put(inbox, {})
    loader(ledger, inbox).drain_all()
    assert stored(ledger) == after
    assert len(ledger.quarantined()) == 1


def test_events_the_door_could_not_read_are_kept_with_the_reason(ledger: Failing, inbox: Inbox) -> None:
    put(inbox, {}, {"type": "teleport"})
    loader(ledger, inbox).drain_all()
    assert len(stored(ledger)) == 1
    assert [kept.reason for kept in ledger.quarantined(1)] == ["unknown_type"]


def test_while_the_ledger_is_down_nothing_is_lost_or_quarantined_twice(ledger: Failing, inbox: Inbox) -> None:
    ids = put(inbox, {}, {"type": "teleport"})
    taking = loader(ledger, inbox)
    ledger.down = True
    for _ in range(3):
        with pytest.raises(LedgerDown):
            taking.drain_once()
    assert read_done(inbox.files) == 0, "told to delete what the ledger does not hold"
    ids += put(inbox, {})
    ledger.down = False
    taking.drain_all()
    assert stored(ledger) == [ids[0], ids[2]]
    assert len(ledger.quarantined(1)) == 1


def test_a_disk_too_full_for_a_record_but_not_for_a_mark_puts_nothing_into_quarantine(
    ledger: Failing, inbox: Inbox
) -> None:
    ledger.breaks, ledger.poison = LedgerDown("database or disk is full"), "large"
    ids = put(inbox, {"name": "large"})
    taking = loader(ledger, inbox)
    for _ in range(2):
        with pytest.raises(LedgerDown):
            taking.drain_once()
    ledger.poison = ""
    taking.drain_all()
    assert stored(ledger) == ids
    assert ledger.quarantined() == []


def test_what_goes_to_quarantine_costs_no_transaction_of_its_own(ledger: Failing, inbox: Inbox) -> None:
    """Five hundred events of one byte must not keep the loader busy for a second."""
    checked = check_events(list(range(500)), 1)
    inbox.put(record.encode(1, "v_1", NOW, NOW, "cookie", "UA", (), checked.good, checked.quarantined))
    loader(ledger, inbox).drain_all()
    assert ledger.appends == 1
    assert len(ledger.quarantined(1, limit=1_000)) == 500


def test_a_crash_leaves_what_is_quarantined_and_the_mark_in_step(
    ledger: Failing, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, {"type": "teleport"})
    run = ledger.engine.run

    def crash(sql: str, params: Sequence[object] = ()) -> int:
        if "INTO mark" in sql:
            raise LedgerDown("the power is gone")
        return run(sql, params)

    monkeypatch.setattr(ledger.engine, "run", crash)
    with pytest.raises(LedgerDown):
        loader(ledger, inbox).drain_all()
    monkeypatch.undo()
    assert ledger.quarantined() == []
    loader(ledger, inbox).drain_all()
    assert len(ledger.quarantined()) == 1


def test_a_living_worker_s_broken_box_does_not_stop_the_others_and_is_told_once(
    ledger: Failing, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    broken = inbox.files.folder / "box-00.sqlite3"
    broken.write_bytes(b"not a database" * 100)
    held = hold(inbox.files.folder / "box-00.lock")
    ids = put(inbox, {})
    taking = loader(ledger, inbox)
    for _ in range(5):
        taking.drain_once()
    assert stored(ledger) == ids
    assert broken.exists()
    assert [entry.levelname for entry in caplog.records] == ["ERROR"]
    assert held is not None
    os.close(held)


def test_a_worker_that_could_not_be_told_is_told_later(
    ledger: Failing, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(files: object, seq: int) -> None:
        raise OSError(28, "No space left on device")

    put(inbox, {})
    taking = loader(ledger, inbox)
    monkeypatch.setattr("collector.inbox.drain.write_done", full)
    taking.drain_once()
    monkeypatch.undo()
    assert read_done(inbox.files) == 0
    taking.drain_once()
    assert read_done(inbox.files) == 1


def test_a_locked_ledger_is_waited_for(ledger: Failing, inbox: Inbox, tmp_path: Path) -> None:
    ids = put(inbox, {})
    holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: holder.execute("COMMIT"))
    timer.start()
    loader(ledger, inbox).drain_all()
    timer.join()
    holder.close()
    assert stored(ledger) == ids


def test_the_box_of_a_dead_worker_is_drained_and_removed(ledger: Failing, tmp_path: Path) -> None:
    dead = Inbox(tmp_path / "inbox", disk_floor=0)
    ids = put(dead, {}, {})
    dead.close()
    taking = loader(ledger, dead)
    assert taking.drain_once() == 1
    assert stored(ledger) == ids
    assert list((tmp_path / "inbox").iterdir()) == []
    assert taking.drain_once() == 0


def test_a_dead_worker_s_box_that_cannot_be_read_just_now_is_not_removed(
    ledger: Failing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Inbox(tmp_path / "inbox", disk_floor=0)
    ids = put(dead, {})
    dead.close()
    taking = loader(ledger, dead)
    monkeypatch.setattr(BoxReader, "read", lambda *_: [])  # what it answers while another recovers the file
    taking.drain_once()
    monkeypatch.undo()
    assert dead.files.records.exists()
    taking.drain_once()
    assert stored(ledger) == ids
    assert not dead.files.records.exists()


def test_an_unreadable_box_stays_and_does_not_stop_the_others(ledger: Failing, inbox: Inbox) -> None:
    broken = inbox.files.folder / "box-broken.sqlite3"
    broken.write_bytes(b"not a database" * 100)
    (inbox.files.folder / "box-broken.lock").touch()
    ids = put(inbox, {})
    loader(ledger, inbox).drain_all()
    assert stored(ledger) == ids
    assert broken.exists()


def test_probes_are_passed_over(ledger: Failing, inbox: Inbox) -> None:
    inbox.probe()
    loader(ledger, inbox).drain_all()
    assert ledger.quarantined() == []
    assert ledger.marks()[inbox.files.name] == 1


def test_refreshes_are_few_and_none_is_forgotten() -> None:
    calls: list[frozenset[int]] = []
    fail = [True]

    def refresh(sites: frozenset[int]) -> None:
        if fail.pop() if fail else False:
            raise RuntimeError("once")
        calls.append(sites)

    debounce = Debounce(refresh, interval=0.02)
    for number in range(200):
        debounce(frozenset([number % 3]))
        time.sleep(0.0005)
    debounce.close()
    assert frozenset.union(*calls) == {0, 1, 2}
    assert len(calls) < 50
