"""/v1/*: who may send, what is kept, what is refused and how the answer says so (docs/segment.md)."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from collector.app import create_app
from collector.core.times import DAY
from collector.counters import DOOR_EVENTS
from collector.inbox.record import Record
from collector.ingest.check import MAX_BODY, MAX_EVENT, MAX_EVENTS
from collector.ingest.signed import identify_key, sign
from collector.settings import load_keys, read_settings
from collector.web.door import CollectSite
from collector.web.rooms import the_rooms
from tests.web.doors import CHROME, ORIGIN, SITE, Collector, Listed

LIBRARY = "analytics-python/2.4.0"
BROWSER = {"Origin": ORIGIN, "User-Agent": CHROME}


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Bought", "anonymousId": "a1"} | fields


def batch(*messages: object, **fields: Any) -> dict[str, Any]:
    return {"batch": list(messages) or [track()]} | fields


def send(
    collector: Collector, body: object, path: str = "/v1/batch", key: str = "wk_demo", **headers: str
) -> TestResponse:
    """POST as a library does; a key names itself as the user, "" leaves that to the body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"User-Agent": LIBRARY} | (basic(key) if key else {})
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return collector.client.post(path, data=data, headers=given)


def only(collector: Collector) -> Record:
    (record,) = collector.records()
    return record


def test_a_library_s_batch_is_on_disk_and_says_nothing_of_the_library(collector: Collector) -> None:
    answer = send(collector, batch(track(), track(anonymousId="a2", userId="u1")))
    assert (answer.status_code, answer.json) == (200, {"success": True})
    record = only(collector)
    assert (record.mode, record.visitor, record.user_agent, record.sent) == ("relay", "", "", collector.now)
    assert [event["visitor"] for event in record.events] == ["seg:a1", "seg:a2"]
    assert [event.get("user") for event in record.events] == [None, "u1"]
    assert collector.door.counters.own(DOOR_EVENTS) == {("1", "ok"): 2}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("track", "event", "Bought"),
        ("t", "event", "Bought"),
        ("identify", "identify", "u1"),
        ("i", "identify", "u1"),
        ("alias", "identify", "u1"),
        ("a", "identify", "u1"),
        ("group", "event", "group"),
        ("g", "event", "group"),
        ("page", "page", ""),
        ("p", "page", ""),
        ("screen", "page", ""),
        ("s", "page", ""),
    ],
)
def test_each_kind_has_its_address_long_and_short(collector: Collector, path: str, kind: str, name: str) -> None:
    body = {"event": "Bought", "name": "Home", "userId": "u1", "anonymousId": "a1", "previousId": "a0", "type": "lie"}
    assert send(collector, body, f"/v1/{path}").json == {"success": True}
    event = only(collector).events[0]
    assert (event["type"], event.get("name", "")) == (kind, name)


@pytest.mark.parametrize("path", ["batch", "b", "import"])
def test_a_batch_has_several_addresses(collector: Collector, path: str) -> None:
    assert send(collector, batch(), f"/v1/{path}").json == {"success": True}
    assert len(only(collector).events) == 1


def test_any_content_type_and_gzip_with_or_without_its_header_is_read(collector: Collector) -> None:
    packed = gzip.compress(json.dumps(batch()).encode())
    plain = json.dumps(batch()).encode()
    for data, headers in (
        (plain, {"Content-Type": "text/plain"}),
        (plain, {"Content-Type": "application/x-www-form-urlencoded"}),
        (packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        (packed, {"Content-Type": "text/plain"}),
        (plain, {"Content-Encoding": "gzip"}),  # a proxy has unpacked it and left the header
    ):
        answer = collector.client.post("/v1/batch", data=data, headers=basic("wk_demo") | headers)
        assert answer.json == {"success": True}
    assert len(collector.records()) == 5


def test_the_key_may_be_in_the_header_or_the_body(collector: Collector) -> None:
    assert send(collector, batch()).status_code == 200
    assert send(collector, batch(writeKey="wk_demo"), key="").status_code == 200
    assert send(collector, batch(track(writeKey="wk_demo")), key="").status_code == 200
    assert send(collector, batch(), key="", Authorization="Bearer wk_demo").status_code == 200
    assert send(collector, batch(), key="", Authorization="bearer sk_demo").status_code == 200
    # A browser's own password for this host comes along with what analytics.js says.
    answer = send(collector, track(writeKey="wk_demo"), "/v1/t", key="staff", **BROWSER)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "not_json"),
        (b"[" * 200_000, {}, 400, "too_deep"),
        (b'{"batch": 7}', {}, 400, "no_batch"),
        (b" " * (MAX_BODY + 1), {}, 413, "too_large"),
        (gzip.compress(b" " * (MAX_BODY + 1)), {}, 413, "too_large"),
        (batch(*[track()] * 501), {}, 413, "too_many"),
        (batch(), {"Authorization": ""}, 401, "unknown_key"),
        (batch(), basic("wk_other"), 401, "unknown_key"),
        (batch(), basic("k" * 300), 401, "unknown_key"),
        (batch(), {"Authorization": "Basic %%%"}, 401, "bad_authorization"),
        (batch(), {"Authorization": "Basic gA=="}, 401, "bad_authorization"),
        (batch(), {"Origin": "https://evil.example"}, 403, "origin"),
        (batch(), {"Origin": "null"}, 403, "origin"),
        (batch(), {"Origin": ORIGIN, **basic("sk_demo")}, 403, "secret_in_browser"),
        (batch(writeKey="sk_demo"), {"Origin": ORIGIN, "Authorization": ""}, 403, "secret_in_browser"),
    ],
)
def test_a_request_that_cannot_be_used_says_why(
    collector: Collector, body: object, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send(collector, body, **headers)
    assert answer.status_code == status
    assert answer.json is not None
    assert (answer.json["error"], bool(answer.json["hint"])) == (code, True)
    assert answer.headers.get("Access-Control-Allow-Origin", "") == headers.get("Origin", "")
    assert collector.records() == []


def test_one_bad_message_rejects_no_other(collector: Collector) -> None:
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    answer = send(
        collector,
        batch(
            track(messageId="good"),
            track(messageId="unnamed", event=""),
            track(messageId="deep", properties={"a": deep}),
            {"type": "track", "event": "e", "messageId": "nobody"},
            {"type": "odd", "messageId": "odd"},
            track(messageId="large", properties={f"p{n}": "x" * 8_000 for n in range(9)}),
        ),
    )
    assert answer.status_code == 200
    assert answer.json == {
        "success": False,
        "results": {
            "unnamed": "refused:no_name",
            "deep": "refused:too_deep",
            "nobody": "refused:no_visitor",
            "odd": "quarantined",
            "large": "refused:too_large",
        },
    }
    record = only(collector)
    assert (len(record.events), [reason for _, reason in record.quarantined]) == (1, ["unknown_type"])
    assert collector.door.counters.own(DOOR_EVENTS)["1", "ok"] == 1


def test_a_request_of_which_nothing_can_be_kept_is_an_error_that_the_client_shows(collector: Collector) -> None:
    answer = send(collector, track(event="", messageId="m"), "/v1/track")
    assert answer.status_code == 400
    assert answer.json is not None
    assert (answer.json["success"], answer.json["results"]) == (False, {"m": "refused:no_name"})
    assert send(collector, {"batch": []}).json == {"success": True}


def test_a_message_that_comes_twice_is_one_event(collector: Collector) -> None:
    for attempt in ("2025-11-21T18:33:20Z", "2025-11-21T18:34:00Z"):
        send(collector, batch(track(messageId="ajs-next-1-x"), sentAt=attempt))
    first, second = collector.records()
    assert first.events[0]["id"] == second.events[0]["id"]


def test_with_the_secret_key_the_site_speaks_and_with_the_public_one_somebody_claims(collector: Collector) -> None:
    tracker = "v_" + "0" * 32
    message = track(anonymousId=tracker, userId="u1", context={"userAgent": CHROME}, timestamp="2020-01-01T00:00:00Z")
    send(collector, batch(message), key="sk_demo")
    send(collector, batch(message))
    trusted, claimed = collector.records()
    assert (trusted.mode, claimed.mode) == ("server", "relay")
    assert (trusted.events[0]["visitor"], claimed.events[0]["visitor"]) == (tracker, f"seg:{tracker}")
    assert (trusted.events[0].get("verified"), claimed.events[0].get("verified")) == (1, None)
    assert (trusted.events[0].get("ua"), claimed.events[0].get("ua")) == (CHROME, None)


def test_a_site_that_asks_for_signatures_takes_no_unsigned_claim(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, signed_required=True)
    key = identify_key(collector.door.keys.cookie[0], SITE.id, 1)
    answer = send(
        collector,
        batch(
            {"type": "identify", "anonymousId": "a", "userId": "u1", "messageId": "unsigned"},
            {"type": "identify", "anonymousId": "a", "userId": "u1", "traits": {"$signature": sign(key, "u1"), "n": 1}},
            track(userId="u1"),
        ),
    )
    assert answer.json == {"success": False, "results": {"unsigned": "refused:unsigned"}}
    signed, other = only(collector).events
    assert (signed["name"], signed["verified"], signed["props"]) == ("u1", 1, {"n": 1})
    assert "user" not in other


def test_a_browser_is_asked_for_its_origin_and_is_the_device(collector: Collector) -> None:
    body = track(writeKey="wk_demo", userId="u1", sentAt="2025-11-21T18:33:20Z")
    answer = send(collector, body, "/v1/t", key="", **BROWSER, Sec_Purpose="prefetch")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    record = only(collector)
    assert (record.user_agent, record.visitor, record.hints) == (CHROME, "seg:a1", ("prefetch",))
    assert record.events[0]["user"] == "u1"


def test_a_preflight_allows_what_analytics_js_sends(collector: Collector) -> None:
    for path in ("t", "batch", "projects/wk_demo/settings"):
        answer = collector.client.options(f"/v1/{path}", headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "x-retry-count"))
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_a_browser_s_wish_for_privacy_leaves_no_lasting_id(collector: Collector) -> None:
    body = batch(
        track(anonymousId="secret-id", userId="u1"), track(anonymousId="other-id"), {"type": "identify", "userId": "u1"}
    )
    send(collector, body, **BROWSER, Sec_GPC="1")
    events = only(collector).events
    assert len({event["visitor"] for event in events}) == 1
    assert events[0]["visitor"].startswith("c_")
    assert "secret-id" not in json.dumps(events)
    assert ["user" in event for event in events] == [False, False, False]
    assert events[2]["name"] == "u1"  # whoever logs in says so themselves
    collector.now += 2 * DAY
    send(collector, body, **BROWSER, Sec_GPC="1")
    assert collector.records()[1].events[0]["visitor"] != events[0]["visitor"]


def test_a_site_without_lasting_ids_gets_none_from_a_program_either(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, preset="cookieless")
    send(collector, batch(track(anonymousId="one"), track(anonymousId="two"), track(anonymousId="one")))
    one, two, again = [event["visitor"] for event in only(collector).events]
    assert one == again != two
    assert one.startswith("c_")


def test_a_site_that_heeds_privacy_by_silence_keeps_nothing_and_says_so(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, policy_gpc="off")
    answer = send(collector, batch(track(messageId="m")), **BROWSER, Sec_GPC="1")
    assert (answer.status_code, answer.json) == (200, {"success": False, "results": {"m": "refused:privacy"}})
    assert collector.records() == []
    assert collector.door.counters.own(DOOR_EVENTS) == {("1", "refused:privacy"): 1}


def test_without_room_it_says_when_to_come_back(tmp_path: Path) -> None:
    collector = Collector(tmp_path, max_bytes=300)
    codes = [send(collector, batch(track(event="e" * 150)), **BROWSER) for _ in range(3)]
    assert codes[-1].status_code == 503
    assert int(codes[-1].headers["Retry-After"]) > 0
    assert codes[-1].headers["Access-Control-Allow-Origin"] == ORIGIN
    assert codes[-1].json is not None
    collector.close()


def test_analytics_js_is_sent_back_to_the_host_it_asked(collector: Collector) -> None:
    answer = collector.client.get(
        "/v1/projects/wk_demo/settings", base_url="https://stats.example:8443", headers=BROWSER
    )
    assert answer.json is not None
    assert list(answer.json["integrations"]) == ["Segment.io"]
    found = answer.json["integrations"]["Segment.io"]
    assert (found["apiKey"], found["apiHost"], found["protocol"]) == ("wk_demo", "stats.example:8443/v1", "https")
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    collector.door.public_url, collector.door.https = "https://public.example", True
    found = collector.client.get("/v1/projects/wk_demo/settings").json["integrations"]["Segment.io"]  # type: ignore[index]
    assert (found["apiHost"], found["protocol"]) == ("public.example/v1", "https")
    for key in ("wk_none", "sk_demo"):
        refused = collector.client.get(f"/v1/projects/{key}/settings", headers=BROWSER)
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)


def test_metrics_of_the_client_are_taken_and_forgotten(collector: Collector) -> None:
    answer = collector.client.post("/v1/m", data=b'{"series": []}', headers=BROWSER)
    assert (answer.status_code, answer.json) == (200, {"success": True})
    assert collector.records() == []


@pytest.mark.parametrize(("method", "path"), [("GET", "track"), ("POST", "oauth"), ("PUT", "batch"), ("DELETE", "x/y")])
def test_what_is_not_here_says_what_is(collector: Collector, method: str, path: str) -> None:
    answer = collector.client.open(f"/v1/{path}", method=method)
    assert answer.status_code == 404
    assert answer.json is not None
    assert "/v1/batch" in answer.json["hint"]


def test_a_key_of_one_site_says_nothing_about_another(collector: Collector) -> None:
    other = CollectSite(2, ("https://two.example",))
    collector.sites = collector.door.sites = Listed({"wk_demo": SITE, "wk_two": other}, {})
    send(collector, batch(track(messageId="m")), key="wk_two")
    send(collector, batch(track(messageId="m")))
    two, one = collector.records()
    assert (two.site, one.site) == (2, 1)
    assert two.events[0]["id"] != one.events[0]["id"]


def test_in_the_whole_application_it_stands_beside_the_pages(tmp_path: Path) -> None:
    """No login, no token of a form, and no page's headers."""
    settings = read_settings({"DESIRELINE_DATA": str(tmp_path), "DESIRELINE_DISK_FLOOR": "0"})
    load_keys(settings)
    app = create_app(settings, Listed())
    client = app.test_client()
    answer = client.post("/v1/batch", data=json.dumps(batch()), headers=basic("wk_demo"))
    assert answer.json == {"success": True}
    assert "Content-Security-Policy" not in answer.headers
    assert client.get("/v1/projects/wk_demo/settings").status_code == 200
    assert client.get("/v1/anything").json is not None
    refused = client.post("/v1/t", data=json.dumps(track(writeKey="wk_demo")), headers={"Origin": "https://x.example"})
    assert refused.status_code == 403
    with app.app_context():
        (noted,) = the_rooms().refusals.recent(SITE.id, 0)  # the Install page tells of it
    assert (noted.code, noted.origin) == ("origin", "https://x.example")


def test_the_page_about_it_says_what_works(collector: Collector) -> None:
    page = (Path(__file__).parents[2] / "docs" / "segment.md").read_text()
    example = re.search(r"curl https://collector\.example(/v1/\w+) -u \"\$SECRET_KEY:\" -d '([^']+)'", page)
    assert example is not None
    assert send(collector, example[2].encode(), example[1], key="sk_demo").json == {"success": True}
    assert only(collector).events[0]["visitor"] == "user:user-17"
    limits = re.search(r"At most (\d+) MB unpacked, (\d+) messages, (\d+) KB each", page)
    assert limits is not None
    assert (int(limits[1]) * 1_000_000, int(limits[2]), int(limits[3]) * 1_024) == (MAX_BODY, MAX_EVENTS, MAX_EVENT)
