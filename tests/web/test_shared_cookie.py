"""One visitor over subdomains: the cookie of a domain, and the way to it and back, with a browser's jar (B25)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from collector.core.times import DAY
from collector.ingest.cookie import EXEMPT_LIFE, mint
from collector.sites import collect_site
from collector.web.door import CollectSite
from tests.support.pages import Installation, send
from tests.web.doors import CHROME, SITE, Collector, batch
from tests.web.test_quick import TwoWays, answered_alike, request

WWW, BLOG, DOMAIN = "www.shop.example", "blog.shop.example", "shop.example"
SHARED = replace(SITE, cookie_domain=DOMAIN)


class Browser:
    """A browser with a cookie jar that heeds Domain, on sites that have the collector behind a path of their own."""

    def __init__(self, collector: Collector) -> None:
        self.client = collector.client.application.test_client()

    def post(self, host: str, at: str = "", fetched: str = "same-origin", **fields: object) -> TestResponse:
        """Send a page view of `host`; `at` is where the collector is, the same host by default."""
        headers = {"Origin": f"https://{host}", "User-Agent": CHROME, "Sec-Fetch-Site": fetched}
        body = json.dumps(batch(**({"boot": uuid4().hex} | fields)))
        answer = self.client.post("/collect", data=body, headers=headers, base_url=f"https://{at or host}")
        assert answer.status_code == 200
        return answer

    def visit(self, host: str, at: str = "", fetched: str = "same-origin", **fields: object) -> str:
        """Whom the collector takes the browser for."""
        return str(json.loads(self.post(host, at, fetched, **fields).text)["visitor"])

    def jar(self) -> list[tuple[str, str, bool]]:
        """(name, domain, of that host alone) of every cookie kept."""
        return sorted((one.key, one.domain, one.origin_only) for one in (self.client._cookies or {}).values())


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path)
    yield made
    made.close()


@pytest.fixture
def browser(collector: Collector) -> Browser:
    return Browser(collector)


def let(collector: Collector, site: CollectSite) -> None:
    collector.sites.sites["wk_demo"] = site


def test_a_cookie_is_of_one_host_unless_the_site_says_otherwise(browser: Browser) -> None:
    assert browser.visit(WWW) != browser.visit(BLOG)
    assert browser.jar() == [("dl_v_1", BLOG, True), ("dl_v_1", WWW, True)]


def test_with_a_domain_the_subdomains_share_a_visitor(collector: Collector, browser: Browser) -> None:
    let(collector, SHARED)
    first = browser.visit(WWW)
    assert browser.visit(BLOG) == browser.visit(DOMAIN) == browser.visit("a.b.shop.example") == first
    assert browser.jar() == [("dl_v_01", DOMAIN, False)]


def test_who_had_a_cookie_of_one_host_goes_on_as_the_same_and_it_is_removed(
    collector: Collector, browser: Browser
) -> None:
    first = browser.visit(WWW)
    let(collector, SHARED)
    assert browser.visit(WWW) == browser.visit(BLOG) == first
    assert browser.jar() == [("dl_v_01", DOMAIN, False)]


def test_of_two_the_domain_s_is_kept(collector: Collector, browser: Browser) -> None:
    www, blog = browser.visit(WWW), browser.visit(BLOG)
    let(collector, SHARED)
    assert www != blog
    assert browser.visit(BLOG) == blog
    assert browser.visit(WWW) == blog
    assert browser.jar() == [("dl_v_01", DOMAIN, False)]
    assert "Set-Cookie" not in browser.post(WWW).headers


def test_a_site_that_gives_the_domain_up_keeps_its_visitors_on_the_host_where_they_come_next(
    collector: Collector, browser: Browser
) -> None:
    let(collector, SHARED)
    first = browser.visit(WWW)
    let(collector, SITE)
    assert browser.visit(WWW) == first
    assert browser.jar() == [("dl_v_1", WWW, True)]
    assert browser.visit(BLOG) != first


def test_where_a_browser_would_not_take_the_domain_the_cookie_is_the_host_s(
    collector: Collector, browser: Browser
) -> None:
    let(collector, SHARED)
    first = browser.visit(WWW, "stats.example", "cross-site")
    assert browser.visit(WWW, "stats.example", "cross-site") == first
    assert browser.jar() == [("dl_v_1", "stats.example", True)]
    browser.visit(WWW, "myshop.example", "cross-site")  # ends alike, and is another domain
    assert ("dl_v_1", "myshop.example", True) in browser.jar()


def test_behind_a_path_of_the_page_s_own_the_page_s_host_counts_whatever_the_proxy_calls_the_collector(
    collector: Collector, browser: Browser
) -> None:
    let(collector, SHARED)
    answer = browser.post(WWW, "collector.internal", "same-origin")
    assert f"Domain={DOMAIN}; " in answer.headers["Set-Cookie"]
    assert "Domain=" not in browser.post(WWW, "collector.internal", "cross-site").headers["Set-Cookie"]


@pytest.mark.parametrize("before", [SITE, SHARED])
@pytest.mark.parametrize(
    "after", [SITE, SHARED, replace(SHARED, preset="cookieless"), replace(SITE, preset="cookieless")]
)
def test_withdrawn_consent_leaves_no_cookie_of_either_kind(
    collector: Collector, browser: Browser, before: CollectSite, after: CollectSite
) -> None:
    let(collector, before)
    known = browser.visit(WWW)
    let(collector, after)
    browser.post(WWW, forget=True)
    assert browser.jar() == []
    let(collector, before)
    assert browser.visit(WWW) != known


def test_a_reset_makes_one_new_visitor_for_all_subdomains(collector: Collector, browser: Browser) -> None:
    first = browser.visit(WWW)
    let(collector, SHARED)
    second = browser.visit(WWW, rotate=True)
    assert second != first
    assert browser.visit(BLOG) == second
    assert browser.jar() == [("dl_v_01", DOMAIN, False)]


def test_in_the_exempt_preset_the_way_from_one_to_the_other_renews_nothing(
    collector: Collector, browser: Browser
) -> None:
    let(collector, replace(SITE, preset="exempt"))
    first = browser.visit(WWW)
    collector.now += EXEMPT_LIFE - DAY
    let(collector, replace(SHARED, preset="exempt"))
    assert browser.visit(WWW) == browser.visit(BLOG) == first
    collector.now += 2 * DAY
    assert browser.visit(WWW) != first


def test_a_forged_cookie_of_the_domain_is_passed_over(collector: Collector, browser: Browser) -> None:
    let(collector, SHARED)
    forged = "v_" + "f" * 32
    browser.client.set_cookie("dl_v_01", f"1.{forged}.1763750000.{'0' * 64}", domain=DOMAIN, origin_only=False)
    first = browser.visit(WWW)
    assert first != forged
    assert browser.visit(BLOG) == first


def test_the_general_settings_say_what_the_origins_share_and_take_it_or_say_why_not(fresh: Installation) -> None:
    client = fresh.client()
    fields = {"name": "shop", "timezone": "UTC", "payment_domains": "", "retargeting": ""}
    origins = f"https://{WWW} https://{BLOG}"
    assert "Your origins share" not in client.get("/shop/settings").text
    assert send(client, "/shop/settings", **fields, origins=origins, cookie_domain="").status_code == 302
    assert f"Your origins share {DOMAIN}." in client.get("/shop/settings").text
    refused = send(client, "/shop/settings", **fields, origins=origins, cookie_domain="example")
    assert refused.status_code == 400
    assert "Browsers take no cookie for all of" in refused.text
    assert send(client, "/shop/settings", **fields, origins=origins, cookie_domain=DOMAIN).status_code == 302
    site = fresh.catalog.site(fresh.site_id)
    assert site is not None
    assert site.options.cookie_domain == DOMAIN
    found = collect_site(site)
    assert found is not None
    assert found.cookie_domain == DOMAIN


def test_the_way_without_a_thread_sets_and_deletes_the_same_cookies(tmp_path: Path) -> None:
    ways = TwoWays(tmp_path)
    for one in (ways.short, ways.long):
        let(one, SHARED)
    before = mint(ways.short.door.keys.cookie, 1, "v_" + "b" * 32, ways.short.now)
    here = {"Host": WWW, "Origin": f"https://{WWW}", "Sec_Fetch_Site": "same-origin"}
    answer = answered_alike(ways, request(batch(), Cookie=f"dl_v_1={before}", **here))
    ways.close()
    assert answer is not None
    assert re.findall(rb"Set-Cookie: (\w+)=", answer) == [b"dl_v_1", b"dl_v_01"]
    assert b'"visitor":"v_' + b"b" * 32 in answer
