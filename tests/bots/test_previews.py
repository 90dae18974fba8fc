"""From a tag tried on localhost to the pages that say so: door, loader, Install, Bots, origins (REQUIREMENTS F8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from collector.ingest.bots import NO_LIST
from collector.loading import Loader
from collector.sites import CatalogBook
from tests.support.pages import ORIGIN, Installation, installed, send

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
HERE = "http://localhost:3000"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Installation]:
    yield from installed(tmp_path / "data", events=False)


def post(
    shop: Installation, origin: str, url: str = "", cookie: str = "", mode: str = "cookie", **event: Any
) -> TestResponse:
    """What a browser with the tag sends from a page."""
    one = {"id": str(uuid4()), "type": "page", "at": shop.now, "url": url or f"{origin}/"} | event
    body = {"v": 1, "key": shop.site.site.write_key, "sent_at": shop.now, "boot": "b-1", "mode": mode}
    body["events"] = [one]
    headers = {"Origin": origin, "User-Agent": CHROME} | ({"Cookie": cookie} if cookie else {})
    return shop.app.test_client(use_cookies=False).post("/collect", data=json.dumps(body), headers=headers)


def load(shop: Installation) -> list[tuple[str, str]]:
    """(visitor, reason) of every stored event."""
    loader = Loader(
        shop.ledger, shop.settings.inbox, CatalogBook(shop.catalog), NO_LIST, lambda _: None, lambda: shop.now
    )
    loader.drain_all()
    loader.close()
    shop.views.refresh(shop.site_id)
    return [(event.visitor, event.bot) for event, _ in shop.ledger.export(shop.site_id)]


def listed(shop: Installation) -> tuple[str, ...]:
    site = shop.catalog.site(shop.site_id)
    assert site is not None
    return site.origins


def test_a_page_on_localhost_is_told_that_all_is_well_and_gets_no_cookie(shop: Installation) -> None:
    answer = post(shop, HERE)
    assert answer.status_code == 200
    assert answer.json is not None
    assert set(answer.json["results"].values()) == {"ok"}
    assert answer.json["mode"] == "cookieless"
    assert answer.headers["Access-Control-Allow-Origin"] == HERE
    assert "Set-Cookie" not in answer.headers


def test_a_page_that_anybody_may_put_up_learns_nothing_of_a_visitor_and_is_nobody_the_site_knows(
    shop: Installation,
) -> None:
    real = post(shop, ORIGIN)
    cookie = real.headers["Set-Cookie"].partition(";")[0]
    assert real.json is not None
    other = post(shop, "https://evil.vercel.app", f"{ORIGIN}/", cookie, type="identify", name="user-17")
    assert other.json is not None
    assert other.json["visitor"] != real.json["visitor"]
    for_a_day = post(shop, ORIGIN, mode="cookieless")
    assert for_a_day.json is not None
    assert for_a_day.json["visitor"].startswith("c_")
    assert for_a_day.json["visitor"] != other.json["visitor"]
    assert [reason for _, reason in load(shop)] == ["", "preview", ""]
    assert shop.ledger.person(shop.site_id, "user-17")[0] is None
    asked = {"key": shop.site.site.write_key, "to": ORIGIN}
    headers = {"Origin": "https://evil.vercel.app", "Cookie": cookie}
    assert shop.app.test_client().post("/link", data=json.dumps(asked), headers=headers).status_code == 403


def test_other_origins_are_refused_as_ever(shop: Installation) -> None:
    for origin in ("https://elsewhere.example", "null", "", "file://", "https://localhost.example"):
        assert post(shop, origin, "https://elsewhere.example/").status_code == 403


def test_a_file_may_try_the_tag_too_and_where_it_lies_is_not_kept(shop: Installation) -> None:
    assert post(shop, "null", "file:///home/me/shop.html").status_code == 200
    assert [reason for _, reason in load(shop)] == ["preview"]
    (stored,) = [event for event, _ in shop.ledger.export(shop.site_id)]
    assert "home" not in repr(stored)


def test_a_site_of_localhost_alone_works_as_any_other(tmp_path: Path) -> None:
    for shop in installed(tmp_path / "data", events=False):
        shop.catalog.update_site(shop.site_id, origins=[HERE])
        answer = post(shop, HERE)
        assert "Set-Cookie" in answer.headers
        assert [reason for _, reason in load(shop)] == [""]
        assert shop.client().get("/shop/install.json").json["state"] == "ok"  # type: ignore[index]


def test_whoever_pastes_the_tag_on_localhost_first_sees_that_it_works(shop: Installation) -> None:
    client = shop.client()
    post(shop, HERE)
    load(shop)
    told = client.get("/shop/install.json").json
    assert told is not None
    assert (told["state"], told["title"]) == ("wait", "Your tag works, on a page that is only tried out")
    assert HERE in told["text"]
    assert ORIGIN in told["text"]
    post(shop, ORIGIN)
    load(shop)
    told = client.get("/shop/install.json").json
    assert told is not None
    assert told["state"] == "ok"


def test_they_are_out_of_every_report_and_on_the_page_of_what_was_set_aside(shop: Installation) -> None:
    post(shop, HERE)
    post(shop, "null", "file:///x.html")
    load(shop)
    client = shop.client()
    rows = client.get("/shop/visitors.json?all-time=1").json
    assert rows is not None
    assert all(not block["rows"] for block in rows["blocks"] if block["kind"] == "table")
    page = client.get("/shop/bots?all-time=1").text
    assert "Local or preview page" in page
    assert HERE in page
    assert "Files, and events without an address" in page
    assert page.count("This is our site") == 1
    assert "Local or preview page" in client.get("/shop/quality").text


def test_one_click_makes_the_place_the_site_s_own_and_one_takes_it_back(shop: Installation) -> None:
    post(shop, HERE)
    load(shop)
    client = shop.client()
    answer = send(client, "/shop/bots", "/shop/bots/place", own="1", origin=HERE)
    assert answer.status_code == 302
    assert listed(shop) == (ORIGIN, HERE)
    assert [reason for _, reason in load(shop)] == [""]
    assert "1 stored event follows" in client.get("/shop/bots").text
    send(client, "/shop/bots", "/shop/bots/place", origin=HERE)
    assert listed(shop) == (ORIGIN,)
    assert [reason for _, reason in load(shop)] == ["preview"]


def test_the_click_is_the_owner_s_and_for_such_places_alone(shop: Installation) -> None:
    editor = shop.client(shop.user("editor@shop.example", "editor"))
    assert send(editor, "/shop/bots", "/shop/bots/place", own="1", origin=HERE).status_code == 403
    for fields in ({"own": "1", "origin": "https://evil.example"}, {"origin": ORIGIN}, {"own": "1"}):
        assert send(shop.client(), "/shop/bots", "/shop/bots/place", **fields).status_code == 400
    assert listed(shop) == (ORIGIN,)


def test_changing_the_origins_by_hand_does_the_same(shop: Installation) -> None:
    post(shop, "https://pr-3.vercel.app")
    load(shop)
    fields = {"name": "shop", "timezone": "UTC", "payment_domains": "", "retargeting": ""}
    send(shop.client(), "/shop/settings", **fields, origins=f"{ORIGIN} https://*.vercel.app")
    assert [reason for _, reason in load(shop)] == [""]
    send(shop.client(), "/shop/settings", **fields, origins=ORIGIN)
    assert [reason for _, reason in load(shop)] == ["preview"]


def test_segment_s_browser_client_on_localhost_is_set_aside_and_a_server_that_names_such_a_page_too(
    shop: Installation,
) -> None:
    message = {
        "type": "page",
        "anonymousId": "a1",
        "userId": "user-17",
        "messageId": str(uuid4()),
        "properties": {"url": f"{HERE}/x"},
    }
    body = {"batch": [message], "writeKey": shop.site.site.write_key}
    client = shop.app.test_client()
    assert client.post("/v1/batch", json=body, headers={"Origin": HERE, "User-Agent": CHROME}).status_code == 200
    assert client.post("/v1/batch", json=body | {"batch": [message | {"messageId": "m2"}]}).status_code == 200
    event = {"type": "page", "visitor": "a2", "url": f"{HERE}/y", "user": "user-17"}
    secret = {"Authorization": f"Bearer {shop.site.secret_key}"}
    assert client.post("/collect", json={"events": [event]}, headers=secret).status_code == 200
    found = load(shop)
    assert [reason for _, reason in found] == ["preview"] * 3
    assert found[0][0].startswith("c_")
    assert shop.ledger.person(shop.site_id, "user-17")[0] is None


def test_the_pixel_of_such_a_page_is_set_aside(shop: Installation) -> None:
    asked = {"key": shop.site.site.write_key, "url": f"{HERE}/"}
    answer = shop.app.test_client().get("/collect", query_string=asked, headers={"User-Agent": CHROME})
    assert answer.status_code == 200
    assert [reason for _, reason in load(shop)] == ["preview"]
