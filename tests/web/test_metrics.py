"""/metrics: the accounting comes out even whatever is sent; and only whom it concerns may read it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.counters import LOAD_SECONDS, TRACKER_DROPPED, Counters
from collector.inbox.files import hold
from collector.ingest.bots import compile_list
from collector.loader import now_ms
from collector.loading import Loader
from collector.sites import CatalogBook
from collector.store.ledger import SqlLedger
from collector.store.protocol import LedgerDown, Mark
from collector.web.door import the_door
from tests.faults.collectors import Running
from tests.support.effort import examples
from tests.support.figures import Figures, by, read, uneven
from tests.support.pages import ORIGIN, Installation, installed

TOKEN = "a-token-long-enough-1"
BOTS = compile_list({"version": "1", "patterns": ["curl/"]})
HERE = "http://localhost"


def figures(made: Installation) -> Figures:
    answer = made.app.test_client().get("/metrics", base_url=HERE)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return read(answer.text)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that a loader can be run for."""
    yield from installed(tmp_path_factory.mktemp("metrics"), events=False, DESIRELINE_DISK_FLOOR="0")


@pytest.fixture
def made(fresh: Installation) -> Installation:
    """A fresh one, for what must not be seen elsewhere."""
    return fresh


def load(made: Installation) -> None:
    """What the loader's process does, here."""
    counters = Counters(made.settings.metrics)
    loader = Loader(
        made.ledger,
        made.settings.inbox,
        CatalogBook(made.catalog),
        BOTS,
        lambda _: None,
        now_ms,
        lambda seconds: counters.observe(LOAD_SECONDS, seconds),
    )
    loader.drain_all()
    loader.tidy()
    loader.close()
    counters.close()


def post(made: Installation, body: object, client: FlaskClient | None = None, agent: str = "Chrome/120") -> int:
    data = body if isinstance(body, bytes) else json.dumps(body)
    headers = {"Origin": ORIGIN, "User-Agent": f"Mozilla/5.0 {agent}"}
    return (client or made.app.test_client()).post("/collect", data=data, headers=headers).status_code


def batch(made: Installation, events: list[Any], **more: Any) -> dict[str, Any]:
    return {"key": made.site.site.write_key, "sent_at": made.now, "boot": "b", "events": events, **more}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
EVENT = st.fixed_dictionaries(
    {
        "id": st.integers(1, 25).map(lambda number: str(UUID(int=number))),
        "type": st.sampled_from(["page", "event", "engagement", "identify", "teleport"]),
        "name": st.sampled_from(["x", "y", "null", ""]),
    },
    optional={"url": st.just(f"{ORIGIN}/a"), "at": st.sampled_from([1_763_750_000_000, 5]), "props": ANY},
)
REQUEST = st.tuples(st.lists(EVENT | ANY, max_size=8), st.sampled_from(["Chrome/120", "curl/8"]), st.booleans())


@settings(max_examples=examples(25), deadline=None)
@given(requests=st.lists(REQUEST, max_size=6))
def test_received_is_the_sum_of_what_became_of_it_whatever_is_sent(
    shop: Installation, requests: list[tuple[list[Any], str, bool]]
) -> None:
    before = figures(shop)
    client = shop.app.test_client()
    sent = 0
    for events, agent, privately in requests:
        client.environ_base["HTTP_SEC_GPC"] = "1" if privately else "0"
        if post(shop, batch(shop, events), client, agent) == 200:
            sent += len(events)
    load(shop)
    after = figures(shop)
    assert after["desireline_inbox_waiting_records", ()] == 0
    assert uneven(after) == 0
    received = [by(found, "desireline_events_received_total", "").total() for found in (before, after)]
    assert received[1] - received[0] == sent
    # What the doors said and what the loader counted agree too, where no process died between the two.
    told = by(after, "desireline_door_events_total", "status")
    accepted = received[1] - by(after, "desireline_events_total", "outcome")["refused"]
    assert told["ok"] + told["quarantined"] == accepted


def test_a_bug_that_drops_an_event_shows_as_a_difference(made: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(made.ledger, SqlLedger)
    insert = made.ledger.engine.insert_events
    monkeypatch.setattr(made.ledger.engine, "insert_events", lambda rows: insert(rows[1:]))
    post(made, batch(made, [{"type": "page", "url": f"{ORIGIN}/{number}"} for number in range(3)]))
    load(made)
    assert uneven(figures(made)) == 1


def test_what_waits_is_told_with_its_age_also_while_the_database_is_down(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(made, batch(made, [{"type": "page", "url": f"{ORIGIN}/"}] * 3)) == 200
    assert post(made, batch(made, [])) == 200
    waiting = figures(made)
    assert waiting["desireline_inbox_waiting_records", ()] == 1
    assert waiting["desireline_inbox_waiting_bytes", ()] > 200
    assert 0 <= waiting["desireline_inbox_oldest_seconds", ()] < 30
    assert waiting["desireline_loader_up", ()] == 0

    def down(*_: object) -> None:
        raise LedgerDown("connection refused by secret-host")

    with monkeypatch.context() as patch:
        patch.setattr(SqlLedger, "outcomes", down)
        broken = figures(made)
    assert broken["desireline_ledger_up", ()] == 0
    assert broken["desireline_inbox_waiting_records", ()] == 1
    lock = hold(made.settings.data / "loader.lock")
    assert lock is not None
    assert figures(made)["desireline_loader_up", ()] == 1
    os.close(lock)
    load(made)
    loaded = figures(made)
    assert loaded["desireline_inbox_waiting_records", ()] == 0
    assert loaded["desireline_load_seconds_count", ()] == 1


def test_the_state_of_the_server_is_told(shop: Installation) -> None:
    (shop.settings.data / "backup.json").write_text(json.dumps({"time": now_ms() - 5_000, "path": "x"}))
    post(shop, batch(shop, [{"type": "?"}]))
    load(shop)
    post(shop, batch(shop, [], dropped=7, sent_at=now_ms() - 3 * 3_600_000))
    post(shop, batch(shop, [], dropped=10**12))
    post(shop, batch(shop, [], dropped=-3))
    post(shop, b"{")
    post(shop, {"key": "wk_nobody", "events": []})
    found = figures(shop)
    site = ("site", str(shop.site_id))
    assert found["desireline_tracker_dropped_total", (site,)] == 10_007
    assert found["desireline_wrong_clock_requests_total", (site,)] >= 1
    assert by(found, "desireline_requests_total", "code").keys() >= {"200", "400", "401"}
    assert by(found, "desireline_requests_total", "route")["collect.collect"] >= 4
    assert 5 <= found["desireline_backup_age_seconds", ()] < 60
    names = {name for name, _ in found}
    assert names >= {
        "desireline_inbox_commit_seconds_bucket",
        "desireline_inbox_commit_records_bucket",
        "desireline_clock_skew_seconds_bucket",
        "desireline_disk_free_bytes",
        "desireline_ledger_bytes",
        "desireline_ledger_wal_bytes",
        "desireline_quarantine_rows",
        "desireline_build_info",
    }
    assert all(name.startswith("desireline_") for name in names)


def test_nothing_that_names_a_site_a_person_or_a_key_is_told(shop: Installation) -> None:
    post(shop, batch(shop, [{"type": "identify", "name": "somebody@example.com"}]))
    load(shop)
    text = shop.app.test_client().get("/metrics", base_url=HERE).text
    for secret in ("shop", "example", "somebody", shop.site.site.write_key, str(shop.settings.data)):
        assert secret not in text


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Installation]]:
    """One installation that no proxy is trusted by, and one behind a proxy."""
    with ExitStack() as open_ones:
        made = []
        for proxies in ("0", "1"):
            more = {"DESIRELINE_METRICS_TOKEN": TOKEN, "DESIRELINE_TRUSTED_PROXIES": proxies}
            folder = tmp_path_factory.mktemp("guarded")
            made.append(open_ones.enter_context(contextmanager(installed)(folder, events=False, **more)))
        yield made


@pytest.mark.parametrize(
    ("peer", "host", "headers", "status"),
    [
        ("127.0.0.1", "localhost", {}, 200),
        ("127.0.0.1", "127.0.0.1:8000", {}, 200),
        ("::1", "[::1]:8000", {}, 200),
        ("::ffff:127.0.0.1", "localhost", {}, 200),
        ("8.8.8.8", "localhost", {}, 403),
        ("10.0.0.1", "localhost", {}, 403),
        ("", "localhost", {}, 403),
        ("127.0.0.1", "stats.example.com", {}, 403),
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", "localhost", {"X-Real-IP": "1.2.3.4"}, 403),
        ("127.0.0.1", "localhost", {"Forwarded": "for=1.2.3.4"}, 403),
        ("127.0.0.1", "localhost", {"Via": "1.1 proxy"}, 403),
        ("8.8.8.8", "stats.example.com", {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "9.9.9.9"}, 200),
        ("8.8.8.8", "stats.example.com", {"Authorization": f"bearer {TOKEN}"}, 200),
        ("8.8.8.8", "stats.example.com", {"Authorization": "Bearer wrong"}, 403),
        ("8.8.8.8", "stats.example.com", {"Authorization": "Bearer "}, 403),
        ("8.8.8.8", "stats.example.com", {"Authorization": f"Basic {TOKEN}"}, 403),
        ("8.8.8.8", "stats.example.com", {"Authorization": "Bearer \xe9\xff"}, 403),
    ],
)
def test_only_this_host_or_the_token_may_read(
    guarded: list[Installation], peer: str, host: str, headers: dict[str, str], status: int
) -> None:
    for made in guarded:
        client = made.app.test_client()
        answer = client.get("/metrics", base_url=f"http://{host}", headers=headers, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == status
        if status == 403:
            assert answer.json is not None
            assert "DESIRELINE_METRICS_TOKEN" in answer.json["hint"]
            assert TOKEN not in answer.text


def test_without_a_token_no_token_opens(shop: Installation) -> None:
    for text in ("Bearer", "Bearer ", "Bearer None", "bearer x"):
        peer = {"REMOTE_ADDR": "8.8.8.8"}
        client = shop.app.test_client()
        assert client.get("/metrics", headers={"Authorization": text}, environ_base=peer).status_code == 403


def test_readyz_tells_what_is_wrong_and_refuses_only_where_no_event_can_be_kept(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made.app.test_client()

    def ready(client: FlaskClient = client) -> tuple[int, Any]:
        answer = client.get("/readyz")
        return answer.status_code, answer.json

    fine = {"inbox": "ok", "disk": "ok", "database": "ok", "loader": "ok"}
    assert ready() == (200, {"ready": True, "degraded": True, "checks": {**fine, "loader": "stopped"}})
    lock = hold(made.settings.data / "loader.lock")
    assert ready() == (200, {"ready": True, "degraded": False, "checks": fine})

    def down(self: object) -> bool:
        raise LedgerDown("secret-host")

    with monkeypatch.context() as patch:
        patch.setattr(SqlLedger, "migrated", down)
        assert ready()[1]["checks"]["database"] == "down"
        patch.setattr(SqlLedger, "migrated", lambda _: False)
        assert ready()[1]["checks"]["database"] == "not_migrated"
        patch.setattr(SqlLedger, "migrated", lambda _: time.sleep(0.8))
        began = time.monotonic()
        assert (ready()[0], ready()[1]["checks"]["database"]) == (200, "slow")
        assert time.monotonic() - began < 1.6
    post(made, batch(made, [{"type": "page", "url": f"{ORIGIN}/"}]))
    with monkeypatch.context() as patch:
        patch.setattr("collector.web.health.BEHIND", -1_000)
        assert ready()[1]["checks"]["loader"] == "behind"
    with made.app.app_context():
        the_door().inbox.get().close()
    status, body = ready()
    assert (status, body["ready"], body["reason"]) == (503, False, "closing")
    assert client.get("/healthz").json == {"ok": True}
    assert lock is not None
    os.close(lock)


def test_engagement_waits_with_the_tracker_while_the_disk_is_short(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [300 * 2**20]
    monkeypatch.setattr("collector.inbox.box.free_bytes", lambda _: free[0])
    client = made.app.test_client()
    post(made, batch(made, [{"type": "page", "url": f"{ORIGIN}/"}]), client)  # the first look at the disk
    page, heartbeat = (
        {"id": str(UUID(int=n)), "type": kind, "url": ORIGIN} for n, kind in ((1, "page"), (2, "engagement"))
    )
    headers = {"Origin": ORIGIN}
    answer = client.post("/collect", data=json.dumps(batch(made, [heartbeat, page])), headers=headers)
    assert answer.json is not None
    assert answer.json["results"] == {heartbeat["id"]: "retry", page["id"]: "ok"}
    load(made)
    assert uneven(figures(made)) == 0
    assert [event.kind.type for event, _ in made.ledger.export(made.site_id)] == ["page", "page"]


def test_a_mark_goes_with_its_box_and_not_before(made: Installation) -> None:
    post(made, batch(made, [{"type": "page", "url": f"{ORIGIN}/"}]))
    made.ledger.append(made.site_id, [], Mark("on-another-host", 4, now_ms()))
    load(made)
    assert len(made.ledger.marks()) == 2
    with made.app.app_context():
        the_door().inbox.close()
    load(made)
    assert list(made.ledger.marks()) == ["on-another-host"]
    assert list(made.settings.inbox.iterdir()) == []


def test_the_accounting_survives_killing_a_real_worker(tmp_path: Path) -> None:
    server = Running(tmp_path / "data", WORKERS="1")
    try:
        events = [{"id": str(UUID(int=number)), "type": "page", "url": f"{ORIGIN}/"} for number in range(1, 4)]
        odd = [{"id": str(UUID(int=9)), "type": "identify", "name": "null"}, {"id": str(UUID(int=10)), "type": "?"}]
        body = json.dumps({"key": server.site.write_key, "sent_at": now_ms(), "events": events + odd}).encode()

        def ask(method: str, path: str, sent: bytes = b"") -> tuple[int, str]:
            with closing(server.connect()) as connection:
                connection.request(method, path, sent, {"Origin": "https://shop.example"})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

        assert ask("POST", "/collect", body)[0] == 200
        workers, _ = server.children()
        os.kill(workers[0], signal.SIGKILL)
        time.sleep(0.3)
        server.wait_ready()
        assert ask("POST", "/collect", body)[0] == 200
        server.wait_drained(3)
        until = time.monotonic() + 5
        found: Figures = {}
        while time.monotonic() < until:
            found = read(ask("GET", "/metrics")[1])
            if by(found, "desireline_events_received_total", "").total() == 10:
                break
            time.sleep(0.05)
        assert by(found, "desireline_events_total", "outcome") == {
            "flagged": 3,
            "duplicate": 3,
            "quarantined": 2,
            "refused": 2,
        }
        assert by(found, "desireline_events_received_total", "").total() == 10
        assert by(found, "desireline_requests_total", "route")["collect.collect"] == 2
        assert TRACKER_DROPPED.name + "_total" not in {name for name, _ in found}
    finally:
        server.kill_all()


def test_a_proxy_that_nobody_configured_does_not_pass_for_this_host(guarded: list[Installation]) -> None:
    client = guarded[0].app.test_client()
    plain = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
    assert client.get("/metrics", environ_overrides=plain).status_code == 200
    assert client.get("/metrics", environ_overrides={**plain, "SERVER_PROTOCOL": "HTTP/1.0"}).status_code == 403
