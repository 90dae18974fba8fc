"""POST /collect: what is kept, what is refused and how the answer says so (wire.md, REQUIREMENTS C1, C2)."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from collector.counters import DOOR_EVENTS
from collector.inbox.box import Inbox, InboxFull
from collector.inbox.drain import BoxReader
from collector.inbox.files import all_boxes
from collector.ingest.check import MAX_BODY
from collector.web.door import CollectSite, LazyInbox
from tests.web.doors import ORIGIN, Collector, Listed, batch, page


def test_an_acknowledged_event_is_on_disk_without_the_address_it_came_from(collector: Collector) -> None:
    event = page(props={"a": 1})
    answer = collector.post(batch(event), environ_base={"REMOTE_ADDR": "203.0.113.77"})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["results"] == {event["id"]: "ok"}
    assert answer.json["mode"] == "cookie"
    (record,) = collector.records()
    assert record.visitor == answer.json["visitor"]
    assert (record.site, record.received, record.sent, record.mode) == (1, collector.now, 1_763_750_000_500, "cookie")
    assert record.events[0]["url"] == event["url"]
    raw = b"".join(path.read_bytes() for path in collector.inbox.files.folder.iterdir())
    assert b"203.0.113.77" not in raw


def test_each_event_has_its_own_status_and_the_bad_ones_are_counted(collector: Collector) -> None:
    good, odd, nobody = page(), page(type="teleport"), page(type="identify", name="null")
    answer = collector.post(batch(good, odd, nobody))
    assert answer.json is not None
    assert answer.json["results"] == {good["id"]: "ok", odd["id"]: "quarantined", nobody["id"]: "refused:user_id"}
    assert answer.headers["X-Desireline"] == "quarantined, refused:user_id"
    counted = collector.door.counters.own(DOOR_EVENTS)
    assert counted == {("1", "ok"): 1, ("1", "quarantined"): 1, ("1", "refused:user_id"): 1}
    (record,) = collector.records()
    assert [reason for _, reason in record.quarantined] == ["unknown_type"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "not_json"),
        (b"[" * 200_000, {}, 400, "too_deep"),
        (b" " * (MAX_BODY + 1), {}, 413, "too_large"),
        (batch(*[page() for _ in range(501)]), {}, 413, "too_many"),
        (batch(key="wk_other"), {}, 401, "unknown_key"),
        (batch(key=None), {}, 401, "unknown_key"),
        (batch(key="wk_demo" + "x" * 200), {}, 401, "unknown_key"),
        (batch(), {"Origin": "https://evil.example"}, 403, "origin"),
        (batch(), {"Origin": "https://evilshop.example"}, 403, "origin"),
        (batch(), {"Origin": "http://shop.example"}, 403, "origin"),
        (batch(), {"Origin": "https://shop.example:8443"}, 403, "origin"),
        (batch(), {"Origin": "null"}, 403, "origin"),
        (batch(), {"Origin": ""}, 403, "origin"),
        (batch(), {"Origin": "", "Authorization": "Bearer sk_wrong"}, 401, "unknown_secret"),
        (batch(), {"Origin": "", "Authorization": "Basic x"}, 401, "no_secret"),
        (batch(), {"Origin": "", "Authorization": "Bearer " + "s" * 200}, 401, "unknown_secret"),
        (batch(), {"Authorization": "Bearer sk_demo"}, 403, "secret_in_browser"),
    ],
)
def test_a_request_that_cannot_be_used_says_why_where_the_page_can_read_it(
    collector: Collector, body: object, headers: dict[str, str], status: int, code: str
) -> None:
    answer = collector.post(body, headers)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"] == code
    assert answer.json["hint"]
    assert answer.headers["X-Desireline"] == code
    origin = headers.get("Origin", ORIGIN)
    assert answer.headers.get("Access-Control-Allow-Origin", "") == origin
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert collector.records() == []


@pytest.mark.parametrize("origin", [ORIGIN, "https://eu.shop.example", "https://a.b.shop.example"])
def test_an_allowed_origin_is_echoed_exactly_with_credentials(collector: Collector, origin: str) -> None:
    answer = collector.post(batch(), {"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_preflight_is_answered(collector: Collector) -> None:
    answer = collector.client.options("/collect", headers={"Origin": ORIGIN})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_another_method_is_told_so(collector: Collector) -> None:
    assert collector.client.put("/collect", headers={"Origin": ORIGIN}).status_code == 405


def test_any_content_type_is_read_as_json(collector: Collector) -> None:
    answer = collector.client.post("/collect", json=batch(), headers={"Origin": ORIGIN})
    assert answer.status_code == 200


def test_without_room_it_answers_503_with_retry_after_and_recovers(tmp_path: Path) -> None:
    collector = Collector(tmp_path, max_bytes=600)
    assert collector.post(batch()).status_code == 200
    answer = collector.post(batch(page(title="t" * 500)))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    reader = BoxReader(collector.inbox.files)
    reader.tell(1)
    until = time.monotonic() + 5
    while collector.inbox.pending_bytes and time.monotonic() < until:
        time.sleep(0.02)
    assert collector.post(batch()).status_code == 200
    collector.close()


def test_a_disk_that_refuses_is_503_never_500(collector: Collector) -> None:
    collector.inbox._connection.execute("PRAGMA max_page_count = 1")  # type: ignore[union-attr]
    codes = {collector.post(batch(page(title="t" * 1_000))).status_code for _ in range(40)}
    assert 503 in codes
    assert codes <= {200, 503}
    assert collector.client.get("/readyz").status_code in (200, 503)


def test_browsers_and_headers_hints_of_bots_are_kept_with_the_record(collector: Collector) -> None:
    collector.post(batch(bot=["webdriver", "made_up"]), {"Sec-Purpose": "prefetch"})
    assert collector.records()[0].hints == ("prefetch", "webdriver")


def test_the_server_side_names_its_visitors_and_needs_no_origin_and_gets_no_cookie(collector: Collector) -> None:
    headers = {"Origin": "", "Authorization": "Bearer sk_demo", "Sec-Fetch-Site": ""}
    kept = page(type="event", name="paid", visitor="crm-1", user="u1", props={"total": 5})
    nobody = page(type="event", name="paid")
    answer = collector.post(batch(kept, nobody, key=None), headers)
    assert answer.json is not None
    assert answer.json["results"] == {kept["id"]: "ok", nobody["id"]: "refused:no_visitor"}
    assert "Set-Cookie" not in answer.headers
    (record,) = collector.records()
    assert (record.mode, record.visitor, record.events[0]["visitor"]) == ("server", "", "crm-1")


def test_a_secret_key_of_one_site_says_nothing_about_another(collector: Collector) -> None:
    collector.sites.secrets["sk_two"] = CollectSite(2, ("https://two.example",))
    headers = {"Origin": "", "Authorization": "Bearer sk_two"}
    assert collector.post(batch(page(visitor="a")), headers).status_code == 403
    collector.post(batch(page(visitor="a"), key=""), headers)
    assert collector.records()[0].site == 2


def test_a_page_behind_a_password_on_the_same_host_is_still_counted(collector: Collector) -> None:
    """There the browser adds the password of the page to every request, the tracker's too."""
    assert collector.post(batch(), {"Authorization": "Basic dTpw"}).status_code == 200
    assert collector.records()[0].mode == "cookie"


def test_a_disk_without_room_for_the_days_salt_is_503(collector: Collector, tmp_path: Path) -> None:
    (tmp_path / "salts.lock").mkdir()
    answer = collector.post(batch(mode="cookieless"))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_our_own_mistake_is_readable_for_the_page_and_says_nothing_of_itself(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(key: str) -> None:
        raise LookupError(f"secret of {key}")

    monkeypatch.setattr(Listed, "by_write_key", lambda _, key: fail(key))
    answer = collector.post(batch())
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "secret" not in answer.text


def test_after_its_inbox_was_removed_it_makes_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    lazy = LazyInbox(lambda: Inbox(folder, disk_floor=0))
    lazy.get().put(b"one")
    shutil.rmtree(folder)
    with pytest.raises(InboxFull):
        lazy.get().put(b"two")
    lazy.get().put(b"two")
    assert len(all_boxes(folder)) == 1
    lazy.close()


def test_looking_at_the_pixel_without_fetching_it_counts_nothing(collector: Collector) -> None:
    target = f"/collect?key=wk_demo&url={ORIGIN}/a"
    assert collector.client.head(target).status_code == 200
    assert collector.records() == []
    assert collector.client.get(target).status_code == 200
    assert len(collector.records()) == 1


@pytest.mark.parametrize("key", ["%00", "wk_demo%00", "a%0Ab", "x" * 2_000])
def test_a_pixel_with_an_odd_key_is_refused_before_any_look_up(collector: Collector, key: str) -> None:
    assert collector.client.get(f"/collect?key={key}&url={ORIGIN}/a").status_code == 401


def test_parallel_requests_are_all_kept(collector: Collector) -> None:
    ids: list[str] = []

    def send() -> None:
        for _ in range(10):
            event: dict[str, Any] = page()
            answer = collector.post(batch(event))
            assert answer.status_code == 200
            ids.append(event["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == sorted(event["id"] for record in collector.records() for event in record.events)
    assert len(ids) == 80


def test_health_says_ready_only_while_a_record_can_be_kept(collector: Collector) -> None:
    assert collector.client.get("/healthz").status_code == 200
    assert collector.client.get("/readyz").json == {"ready": True}
    collector.inbox.close()
    assert collector.client.get("/readyz").status_code == 503
    assert collector.client.get("/healthz").status_code == 200
