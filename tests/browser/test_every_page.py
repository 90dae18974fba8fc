"""Every page in a real browser: accessible, quiet in the console, ours alone, small, and as wide as the window.

Each is loaded once, as on a phone, and then seen on a wide window and in the dark: loading is what takes the time.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page

from collector.reports.registry import reports
from tests.browser.conftest import opened
from tests.browser.looking import AXE, REFUSED, Look, Served, pages, picture, questions

pytestmark = pytest.mark.browser
NARROW, WIDE = 390, 1280
# In the dark only colours differ, which are the same few everywhere.
IN_THE_DARK = {*reports(), "install", "settings", "connections", "funnel-wrong"}
BUDGET = 250_000
# A colour on its way to another is neither the one nor the other. The five seconds are for one that never gets there:
# a browser draws nothing while it thinks that nobody looks, and what is evaluated knows no limit.
AT_REST = """() => Promise.race([
    new Promise(done => setTimeout(done, 5_000)),
    Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished)),
]).then(() => null)"""


@dataclass(slots=True)
class Visited:
    """What is wrong with each page, by the way of looking at it, and the files that each page loaded."""

    wrong: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    files: dict[str, Set[str]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    def tell(self, way: str, title: str, wrong: list[str]) -> None:
        """Note what is wrong, if anything."""
        told = self.wrong.setdefault(way, {})
        if wrong:
            told[title] = wrong


def seen(page: Page, title: str, width: int) -> list[str]:
    """Whether the page needs more than this width; and its picture."""
    picture(page, f"{title}.{width}")
    needed = page.evaluate("document.documentElement.scrollWidth")
    return [f"{needed} wide"] if needed > width else []


def visit(look: Look, title: str, path: str, visited: Visited) -> None:
    """Load one page and look at it in every way."""
    look.forget()
    page = look.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": NARROW, "height": 800})
    look.open(path)
    visited.tell("narrow", title, seen(page, title, NARROW))
    page.set_viewport_size({"width": WIDE, "height": 800})
    page.evaluate(AT_REST)
    visited.tell("light", title, look.axe() + seen(page, title, WIDE))
    if title in IN_THE_DARK:
        page.emulate_media(color_scheme="dark")
        page.evaluate(AT_REST)
        visited.tell("dark", title, look.axe("color-contrast"))
    loud = [text for text in look.problems if title not in REFUSED or "Failed to load resource" not in text]
    strange = look.hosts ^ {look.served.origin.removeprefix("http://")}
    visited.tell("quiet", title, loud + [f"spoke to {look.hosts}"] * bool(strange))
    visited.files[title] = {url for url in look.urls if "/static/" in url}


def packed(url: str, request: APIRequestContext) -> int:
    """The size of a file as it is sent."""
    return len(gzip.compress(request.get(url).body()))


@pytest.fixture(scope="module")
def visited(browser: Browser, served: Served) -> Iterator[Visited]:
    """Every page, visited."""
    told = Visited()
    context = browser.new_context()
    context.add_init_script(path=AXE)
    look = opened(context, served)
    for title, path in pages(served).items():
        visit(look, title, path, told)
    told.sizes = {url: packed(url, context.request) for url in set().union(*told.files.values())}
    yield told
    context.close()


@pytest.mark.parametrize("way", ["light", "dark", "narrow", "quiet"])
def test_every_page_is_accessible_quiet_and_fits(way: str, visited: Visited) -> None:
    assert visited.wrong[way] == {}


def test_no_page_loads_more_than_the_budget(visited: Visited, served: Served) -> None:
    for title in questions(served):
        sizes = {url: visited.sizes[url] for url in visited.files[title]}
        assert len(sizes) >= 3
        assert sum(sizes.values()) < BUDGET, sizes


def test_a_site_without_events_is_accessible_too(browser: Browser, served_empty: Served) -> None:
    context = browser.new_context()
    context.add_init_script(path=AXE)
    look = opened(context, served_empty)
    found = {}
    asked = ("/shop/overview", "/shop/visitors", "/shop/funnel")
    for path in (*asked, "/shop/install", "/shop/quality", "/shop/saved", "/shop/bots", "/shop/privacy"):
        look.forget()
        page = look.open(path)
        title = f"empty-{path.rpartition('/')[2]}"
        if wrong := look.axe() + look.problems + seen(page, title, WIDE):
            found[path] = wrong
    context.close()
    assert found == {}
