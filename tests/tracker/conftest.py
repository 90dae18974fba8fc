"""One browser for the session, a context for each file, and new pages, collector and host site for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import chromium, human_agent
from tests.tracker.collector_stub import DIST, Collector, Site, collector_stub, host_site

# The tracker waits a second for company, and between tries at least as long: a third of that here. What a collector
# asks for (two seconds and more) is waited for in full, and the jitter is the least there is.
HURRY = """{ const real = setTimeout; Math.random = () => 0;
    window.setTimeout = (fn, ms, ...more) => real(fn, ms > 200 && ms < 2000 ? ms / 3 : ms, ...more) }"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium process."""
    if not (DIST / "t.js").is_file():
        pytest.fail("the tracker is not built: run `npm ci` and `node build.mjs` in tracker_js")
    with chromium() as running:
        yield running


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collector_stub() as running:
        yield running


@pytest.fixture
def site() -> Iterator[Site]:
    with host_site() as running:
        yield running


def fresh_context(browser: Browser) -> BrowserContext:
    """A context in which nothing was ever stored."""
    fresh = browser.new_context(user_agent=human_agent(browser))
    fresh.set_default_timeout(8000)
    fresh.add_init_script(HURRY)
    return fresh


@pytest.fixture(scope="module")
def warm_context(browser: Browser) -> Iterator[BrowserContext]:
    """The context of a file: a new one for each test costs as much as most of the tests."""
    made = fresh_context(browser)
    yield made
    made.close()


@pytest.fixture
def own_context(browser: Browser) -> Iterator[BrowserContext]:
    """A context for one test alone, where several tests share a site and so what it stores."""
    made = fresh_context(browser)
    yield made
    made.close()


@pytest.fixture
def context(warm_context: BrowserContext) -> Iterator[BrowserContext]:
    """The file's context without what tests before left: cookies are for all ports, and other storage for one, which
    no two tests' sites have."""
    # Here, since what the page of the test before sent last may be answered after its end.
    warm_context.clear_cookies()
    yield warm_context
    for page in warm_context.pages:
        page.close()
    warm_context.unroute_all()
    warm_context.set_offline(False)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def tag(collector: Collector) -> Callable[..., str]:
    """The script tag as a site owner pastes it; keyword arguments become data attributes."""

    def make(src: str = "/t.js", **options: str) -> str:
        more = "".join(f' data-{name}="{value}"' for name, value in options.items())
        return f'<script defer src="{collector.base}{src}" data-site="wk_test"{more}></script>'

    return make


STUB = (
    "<script>window.desireline=window.desireline||function(){"
    "(desireline.q=desireline.q||[]).push([arguments,Date.now(),location.href])}</script>"
)


@pytest.fixture
def visit(site: Site, page: Page, tag: Callable[..., str]) -> Callable[..., Page]:
    """Open a page with the tag and this body; options go to the tag."""

    def open_page(body: str = "<p>Hello</p>", path: str = "/start", head: str = "", **options: str) -> Page:
        html = f"<!doctype html><html><head><title>Start</title>{head}{tag(**options)}</head><body>{body}</body></html>"
        page.goto(site.put(path, html))
        return page

    return open_page
