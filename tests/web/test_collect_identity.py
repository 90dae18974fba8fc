"""Who a request is from: the cookie's truth table at the door, modes and privacy signals (REQUIREMENTS B, A8)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from collector.core.times import DAY
from collector.ingest.cookie import mint
from collector.settings import Keys
from collector.web.door import CollectSite
from tests.web.doors import ORIGIN, SITE, Collector, batch


def cookie(answer: TestResponse) -> str:
    """The identity cookie as the browser sends it back."""
    return re.split(";", answer.headers["Set-Cookie"])[0]


def visitor(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert answer.json is not None
    found = answer.json["visitor"]
    assert isinstance(found, str)
    return found


def test_the_first_request_gets_a_cookie_scripts_cannot_read_and_the_next_is_the_same_visitor(
    collector: Collector,
) -> None:
    first = collector.post(batch())
    assert re.fullmatch(r"v_[0-9a-f]{32}", visitor(first))
    attributes = first.headers["Set-Cookie"]
    assert "HttpOnly" in attributes
    assert "Max-Age=34560000" in attributes
    assert "Path=/" in attributes
    again = collector.post(batch(boot="b-2"), {"Cookie": cookie(first)})
    assert visitor(again) == visitor(first)
    assert "Set-Cookie" not in again.headers


def test_two_first_requests_of_one_document_are_one_visitor(collector: Collector) -> None:
    assert visitor(collector.post(batch())) == visitor(collector.post(batch()))
    assert visitor(collector.post(batch(boot="b-2"))) != visitor(collector.post(batch()))


@pytest.mark.parametrize(
    ("base_url", "fetched", "expected"),
    [
        ("https://stats.shop.example", "same-site", "Secure; HttpOnly; Path=/; SameSite=Lax"),
        ("https://stats.example", "cross-site", "Secure; HttpOnly; Path=/; SameSite=None"),
        ("https://shop.example", "", "Secure; HttpOnly; Path=/; SameSite=Lax"),
        ("https://stats.example", "", "Secure; HttpOnly; Path=/; SameSite=None"),
        ("http://localhost", "cross-site", "HttpOnly; Path=/; SameSite=Lax"),
        ("http://localhost", "same-origin", "HttpOnly; Path=/; SameSite=Lax"),
    ],
)
def test_the_cookie_fits_where_the_page_is(collector: Collector, base_url: str, fetched: str, expected: str) -> None:
    answer = collector.post(batch(), {"Sec-Fetch-Site": fetched}, base_url=base_url)
    assert answer.headers["Set-Cookie"].endswith(expected)


def test_https_is_believed_from_a_trusted_proxy_only(tmp_path: Path) -> None:
    for proxies, secure in ((0, False), (1, True)):
        folder = tmp_path / str(proxies)
        folder.mkdir()
        made = Collector(folder, proxies=proxies)
        answer = made.post(batch(), {"X-Forwarded-Proto": "https"})
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure
        made.close()


def test_a_forged_expired_or_foreign_cookie_is_replaced(collector: Collector) -> None:
    first = collector.post(batch())
    value = cookie(first).partition("=")[2]
    key = collector.door.keys.cookie
    victim = "v_" + "0" * 32
    wrong = {
        "forged": value.replace(visitor(first), victim),
        "another key": mint([b"x" * 32], 1, victim, collector.now),
        "another site": mint(key, 2, victim, collector.now),
        "expired": mint(key, 1, victim, collector.now - 401 * DAY),
        "garbage": "%%%",
    }
    for name, bad in wrong.items():
        answer = collector.post(batch(boot="fresh"), {"Cookie": f"dl_v_1={bad}"})
        assert visitor(answer) not in (victim, visitor(first)), name
        assert "Set-Cookie" in answer.headers, name


def test_after_a_key_rotation_visitors_stay_and_get_a_new_signature(collector: Collector) -> None:
    first = collector.post(batch())
    collector.door.keys = Keys((b"n" * 32, *collector.door.keys.cookie), "s" * 32)
    again = collector.post(batch(boot="b-2"), {"Cookie": cookie(first)})
    assert visitor(again) == visitor(first)
    assert cookie(again) != cookie(first)


def test_a_client_cannot_choose_its_visitor(collector: Collector) -> None:
    answer = collector.post(batch(visitor="v_" + "0" * 32, boot="v_" + "0" * 32))
    assert visitor(answer) != "v_" + "0" * 32


def test_rotate_replaces_the_visitor_and_a_retry_gives_the_same_new_one(collector: Collector) -> None:
    first = collector.post(batch())
    old = {"Cookie": cookie(first)}
    rotated = collector.post(batch(boot="b-2", rotate=True), old)
    retried = collector.post(batch(boot="b-2", rotate=True), old)
    assert visitor(rotated) == visitor(retried) != visitor(first)
    assert visitor(collector.post(batch(), {"Cookie": cookie(rotated)})) == visitor(rotated)


def test_forget_deletes_the_cookie_also_without_events(collector: Collector) -> None:
    first = collector.post(batch())
    body = batch(forget=True) | {"events": []}
    answer = collector.post(body, {"Cookie": cookie(first)})
    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("dl_v_1=;")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    denied = collector.post(batch(forget=True), {"Cookie": cookie(first)})
    assert visitor(denied) == visitor(first)
    assert visitor(collector.post(batch(forget=True))).startswith("c_")


def test_cookieless_reads_and_sets_no_cookie_and_lasts_a_day(collector: Collector) -> None:
    first = collector.post(batch())
    one = collector.post(batch(mode="cookieless"), {"Cookie": cookie(first)})
    two = collector.post(batch(mode="cookieless", boot="b-2"))
    assert visitor(one) == visitor(two) != visitor(first)
    assert "Set-Cookie" not in one.headers
    assert one.json is not None
    assert one.json["mode"] == "cookieless"
    other = collector.post(batch(mode="cookieless"), environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert visitor(other) != visitor(one)
    collector.now += DAY
    assert visitor(collector.post(batch(mode="cookieless"))) != visitor(one)


@pytest.mark.parametrize("signal", ["Sec-GPC", "DNT"])
@pytest.mark.parametrize(("policy", "mode"), [("ignore", "cookie"), ("cookieless", "cookieless"), ("off", "off")])
def test_the_site_s_policy_decides_what_a_privacy_signal_does(
    collector: Collector, signal: str, policy: str, mode: str
) -> None:
    policies: dict[str, Any] = {"policy_gpc" if signal == "Sec-GPC" else "policy_dnt": policy}
    collector.sites.sites["wk_demo"] = replace(SITE, **policies)
    answer = collector.post(batch(), {signal: "1"})
    assert answer.json is not None
    assert answer.json["mode"] == mode
    if mode == "off":
        assert set(answer.json["results"].values()) == {"refused:privacy"}
        assert answer.headers["Set-Cookie"].startswith("dl_v_1=;")
        assert collector.records() == []
    else:
        assert collector.records()[0].mode == mode


def test_without_a_signal_the_policy_changes_nothing(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = replace(SITE, policy_gpc="off", policy_dnt="off")
    assert visitor(collector.post(batch(), {"Sec-GPC": "0"})).startswith("v_")


def test_forwarded_addresses_are_not_believed_without_a_trusted_proxy(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain, behind = Collector(tmp_path / "a"), Collector(tmp_path / "b", proxies=1)

    def seen(made: Collector, forwarded: str) -> str:
        return visitor(made.post(batch(mode="cookieless"), {"X-Forwarded-For": forwarded}))

    assert seen(plain, "203.0.113.1") == seen(plain, "203.0.113.2")
    assert seen(behind, "203.0.113.1") != seen(behind, "203.0.113.2")
    # The client wrote the first entry itself; only the last one is the proxy's.
    assert seen(behind, "1.1.1.1, 203.0.113.1") == seen(behind, "2.2.2.2, 203.0.113.1")
    assert seen(behind, "unknown").startswith("c_")
    plain.close()
    behind.close()


class TestPixel:
    """GET /collect."""

    def get(self, collector: Collector, query: str, headers: dict[str, str] | None = None) -> TestResponse:
        return collector.client.get("/collect?" + query, headers=headers or {})

    def test_it_counts_a_page_and_is_an_image(self, collector: Collector) -> None:
        answer = self.get(collector, "key=wk_demo&url=https%3A%2F%2Fshop.example%2Fa&type=identify&name=ceo")
        assert (answer.status_code, answer.mimetype) == (200, "image/gif")
        assert answer.data.startswith(b"GIF89a")
        assert answer.headers["Cache-Control"] == "no-store"
        (record,) = collector.records()
        assert [(event["type"], event["url"]) for event in record.events] == [("page", f"{ORIGIN}/a")]
        again = self.get(collector, "key=wk_demo&url=https%3A%2F%2Fshop.example%2Fb", {"Cookie": cookie(answer)})
        assert "Set-Cookie" not in again.headers
        assert len({each.visitor for each in collector.records()}) == 1

    def test_the_referer_names_the_page_where_no_url_is_given(self, collector: Collector) -> None:
        assert self.get(collector, "key=wk_demo", {"Referer": f"{ORIGIN}/c"}).status_code == 200
        assert collector.records()[0].events[0]["url"] == f"{ORIGIN}/c"

    def test_pages_of_others_and_unknown_keys_are_refused(self, collector: Collector) -> None:
        assert self.get(collector, "key=wk_demo&url=https%3A%2F%2Fevil.example%2F").status_code == 403
        assert self.get(collector, "key=wk_demo").status_code == 403
        assert self.get(collector, "key=wk_x&url=https%3A%2F%2Fshop.example%2F").status_code == 401
        assert collector.records() == []


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("HTTPS://SHOP.EXAMPLE", True),
        ("https://a.shop.example", True),
        ("https://a.shop.example.evil.example", False),
        ("https://evilshop.example", False),
        ("https://shop.example.evil.example", False),
        ("http://a.shop.example", False),
        ("https://a.shop.example:444", False),
        ("http://localhost:3000", True),
        ("http://localhost", False),
        ("null", False),
        ("", False),
    ],
)
def test_origins_fit_exactly_or_by_whole_labels(origin: str, allowed: bool) -> None:
    site = CollectSite(1, ("https://shop.example", "https://*.shop.example", "http://localhost:3000"))
    assert site.allows(origin) is allowed
