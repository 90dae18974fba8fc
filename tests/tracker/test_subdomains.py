"""One visitor on all subdomains, in a real browser: `*.localhost` is this machine for every Chromium (B25)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from collector.ingest.cookie import mint
from collector.loader import now_ms
from tests.tracker.real import WHO, Place, real_collector

WWW, BLOG, DOMAIN = "www.shop.localhost", "blog.shop.localhost", "shop.localhost"


def visitor(place: Place, page: Page, host: str) -> object:
    page.goto(place.put(host, "/page", linker=False))
    return page.evaluate(WHO)


def cookies(context: BrowserContext) -> list[tuple[str, str]]:
    return sorted((one["name"], one["domain"]) for one in context.cookies())


def test_a_visitor_is_one_on_all_subdomains_and_a_cookie_of_one_host_from_before_goes(
    tmp_path: Path, context: BrowserContext, page: Page
) -> None:
    with real_collector(tmp_path, (WWW, BLOG), cookie_domain=DOMAIN) as place:
        before = mint(place.keys.cookie, 1, "v_" + "b" * 32, now_ms())
        context.add_cookies([{"name": "dl_v_1", "value": before, "domain": BLOG, "path": "/"}])
        first = visitor(place, page, WWW)
        assert cookies(context) == [("dl_v_01", f".{DOMAIN}"), ("dl_v_1", BLOG)]
        assert visitor(place, page, BLOG) == first
        assert cookies(context) == [("dl_v_01", f".{DOMAIN}")]
        assert visitor(place, page, WWW) == first


def test_else_each_host_has_its_own(tmp_path: Path, context: BrowserContext, page: Page) -> None:
    with real_collector(tmp_path, (WWW, BLOG)) as place:
        assert visitor(place, page, WWW) != visitor(place, page, BLOG)
        assert cookies(context) == [("dl_v_1", BLOG), ("dl_v_1", WWW)]
