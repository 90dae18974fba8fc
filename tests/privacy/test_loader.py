"""The loader: pace that is no person's, sites that were deleted, retention beside it, boxes that are rewritten."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from collector.catalog.catalog import Catalog
from collector.core.event import Event
from collector.core.times import DAY, MINUTE, SECOND
from collector.inbox import box as boxes
from collector.inbox.box import Inbox
from collector.inbox.record import encode
from collector.inbox.wipe import ask_to_wipe, still_to_wipe
from collector.ingest.bots import NO_LIST
from collector.ingest.pace import MINUTES, PAGES, Pace
from collector.ingest.rules import SiteRules
from collector.loading import Loader
from collector.retention import Retention, oldest_kept, told
from collector.store.open import open_ledger
from collector.store.protocol import Ledger
from tests.store.making import page

T0 = 1_700_000_000_000 // MINUTE * MINUTE


class Rules:
    """Rules of the site 1."""

    def rules(self, site: int) -> SiteRules | None:
        return SiteRules(1) if site == 1 else None


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite://{tmp_path}/ledger.db")
    ledger.migrate()
    yield ledger
    ledger.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox", 2**26, 0)
    yield made
    made.close()


def put(inbox: Inbox, at: int, *, site: int = 1, visitor: str = "v_1", mode: str = "cookie", **event: Any) -> None:
    wire = {"id": str(uuid4()), "type": "page", "url": "https://shop.example/a", "at": at} | event
    inbox.put(
        encode(site, visitor, at, at, mode, "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", (), [json.dumps(wire)])
    )


def loader_of(ledger: Ledger, inbox: Inbox) -> Loader:
    return Loader(ledger, inbox.files.folder, Rules(), NO_LIST, lambda sites: None, lambda: T0)


# -- pace
def pages_of(minutes: int, a_minute: int, visitor: str = "v_1", start: int = T0) -> list[Event]:
    made = []
    for number in range(minutes * a_minute):
        one = page(number, visitor)
        one.time = start + number * MINUTE // a_minute
        made.append(one)
    return made


def found_in(events: list[Event]) -> list[tuple[int, str, int]]:
    pace = Pace()
    pace.note(1, events)
    return pace.found


def test_only_page_after_page_for_minutes_without_an_act_is_no_person() -> None:
    assert found_in(pages_of(MINUTES + 1, PAGES)) == [(1, "v_1", T0)]
    assert found_in(pages_of(MINUTES, PAGES)) == []
    assert found_in(pages_of(60, PAGES - 1)) == []
    click = Event("i", "click", "v_1", T0, T0, name="Next")
    events = pages_of(MINUTES + 1, PAGES)
    assert found_in([*events[:200], click, *events[200:]]) == []
    shown = Event("i", "event", "v_1", T0, T0, name="chat_shown")
    assert len(found_in([*events[:200], shown, *events[200:]])) == 1
    pause = pages_of(3, PAGES) + pages_of(3, PAGES, start=T0 + 10 * MINUTE)
    assert found_in(pause) == []


def test_retries_of_the_same_pages_are_no_pace() -> None:
    assert found_in(pages_of(20, 20) * 10) == []


def test_few_visitors_are_remembered_however_many_come() -> None:
    pace = Pace(most=10)
    for number in range(1_000):
        pace.note(1, [page(number, f"v{number}")])
    assert len(pace._runs) == 10
    assert pace.found == []


def test_a_machine_s_events_are_set_aside_from_its_first_on_and_a_person_s_are_not(
    opened: Ledger, inbox: Inbox
) -> None:
    loader = loader_of(opened, inbox)
    put(inbox, T0 - DAY, visitor="robot", name="before")
    for number in range((MINUTES + 1) * PAGES):
        put(inbox, T0 + number * SECOND, visitor="robot")
    put(inbox, T0, visitor="person")
    put(inbox, T0, visitor="srv", mode="server", id=str(uuid4()))
    loader.drain_all()
    put(inbox, T0 + 400 * SECOND, visitor="robot")
    loader.drain_all()
    loader.close()
    bots = [event.bot for event, _ in opened.export(1) if event.visitor == "robot"]
    assert bots == ["", *["behaviour"] * ((MINUTES + 1) * PAGES + 1)]
    assert opened.counts(1)["bot:behaviour"] == len(bots) - 1
    assert {event.bot for event, _ in opened.export(1) if event.visitor != "robot"} == {""}


# -- sites that are gone
def test_what_arrives_for_a_deleted_site_is_let_go_of_and_for_an_unknown_one_set_aside(
    opened: Ledger, inbox: Inbox
) -> None:
    opened.mark_deleted(7, T0)
    put(inbox, T0, site=7, name="secret words")
    put(inbox, T0, site=8)
    loader = loader_of(opened, inbox)
    loader.drain_all()
    loader.close()
    assert [one.reason for one in opened.quarantined()] == ["unknown_site"]


# -- retention
def test_each_site_lets_go_of_what_is_older_than_it_says_once_a_day(
    tmp_path: Path, opened: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = Catalog(f"sqlite://{tmp_path}/ledger.db")
    catalog.migrate()
    now = T0 + 100 * DAY
    short = catalog.add_site("short", ["https://a.example"], now, retention_days=30).site
    exempt = catalog.add_site("exempt", ["https://b.example"], now, preset="exempt").site
    ever = catalog.add_site("ever", ["https://c.example"], now).site
    for site, age in ((short, 31), (short, 29), (exempt, 761), (exempt, 759), (ever, 5_000)):
        event = page(age, f"v{age}")
        event.time = now - age * DAY
        opened.append(site.id, [event])
    touched: list[frozenset[int]] = []
    clock = [now]
    job = Retention(opened, catalog.sites, lambda: clock[0], touched.append)
    with caplog.at_level(logging.INFO, "collector.retention"):
        job.look()
    assert [opened.counts(site.id)["events"] for site in (short, exempt, ever)] == [1, 1, 1]
    assert touched == [{exempt.id}, {short.id}]
    assert "retention of short: 1 event, 1 visitor removed" in caplog.text
    job.look()
    assert len(touched) == 2, "not again on the same day"
    catalog.update_site(short.id, retention_days=7)
    job.look()
    assert opened.counts(short.id)["events"] == 0
    clock[0] += DAY
    job.look()
    assert len(touched) == 5
    job.close()
    catalog.close()
    assert told({"event": 0}) == "nothing"


def test_so_many_days_are_kept_and_not_one_less(tmp_path: Path) -> None:
    catalog = Catalog(f"sqlite://{tmp_path}/days.db")
    catalog.migrate()
    site = catalog.add_site("days", ["https://shop.example"], T0).site
    assert oldest_kept(site, T0) is None
    assert oldest_kept(catalog.update_site(site.id, retention_days=30), T0) == T0 - 30 * DAY
    assert oldest_kept(site, T0, 7) == T0 - 7 * DAY
    catalog.close()


# -- boxes
def test_after_an_erasure_the_boxes_hold_no_byte_of_what_was_loaded(
    opened: Ledger, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "LOOK_EVERY", 0.02)
    assert inbox._connection is not None
    inbox._connection.execute("PRAGMA secure_delete = OFF")  # some builds of SQLite have it on by themselves
    word = b"Zx9SecretMark"
    folder = inbox.files.folder

    def held() -> int:
        return sum(path.read_bytes().count(word) for path in folder.iterdir())

    for number in range(300):
        put(inbox, T0 + number, visitor=f"v_{word.decode()}", title="x" * (number * 7))
    assert held()
    ask_to_wipe(folder)
    time.sleep(0.1)
    assert held(), "what is not loaded yet must stay"
    assert still_to_wipe(folder) == 1
    loader = loader_of(opened, inbox)
    loader.drain_all()
    until = time.monotonic() + 10
    while still_to_wipe(folder) and time.monotonic() < until:
        put(inbox, T0, visitor="v_other")  # work goes on meanwhile
        loader.drain_all()
        time.sleep(0.01)
    assert held() == 0
    put(inbox, T0, visitor="v_last")
    loader.drain_all()
    loader.close()
    keys = {event.visitor for event, _ in opened.export(1)}
    assert {"v_other", "v_last"} <= keys
