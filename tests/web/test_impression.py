"""The ad pixel: it counts a listed or signed campaign for a known visitor, and can do nothing else."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from collector.core.times import DAY, MINUTE
from collector.inbox.record import Record
from collector.web.connected import Connected
from collector.web.door import CollectSite, the_door
from tests.support.connected import Connected as Place
from tests.support.connected import connected
from tests.support.effort import examples
from tests.web.doors import CHROME, ORIGIN, SITE, Collector, batch, page

KEY = "k" * 64
AUTUMN = {"campaign": "autumn"}
SPRING = {"campaign": "spring", "source": "dsp"}


def door(folder: Path) -> Iterator[Collector]:
    made = Collector(folder)
    made.sites.sites["wk_demo"] = replace(SITE, connected=Connected(frozenset(), {"autumn": "adnet", "bare": ""}, KEY))
    yield made
    made.close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    yield from door(tmp_path)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    yield from door(tmp_path_factory.mktemp("pixel"))


def visit(collector: Collector) -> str:
    """The identity cookie of somebody who was on the site."""
    answer = collector.post(batch(page()), base_url="https://stats.shop.example")
    return re.split(";", answer.headers["Set-Cookie"])[0]


def ad(
    collector: Collector, cookie: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> TestResponse:
    """An ad with the pixel shown on another site."""
    sent = {"User-Agent": CHROME, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image", **(headers or {})}
    sent |= {"Cookie": cookie} if cookie else {}
    query = urlencode({"key": "wk_demo", **values})
    return collector.client.get(f"/i.gif?{query}", headers=sent, base_url="https://stats.shop.example")


def seen(collector: Collector) -> list[Record]:
    """The records beside the visit."""
    return collector.records()[1:]


def signed(campaign: str, source: str = "") -> str:
    return hmac.new(KEY.encode(), f"{campaign}\n{source}".encode(), hashlib.sha256).hexdigest()


def test_an_impression_of_a_listed_campaign_is_counted_for_who_saw_it(collector: Collector) -> None:
    cookie = visit(collector)
    answer = ad(collector, cookie, AUTUMN | {"content": "blue banner"})
    assert (answer.status_code, answer.mimetype) == (200, "image/gif")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    (record,) = seen(collector)
    assert record.visitor == collector.records()[0].visitor
    (event,) = record.events
    assert (event["type"], event["name"]) == ("event", "ad_impression")
    assert event["props"] == {
        "channel": "retargeting",
        "campaign": "autumn",
        "source": "adnet",
        "content": "blue banner",
    }


def test_a_signed_address_needs_no_list(collector: Collector) -> None:
    cookie = visit(collector)
    assert ad(collector, cookie, {**SPRING, "sig": signed("spring", "dsp")}).status_code == 200
    assert seen(collector)[0].events[0]["props"]["source"] == "dsp"
    for values in (
        SPRING,
        {"campaign": "spring", "source": "other", "sig": signed("spring", "dsp")},
        {"campaign": "autumn", "sig": "0" * 64},
        {"campaign": "autumn", "sig": "ü"},
        {"campaign": ""},
        {},
    ):
        answer = ad(collector, cookie, values)
        assert answer.status_code == 403, values
        assert (answer.json or {}).keys() == {"error", "hint"}
    assert len(seen(collector)) == 1


def test_a_site_without_a_signing_key_believes_no_signature(collector: Collector) -> None:
    collector.sites.sites["wk_demo"] = SITE
    bare = hmac.new(b"", b"spring\n", hashlib.sha256).hexdigest()
    assert ad(collector, "", {"campaign": "spring", "sig": bare}).status_code == 403


def test_nobody_is_made_by_an_ad(collector: Collector) -> None:
    visit(collector)
    for cookie in ("", "dl_v_1=1.v_" + "0" * 32 + ".t0000.forged"):
        answer = ad(collector, cookie, AUTUMN)
        assert (answer.status_code, answer.mimetype) == (200, "image/gif")
        assert answer.headers["X-Desireline"] == "refused:no_visitor"
        assert "Set-Cookie" not in answer.headers
    assert seen(collector) == []


def _with(site: CollectSite, name: str, value: Any) -> CollectSite:
    return replace(site, **{name: value})


@pytest.mark.parametrize(("header", "policy"), [("Sec-GPC", "policy_gpc"), ("DNT", "policy_dnt")])
@pytest.mark.parametrize("heeded", ["off", "cookieless"])
def test_who_asks_not_to_be_followed_is_not(collector: Collector, header: str, policy: str, heeded: str) -> None:
    cookie = visit(collector)
    site = collector.sites.sites["wk_demo"]
    collector.sites.sites["wk_demo"] = _with(site, policy, heeded)
    answer = ad(collector, cookie, AUTUMN, {header: "1"})
    assert answer.headers["X-Desireline"] == "refused:privacy"
    assert seen(collector) == []


@pytest.mark.parametrize("preset", ["exempt", "cookieless"])
def test_a_site_that_needs_no_consent_follows_nobody_to_ads(collector: Collector, preset: str) -> None:
    cookie = visit(collector)
    site = collector.sites.sites["wk_demo"]
    collector.sites.sites["wk_demo"] = _with(site, "preset", preset)
    assert ad(collector, cookie, AUTUMN).headers["X-Desireline"] == "refused:privacy"
    assert seen(collector) == []


def test_an_ad_fetched_ahead_is_marked_as_nobodys_look(collector: Collector) -> None:
    ad(collector, visit(collector), AUTUMN, {"Sec-Purpose": "prefetch"})
    assert seen(collector)[0].hints == ("prefetch",)


def test_a_look_at_the_address_counts_nothing(collector: Collector) -> None:
    cookie = visit(collector)
    answer = collector.client.head("/i.gif?key=wk_demo&campaign=autumn", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert collector.client.post("/i.gif?key=wk_demo&campaign=autumn", headers={"Cookie": cookie}).status_code == 405
    assert seen(collector) == []


def test_an_unknown_key_is_refused(collector: Collector) -> None:
    assert ad(collector, "", AUTUMN | {"key": "wk_nobody"}).status_code == 401
    assert ad(collector, "", AUTUMN | {"key": ""}).status_code == 401


def test_ads_are_told_who_sees_them_only_where_a_site_lists_campaigns(collector: Collector) -> None:
    same = {"Sec-Fetch-Site": "same-site"}
    secure = "https://stats.shop.example"
    assert collector.post(batch(), same, base_url=secure).headers["Set-Cookie"].endswith("SameSite=None")
    assert collector.post(batch(), same, base_url="http://localhost").headers["Set-Cookie"].endswith("SameSite=Lax")
    collector.sites.sites["wk_demo"] = SITE
    assert collector.post(batch(), same, base_url=secure).headers["Set-Cookie"].endswith("SameSite=Lax")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.dictionaries(
    st.sampled_from(["campaign", "source", "content", "sig", "type", "name", "url", "u", "user", "visitor", "mode"])
    | texts,
    texts | st.sampled_from(["autumn", "page", "identify", "https://evil.example/", "purchase"]),
    max_size=8,
)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
@given(values)
def test_whatever_an_address_says_it_is_an_impression_or_nothing(lasting: Collector, given: dict[str, str]) -> None:
    cookie = visit(lasting)
    before = len(lasting.records())
    answer = ad(lasting, cookie, {**given, "key": "wk_demo"})
    assert answer.status_code in (200, 403)
    assert "Location" not in answer.headers
    assert "Refresh" not in answer.headers
    for record in lasting.records()[before:]:
        assert answer.status_code == 200
        assert [(event["type"], event["name"]) for event in record.events] == [("event", "ad_impression")]
        assert record.events[0].keys() == {"id", "type", "name", "props"}
        assert record.events[0]["props"].keys() <= {"channel", "campaign", "source", "content"}
        assert (record.visitor, record.mode) == (lasting.records()[before - 1].visitor, "cookie")


HTTPS = "https://stats.shop.example"


class Visitor:
    """A browser that takes its cookies along, at any time."""

    def __init__(self, place: Place) -> None:
        self.place, self.client = place, place.app.test_client()
        self.boot = str(uuid4())
        self.headers = {"User-Agent": CHROME, "Origin": ORIGIN, "Sec-Fetch-Site": "same-site"}

    def at(self, now: int) -> None:
        with self.place.app.app_context():
            the_door().clock = lambda: now

    def does(self, now: int, *events: dict[str, object]) -> None:
        self.at(now)
        body = batch(
            *(event | {"at": now} for event in events), key=self.place.site.site.write_key, sent_at=now, boot=self.boot
        )
        answer = self.client.post("/collect", json=body, headers=self.headers, base_url=HTTPS)
        assert set((answer.json or {})["results"].values()) == {"ok"}

    def sees(self, now: int, address: str) -> None:
        self.at(now)
        answer = self.client.get(address, headers={"User-Agent": CHROME, "Sec-Fetch-Site": "cross-site"})
        assert answer.headers.get("X-Desireline") is None


def test_a_seen_ad_and_the_return_after_it_are_in_the_retargeting_report(tmp_path: Path) -> None:
    for place in connected(tmp_path / "data"):
        place.catalog.add_campaign(place.site_id, "autumn", "adnet", place.now)
        owner = place.client()
        address = f"{HTTPS}/i.gif?key={place.site.site.write_key}&campaign=autumn"
        cart = page(type="event", name="add_to_cart")
        buys = page(type="event", name="purchase", props={"total": 40})
        returned, gone = Visitor(place), Visitor(place)
        for visitor in (returned, gone):
            visitor.does(place.now - 5 * DAY, page(), cart | {"id": str(uuid4())})
            visitor.sees(place.now - 2 * DAY, address)
        returned.sees(place.now - 2 * DAY + MINUTE, address)
        returned.does(place.now - 2 * DAY + 10 * MINUTE, page(), buys)
        place.loader.drain_all()
        place.views.refresh(place.site_id)
        found = owner.get("/shop/retargeting.json?all-time=1&goal=event:purchase").json or {}
        blocks = {block["id"]: block["rows"] for block in found["blocks"]}
        # Ads that were seen stand apart from those that were clicked, whose visits the rest of the page is about.
        assert {row[0]: row[2:4] for row in blocks["ways"]} == {"click": [0, 0], "view": [2, 3]}
        assert (blocks["reached"], blocks["visits"]) == ([[0]], [[0]])
        goals = owner.get("/shop/overview.json?all-time=1").json or {}
        pages = next(block["rows"] for block in goals["blocks"] if block["id"] == "pages")
        assert [row[0] for row in pages] == ["/pricing"]
