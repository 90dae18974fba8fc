"""What counts as a pageview, and the time and scroll depth that go with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import Browser, Page

from tests.support.browser import launch
from tests.tracker.collector_stub import Collector, Site

Visit = Callable[..., Page]


def test_the_first_pageview_goes_at_once_and_is_the_wire_format(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit(path="/pricing")
    collector.wait(lambda: collector.calls)
    call = collector.calls[0]
    assert call.headers["Content-Type"].lower() == "text/plain;charset=utf-8"
    assert collector.preflights == 0
    assert (call.body["v"], call.body["key"], call.body["mode"]) == (1, "wk_test", "cookie")
    assert call.body["bot"] == ["webdriver"]
    assert len(call.body["boot"]) == 36
    assert "rotate" not in call.body
    assert "forget" not in call.body
    (event,) = call.events
    assert event["type"] == "page"
    assert event["url"] == site.base + "/pricing"
    assert event["title"] == "Start"
    assert event["ref"] == ""
    assert 8 <= len(event["pid"]) <= 36
    assert abs(event["at"] - call.body["sent_at"]) < 5000
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_the_hash_is_left_out_and_the_query_kept(visit: Visit, collector: Collector, page: Page, site: Site) -> None:
    visit(path="/a")
    page.goto(site.base + "/a?utm_source=x#part")
    collector.wait(lambda: len(collector.of("page")) == 2)
    assert collector.of("page")[1]["url"] == site.base + "/a?utm_source=x"


def test_a_single_page_app_counts_paths_not_state_changes(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit()
    returned = page.evaluate(
        """() => { const r = history.pushState({a: 1}, '', '/two'); document.title = 'Two';
                return [r === undefined, history.state.a] }"""
    )
    assert returned == [True, 1]
    collector.wait(lambda: len(collector.of("page")) == 2)
    second = collector.of("page")[1]
    assert (second["url"], second["title"], second["ref"]) == (site.base + "/two", "Two", site.base + "/start")
    assert second["pid"] != collector.of("page")[0]["pid"]
    page.evaluate("history.replaceState({}, '', '/two?tab=1'); history.pushState({}, '', '/two#x')")
    page.evaluate("history.back()")
    page.wait_for_timeout(100)
    page.go_back()
    collector.wait(lambda: len(collector.of("page")) == 3)
    page.wait_for_timeout(500)
    assert [event["url"] for event in collector.of("page")[2:]] == [site.base + "/start"]


def test_an_invalid_address_fails_for_the_app_as_it_would_without_us(visit: Visit, collector: Collector) -> None:
    page = visit()
    assert page.evaluate("() => { try { history.pushState({}, '', 'http://[') } catch (e) { return e.name } }") == (
        "SecurityError"
    )


def test_hash_routes_are_pages_only_by_option(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit()
    page.evaluate("location.hash = '#/a'")
    page.wait_for_timeout(400)
    visit(path="/app", hash="")
    page.evaluate("location.hash = '#/b?x=1'")
    page.evaluate("location.hash = '#/c'")
    collector.wait(lambda: len(collector.of("page")) == 4)
    urls = [event["url"] for event in collector.of("page")]
    assert urls == [site.base + path for path in ("/start", "/app", "/app#/b?x=1", "/app#/c")]


def test_the_engagement_of_a_page_goes_before_the_next_one(visit: Visit, collector: Collector) -> None:
    page = visit("<div style='height:5000px'></div>")
    page.evaluate("scrollTo(0, 2000)")
    page.wait_for_timeout(150)
    page.evaluate("history.pushState({}, '', '/two')")
    collector.wait(lambda: len(collector.of("page")) == 2)
    (engagement,) = collector.of("engagement")
    first, second = collector.of("page")
    assert engagement["pid"] == first["pid"] != second["pid"]
    assert engagement["url"] == first["url"]
    assert 40 < engagement["props"]["scroll"] < 80
    assert 0 < engagement["props"]["ms"] < 5000


def test_time_counts_only_while_somebody_looks(visit: Visit, collector: Collector, page: Page, site: Site) -> None:
    page.add_init_script(
        "let seen = false; document.hasFocus = () => seen; window.look = (v) => { seen = v; "
        "dispatchEvent(new Event(v ? 'focus' : 'blur')); return performance.now() }"
    )
    visit()
    page.wait_for_timeout(300)
    began = page.evaluate("look(true)")
    page.wait_for_timeout(200)
    looked = page.evaluate("look(false)") - began
    page.wait_for_timeout(400)
    page.goto(site.base + "/other")
    collector.wait(lambda: collector.of("engagement"))
    assert looked - 20 <= collector.of("engagement")[0]["props"]["ms"] <= looked + 100


def test_hiding_twice_sends_a_delta_only_when_there_is_news(visit: Visit, collector: Collector) -> None:
    page = visit("<div style='height:3000px'></div>")
    hide = """(hidden) => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        Object.defineProperty(document, 'visibilityState', {value: hidden ? 'hidden' : 'visible', configurable: true});
        document.dispatchEvent(new Event('visibilitychange')) }"""
    for hidden in (True, False, True, False):
        page.evaluate(hide, hidden)
    page.wait_for_timeout(200)
    assert len(collector.of("engagement")) == 1
    page.evaluate("scrollTo(0, 3000)")
    page.wait_for_timeout(100)
    page.evaluate(hide, True)
    collector.wait(lambda: len(collector.of("engagement")) == 2)
    assert collector.of("engagement")[1]["props"]["scroll"] == 100


def test_a_tab_opened_in_the_background_counts_when_it_is_looked_at(
    visit: Visit, collector: Collector, page: Page
) -> None:
    page.add_init_script(
        "window.away = true; Object.defineProperty(document, 'hidden', {get: () => away, configurable: true})"
    )
    visit()
    page.wait_for_timeout(300)
    assert collector.calls == []
    page.evaluate("away = false; document.dispatchEvent(new Event('visibilitychange'))")
    collector.wait(lambda: collector.of("page"))
    assert len(collector.of("page")) == 1


def test_a_prerendered_page_counts_on_activation(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script("window.pre = true; Object.defineProperty(document, 'prerendering', {get: () => pre})")
    visit(
        head="<script>window.desireline=function(){(desireline.q=desireline.q||[]).push([arguments,Date.now(),location.href])};desireline('track','early')</script>"
    )
    page.wait_for_timeout(300)
    assert collector.calls == []
    page.evaluate("pre = false; document.dispatchEvent(new Event('prerenderingchange'))")
    collector.wait(lambda: collector.of("event"))
    assert sorted(collector.kinds()) == ["event", "page"]


def test_a_return_from_the_back_forward_cache_is_a_new_pageview(
    browser: Browser, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    """Playwright switches the cache off, so this one starts a browser that has it."""
    note = "<script>addEventListener('pageshow', e => { window.restored = e.persisted })</script>"
    address = site.put("/start", f"<!doctype html><title>Start</title>{tag()}{note}<p>Hello")
    with closing(launch(browser.browser_type, without=["--disable-back-forward-cache"])) as caching:
        page = caching.new_page()
        page.goto(address)
        collector.wait(lambda: collector.of("page"))
        page.evaluate("location.href = '/plain'")
        page.wait_for_url("**/plain")
        page.evaluate("setTimeout(() => history.back())")
        page.wait_for_url("**/start", wait_until="commit")
        assert page.evaluate("restored") is True, "the page did not enter the back-forward cache"
        collector.wait(lambda: len(collector.of("page")) == 2)
    first, second = collector.of("page")
    assert first["pid"] != second["pid"]
    assert "ref" not in second
