"""One person, everywhere: what is exported, and that after an erasure no byte of theirs is in any file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from urllib.parse import quote

import psycopg
import pytest

from collector.app import close_app
from collector.core.event import Event
from collector.erasing import wait_for_wipe
from collector.inbox.wipe import ask_to_wipe
from collector.loader import run_loader
from collector.store.open import open_ledger
from tests.cli.desk import Desk
from tests.store.making import custom, identify, page, uid
from tests.support.pages import ORIGIN, Installation, install, send
from tests.support.postgres import Cluster

MARK = "Zx9SecretMark"
USER = f"ann-{MARK}@mail.example"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose door and loader run."""
    made = install(tmp_path / "data", DESIRELINE_DISK_FLOOR="0")
    stop = Signal()
    loader = Thread(target=run_loader, args=(made.settings, stop))
    loader.start()
    yield made
    stop.set()
    close_app(made.app)
    loader.join(30)
    made.catalog.close()
    made.ledger.close()


def wait(done: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


def sent(site: Installation, *events: dict[str, object], boot: str = "b-1", **more: object) -> str:
    """Post events as a browser does; the visitor that the answer names."""
    body = {"v": 1, "key": site.site.site.write_key, "sent_at": site.now, "boot": boot, "events": list(events)} | more
    client = site.app.test_client(use_cookies=False)
    answer = client.post("/collect", data=json.dumps(body), headers={"Origin": ORIGIN, "User-Agent": CHROME})
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["visitor"])


def held(folder: Path, word: str) -> dict[str, int]:
    """Files of the installation that hold the bytes of `word`, and how often."""
    found = {}
    for path in folder.rglob("*"):
        try:
            times = path.read_bytes().count(word.encode()) if path.is_file() else 0
        except FileNotFoundError:  # a file of the journeys that was swept meanwhile
            continue
        if times:
            found[str(path.relative_to(folder))] = times
    return found


def test_after_an_erasure_no_file_holds_a_byte_of_the_person(running: Installation) -> None:
    folder, site = running.settings.data, running.site_id

    def everything(number: int) -> list[dict[str, object]]:
        return [
            {"id": uid(number), "type": "page", "url": f"{ORIGIN}/{MARK}?q={MARK}", "title": MARK, "ref": ORIGIN},
            {"id": uid(number + 1), "type": "identify", "name": USER, "props": {"plan": MARK}},
            {"id": uid(number + 2), "type": "event", "name": f"say {MARK}", "props": {"text": MARK * 40}},
            {"id": uid(number + 3), "type": "consent", "name": "granted", "props": {"version": "3"}},
            {"id": uid(number + 4), "type": f"nonsense {MARK}", "visitor": USER},
        ]

    visitor = sent(running, *everything(10))
    other = sent(running, {"id": uid(90), "type": "page", "url": f"{ORIGIN}/kept"}, boot="b-2")
    wait(lambda: running.ledger.counts(site)["events"] == 5 and running.ledger.quarantined(site))
    running.catalog.save_report(site, "Her", "timeline", f"person={quote(USER)}", 1)
    running.catalog.save_report(site, "All", "overview", "by=device", 1)
    running.catalog.save_segment(site, "She", [f"event:say[who={USER}]"], [], 1)
    running.views.refresh(site)
    journeys = running.views.open(site)
    for part in journeys.each():
        journeys.properties.column(part, "text")
    assert any("ledger" in name for name in held(folder, MARK))
    assert any("journeys" in name for name in held(folder, MARK))

    client = running.client()
    document = client.get(f"/shop/person/export?person={quote(USER)}").get_json()
    assert document["user"] == USER
    assert document["claimed_traits"] == {"plan": MARK}
    assert document["verified_traits"] == {}
    assert [one["visitor"] for one in document["visitors"]] == [visitor]
    assert [(one["state"], one["policy"]) for one in document["consent"]] == [("granted", "3")]
    assert [one["reason"] for one in document["quarantine"]] == ["unknown_type"]
    assert MARK in document["quarantine"][0]["raw"]
    assert {event["type"] for event in document["events"]} == {"page", "identify", "event", "consent"}
    del journeys, document

    erased = send(client, f"/shop/person/erase?person={quote(USER)}", person=USER, confirm=USER)
    assert erased.status_code == 302
    assert running.catalog.saved_reports(site)[0].name == "All"
    assert running.catalog.segments(site) == {}
    assert wait_for_wipe(running.settings.inbox, 20)
    assert held(folder, MARK) == {}, "nothing else has to be done"
    # A queue kept in the browser sends all of it again, also under new event ids, and a person signs in anew.
    assert sent(running, *everything(10)) == visitor
    sent(running, *everything(50))
    sent(running, {"id": uid(80), "type": "identify", "name": USER, "props": {}}, boot="b-3")
    wait(lambda: sum(o.events for o in running.ledger.outcomes(site) if o.reason == "erased") == 11)
    assert running.ledger.quarantined(site) == []
    running.views.refresh(site)
    ask_to_wipe(running.settings.inbox)
    assert wait_for_wipe(running.settings.inbox, 20)
    assert held(folder, MARK) == {}
    assert held(folder, visitor) == {}
    assert [event.visitor for event, _ in running.ledger.export(site)] == [other]
    assert [one.visitor[:7] for one in running.ledger.consents(site)] == ["erased:"]


@pytest.mark.postgres
def test_on_postgres_the_bytes_are_gone_once_the_tables_are_rewritten(
    postgres_cluster: Cluster, tmp_path: Path
) -> None:
    url = postgres_cluster.create("erase")
    ledger = open_ledger(url)
    ledger.migrate()

    def stored(number: int, key: str, word: str) -> list[Event]:
        return [
            page(number, key, f"/{word}"),
            identify(number + 1, f"user-{word}", key, {"plan": word}),
            custom(number + 2, f"say {word}", key, {"text": word * 9}),
        ]

    for start in range(0, 3_000, 300):
        batch: list[Event] = []
        for number in range(start, start + 300, 10):
            batch += stored(number, f"v_{number}", MARK if number == 1_500 else f"word{number}")
        ledger.append(1, batch)
    ledger.quarantine(1, f'{{"visitor": "user-{MARK}"}}'.encode(), "bad", 1)
    ledger.append(1, [page(99_999)])

    def files() -> int:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        assert row is not None
        base = postgres_cluster.folder / "data" / "base" / str(row[0])  # other tests' databases lie beside it
        return sum(path.read_bytes().count(MARK.encode()) for path in base.rglob("*") if path.is_file())

    assert files()
    _, visitors = ledger.person(1, f"user-{MARK}")
    ledger.forget(1, [visitor.id for visitor in visitors], 5)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")
    assert files() == 0
    assert ledger.counts(1)["events"] == 898
    ledger.close()


def test_a_person_is_exported_and_erased_from_the_terminal(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.ok("site", "add", "shop", "--origin", "https://shop.example")
    rows = [
        {"id": uid(1), "visitor": "v_1", "user": "ann", "time": "2026-01-01T10:00:00Z", "event": "say", "text": MARK},
        {"id": uid(2), "visitor": "v_2", "time": "2026-01-01T10:00:00Z", "event": "say", "text": "kept"},
        {"id": uid(3), "visitor": "v_3", "user": "ann", "time": "2026-01-01T11:00:00Z", "event": "say", "text": MARK},
    ]
    desk.load("shop", rows)
    (tmp_path / "kept.txt").write_text("v_3\nv_2\n")
    desk.ok("segment", "add", "Kept", "--site", "shop", "--list", str(tmp_path / "kept.txt"))
    document = json.loads(desk.ok("export", "person", "ann", "--site", "shop"))
    assert [(one["list"][-2:], one["segments"]) for one in document["lists"]] == [("-1", ["Kept"])]
    assert document["user"] == "ann"
    assert document["events"][0]["properties"] == {"text": MARK}
    assert "WHO goes with person" in desk.fails("export", "person", "--site", "shop")
    assert "WHO goes with person" in desk.fails("export", "events", "ann", "--site", "shop")
    assert "nobody called 'bob'" in desk.fails("export", "person", "bob", "--site", "shop")
    assert "2 people" in desk.ok("report", "segment", "--site", "shop", "--segment", "Kept")
    said = desk.ok("forget", "ann", "--site", "shop", "--yes")
    assert "One person is in it now" in desk.ok("report", "segment", "--site", "shop", "--segment", "Kept")
    assert "2 event" in said, "both of their devices"
    assert held(desk.folder, MARK).keys() == {"rows.jsonl"}
    assert "2 events are of people who were erased here" in desk.load("shop", rows)
    assert MARK not in desk.ok("export", "events", "--site", "shop")
    assert "not among the erased" in desk.fails("unforget", "bob", "--site", "shop")
    desk.ok("unforget", "ann", "--site", "shop")
    desk.ok("unforget", "v_1", "--site", "shop")
    desk.load("shop", rows)
    assert MARK in desk.ok("export", "events", "--site", "shop")


def test_a_site_is_deleted_from_the_terminal_with_all_that_is_its(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    for name in ("shop", "blog"):
        desk.ok("site", "add", name, "--origin", "https://shop.example")
        desk.load(name, [{"visitor": "v_1", "time": "2026-01-01T10:00:00Z", "event": f"say {name} {MARK}"}])
        desk.ok("report", "overview", "--site", name, "--all-time")
    assert desk.run("site", "delete", "shop").exit_code == 1, "nobody typed its name"
    said = desk.ok("site", "delete", "shop", "--yes")
    assert "1 event" in said
    assert [line.split()[0] for line in desk.ok("site", "list").splitlines()] == ["blog"]
    (desk.folder / "rows.jsonl").unlink()
    assert held(desk.folder, f"say shop {MARK}") == {}
    assert held(desk.folder, f"say blog {MARK}") != {}
    desk.ok("site", "add", "shop", "--origin", "https://shop.example")
    assert desk.ok("export", "events", "--site", "shop") == ""


def test_retention_is_counted_first_and_applied_when_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.ok("site", "add", "shop", "--origin", "https://shop.example")
    desk.load("shop", [{"visitor": "v_1", "time": "2020-01-01T10:00:00Z", "event": "old"}])
    assert "keeps everything" in desk.fails("retention", "--site", "shop")
    said = desk.ok("retention", "--site", "shop", "--days", "30")
    assert "Would be removed now: 1 event, 1 visitor." in said
    assert "old" in desk.ok("export", "events", "--site", "shop")
    assert "Removed: 1 event, 1 visitor, 1 kind." in desk.ok("retention", "--site", "shop", "--days", "30", "--apply")
    assert desk.ok("export", "events", "--site", "shop") == ""
    assert "Last run" in desk.ok("retention", "--site", "shop", "--days", "30")
    assert desk.ok("export", "consent", "--site", "shop", "--format", "csv").startswith("time,visitor,state")
