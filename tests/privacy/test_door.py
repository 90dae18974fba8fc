"""At the door: what presets lead to, and that no address is stored anywhere, whatever way it comes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from uuid import uuid4

import pytest

from collector.app import close_app
from collector.core.times import DAY
from collector.ingest.cookie import EXEMPT_LIFE, cookie_name
from collector.ingest.deny import deny_list
from collector.ingest.keep_policy import KeepPolicy
from collector.loader import run_loader
from tests.support.pages import ORIGIN, install
from tests.web.doors import SITE, Collector, batch
from tests.web.doors import page as page_event

PROXY, CLIENT, SIX = "203.0.113.77", "198.51.100.23", "2001:db8:aaaa:bbbb:1:2:3:4"
# As text, in hexadecimal, and as the network of an IPv6 address.
TRACES = (PROXY, CLIENT, "198.51.100", "203.0.113", "2001:db8:aaaa", "c6336417", "cb00714d")


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path)
    yield made
    made.close()


def cookie_of(answer: object) -> tuple[str, int]:
    """(value, seconds to live) of the identity cookie that an answer sets, ("", 0) for none."""
    headers = answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    for header in headers:
        found = re.match(rf"{cookie_name(1)}=([^;]*);.*Max-Age=(\d+)", header)
        if found:
            return found[1], int(found[2])
    return "", 0


def test_the_cookieless_preset_sets_no_cookie_whatever_the_tag_asks_for(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, preset="cookieless")
    answer = collector.post(batch(mode="cookie"))
    assert answer.get_json()["mode"] == "cookieless"
    assert answer.get_json()["visitor"].startswith("c_")
    assert cookie_of(answer) == ("", 0)


def test_a_site_that_turns_cookieless_takes_its_cookies_back(collector: Collector) -> None:
    value, _ = cookie_of(collector.post(batch()))
    collector.sites.sites["wk_demo"] = replace(SITE, preset="cookieless")
    answer = collector.post(batch(), {"Cookie": f"{cookie_name(1)}={value}"})
    assert answer.get_json()["visitor"].startswith("c_")
    assert cookie_of(answer) == ("", 0)
    assert [header.partition(";")[0] for header in answer.headers.getlist("Set-Cookie")] == [f"{cookie_name(1)}="]
    assert not collector.post(batch(), {"Cookie": "other=1"}).headers.getlist("Set-Cookie")


def test_the_exempt_preset_never_renews_its_cookie_and_ends_it_after_thirteen_months(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, preset="exempt")
    first = collector.post(batch())
    value, life = cookie_of(first)
    assert life == EXEMPT_LIFE // 1_000 == 395 * 86_400
    mine = {"Cookie": f"{cookie_name(1)}={value}"}
    collector.now += 394 * DAY
    again = collector.post(batch(), mine)
    assert again.get_json()["visitor"] == first.get_json()["visitor"]
    assert cookie_of(again) == ("", 0), "not renewed"
    collector.now += 2 * DAY
    later = collector.post(batch(boot="b-2"), mine)
    assert later.get_json()["visitor"] != first.get_json()["visitor"]
    collector.sites.sites["wk_demo"] = SITE
    collector.now -= 2 * DAY
    renewed = cookie_of(collector.post(batch(), mine))
    assert renewed[0] not in ("", value), "the standard preset renews"


def test_the_door_keeps_nothing_that_the_site_denies(collector: Collector) -> None:
    collector.door.policy = lambda _: KeepPolicy(deny_list(["phone"]), anonymous=True)
    events = [
        page_event(props={"phone": "555-77", "plan": "pro"}),
        {"id": str(uuid4()), "type": "identify", "name": "ann-secret"},
        {"id": str(uuid4()), "type": "odd", "name": "ann-secret"},
    ]
    answer = collector.post(batch(*events))
    assert list(answer.get_json()["results"].values()) == ["ok", "refused:preset", "quarantined"]
    collector.close()
    held = b"".join(path.read_bytes() for path in collector.inbox.files.folder.iterdir())
    assert b"pro" in held
    assert b"555-77" not in held
    assert b"ann-secret" not in held


def _everything(site_key: str, secret: str) -> Iterator[tuple[str, dict[str, object]]]:
    """(path, arguments) of requests by every way in, good ones and refused ones."""
    page: dict[str, object] = {"id": str(uuid4()), "type": "page", "url": f"{ORIGIN}/"}
    for mode in ("cookie", "cookieless"):
        body = {"v": 1, "key": site_key, "boot": mode, "mode": mode, "events": [page | {"id": str(uuid4())}]}
        yield "/collect", {"data": json.dumps(body), "headers": {"Origin": ORIGIN}}
        yield "/collect", {"data": json.dumps(body), "headers": {"Origin": "https://evil.example"}}
        yield "/collect", {"data": json.dumps(body | {"events": [{"type": "odd"}]}), "headers": {"Origin": ORIGIN}}
    yield "/collect", {"data": "not json", "headers": {"Origin": ORIGIN}}
    server = {"v": 1, "events": [page | {"id": str(uuid4()), "visitor": "srv"}]}
    yield "/collect", {"data": json.dumps(server), "headers": {"Authorization": f"Bearer {secret}"}}
    yield "/v1/t", {"data": json.dumps({"writeKey": site_key, "event": "x", "anonymousId": "a"})}
    yield "/login", {"data": {"email": "a@b.example", "password": "wrong password"}}


def test_no_address_is_stored_in_any_file_nor_written_to_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = install(tmp_path / "data", DESIRELINE_TRUSTED_PROXIES="1", DESIRELINE_DISK_FLOOR="0")
    stop = Signal()
    loader = Thread(target=run_loader, args=(made.settings, stop))
    loader.start()
    try:
        client = made.app.test_client(use_cookies=False)
        for forwarded in (CLIENT, SIX):
            for path, arguments in _everything(made.site.site.write_key, made.site.secret_key):
                given = {"X-Forwarded-For": forwarded, "X-Real-IP": forwarded, "Forwarded": f"for={forwarded}"}
                headers = dict(arguments.get("headers", {})) | given  # type: ignore[call-overload]
                client.post(
                    path,
                    data=arguments["data"],
                    headers=headers,
                    environ_overrides={"REMOTE_ADDR": PROXY},
                )
            client.get(
                f"/collect?key={made.site.site.write_key}&url={ORIGIN}/",
                headers={"X-Forwarded-For": forwarded},
                environ_overrides={"REMOTE_ADDR": PROXY},
            )
    finally:
        stop.set()
        close_app(made.app)
        loader.join(30)
    made.views.refresh(made.site_id)
    assert made.ledger.counts(made.site_id)["events"] >= 8
    assert made.ledger.quarantined(made.site_id)
    made.catalog.close()
    made.ledger.close()
    held = {str(path): path.read_bytes().lower() for path in made.settings.data.rglob("*") if path.is_file()}
    assert len(held) > 5
    found = {path: trace for path, text in held.items() for trace in TRACES if trace.encode() in text}
    assert found == {}
    raw = bytes(map(int, CLIENT.split(".")))
    assert [path for path, text in held.items() if path.endswith((".json", ".db")) and raw in text] == []
    assert [trace for trace in TRACES if trace in caplog.text] == []
