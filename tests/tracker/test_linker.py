"""One visitor on several hosts of a site: a real collector, and pages on 127.0.0.1, localhost and a host of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import chromium, human_agent
from tests.tracker.real import WHO, Place, real_collector


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The collector, and the two hosts of its site."""
    with real_collector(tmp_path_factory.mktemp("linker")) as made:
        yield made


@pytest.fixture
def context(own_context: BrowserContext) -> BrowserContext:
    """A new one for each test: the site is the same for all."""
    return own_context


def start(place: Place, page: Page, to: str, body: str = "") -> str:
    """Open the page with a link; the visitor there, once the browser knows that there is one."""
    page.goto(place.put("127.0.0.1", "/from", body or f'<a id="go" href="{to}">Go</a>'))
    visitor = str(page.evaluate(WHO))
    page.wait_for_function("Object.keys(localStorage).some((key) => key.endsWith(':u'))")
    return visitor


# A task after the page has read the answer with a token, and so after it has done with it what it does.
READ = """() => { window.read = 0; const real = Response.prototype.json;
    Response.prototype.json = function () {
        return real.call(this).finally(() => setTimeout(() => { window.read += this.url.endsWith("/link") })) } }"""


@contextmanager
def token(page: Page) -> Iterator[None]:
    """Wait until the page has the token that something in the block makes it ask for."""
    page.evaluate(READ)
    yield
    page.wait_for_function("window.read > 0")


def hover(page: Page, selector: str = "#go") -> None:
    """Put the pointer on a link and wait for the token."""
    with token(page):
        page.hover(selector)


def test_who_follows_a_link_to_another_host_is_the_same_visitor(place: Place, page: Page) -> None:
    to = place.put("localhost", "/to")
    visitor = start(place, page, to + "?a=1&b=%20x#part")
    hover(page)
    page.click("#go")
    page.wait_for_url("**/to**")
    assert page.evaluate(WHO) == visitor
    assert page.url == to + "?a=1&b=%20x#part"
    page.reload()
    assert page.evaluate(WHO) == visitor
    assert any("/to?a=1&b=%20x&_dl=1." in path for path in place.site.seen)
    assert all("_dl" not in address for address in place.addresses())


def test_in_a_new_tab_too_and_the_page_gets_its_link_back(place: Place, browser: Browser) -> None:
    to = place.put("localhost", "/to")
    # Playwright tells a tab that a page opens its user agent too late; a switch tells all of them.
    with chromium(f"--user-agent={human_agent(browser)}") as own:
        context = own.new_context()
        page = context.new_page()
        visitor = start(place, page, to)
        hover(page)
        with context.expect_page() as opened:
            page.click("#go", button="middle")
        tab = opened.value
        tab.wait_for_load_state()
        assert tab.evaluate(WHO) == visitor
        assert tab.url == to
        assert page.get_attribute("#go", "href") == to


def test_by_keyboard_too(place: Place, page: Page) -> None:
    visitor = start(place, page, place.put("localhost", "/to"))
    with token(page):
        page.focus("#go")
    page.keyboard.press("Enter")
    page.wait_for_url("**/to**")
    assert page.evaluate(WHO) == visitor


def test_a_copied_link_joins_nobody_whoever_opens_it(place: Place, page: Page, browser: Browser) -> None:
    to = place.put("localhost", "/copied")
    visitor = start(place, page, to)
    hover(page)
    page.click("#go")
    page.wait_for_url("**/copied**")
    assert page.evaluate(WHO) == visitor
    used = next(path for path in place.site.seen if path.startswith("/copied?_dl="))
    same_agent = browser.new_context(user_agent=human_agent(browser))
    page = same_agent.new_page()
    page.goto(place.base("localhost") + used)
    assert page.evaluate(WHO) != visitor
    assert page.url == to
    same_agent.close()


def test_a_token_is_good_in_the_browser_it_was_made_for_alone(place: Place, page: Page, browser: Browser) -> None:
    to = place.put("localhost", "/elsewhere")
    visitor = start(place, page, to)
    ask = f"""fetch('http://127.0.0.1:{place.port}/link', {{method: 'POST', credentials: 'include',
        body: JSON.stringify({{key: '{place.key}', to: '{place.base("localhost")}'}})}}).then((r) => r.json())"""
    token = page.evaluate(ask)["token"]
    other = browser.new_context(user_agent=human_agent(browser).replace("Linux x86_64", "Windows NT 10.0"))
    stranger = other.new_page()
    stranger.goto(f"{to}?_dl={token}")
    assert stranger.evaluate(WHO) != visitor
    other.close()
    page.goto(f"{to}?_dl={token}")
    assert page.evaluate(WHO) == visitor


def test_links_to_other_people_s_hosts_and_those_left_out_stay_as_they_are(place: Place, page: Page) -> None:
    away, ours = place.base("other.localhost") + "/away", place.put("localhost", "/left-out")
    start(place, page, "", f'<a id="go" href="{away}">x</a><p data-dl-ignore><a id="ignored" href="{ours}">y</a></p>')
    hover(page)
    page.click("#go")
    page.wait_for_url("**/away")
    start(place, page, "", f'<p data-dl-ignore><a id="ignored" href="{ours}">y</a></p>')
    page.hover("#ignored")
    page.click("#ignored")
    page.wait_for_url("**/left-out")
    assert [path for path in place.site.seen if re.match("/(away|left-out).*_dl", path)] == []


def test_a_click_waits_for_no_token_and_is_stopped_by_nothing(place: Place, page: Page) -> None:
    visitor = start(place, page, place.put("localhost", "/late"))
    page.route("**/link", lambda route: None)  # never answered
    page.hover("#go")
    page.click("#go")
    page.wait_for_url("**/late")
    assert page.evaluate(WHO) != visitor
    assert "/late" in place.site.seen


def test_without_the_script_on_the_other_host_the_token_is_stored_nowhere(place: Place, page: Page) -> None:
    to = place.put("localhost", "/bare", linker=False)
    start(place, page, to)
    hover(page)
    page.click("#go")
    page.wait_for_url("**/bare?_dl=*")
    page.evaluate(WHO)
    assert all("_dl" not in address for address in place.addresses())


def test_before_anybody_is_known_nothing_is_asked(place: Place, context: BrowserContext) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/collect*", lambda route: route.abort())
    to = place.put("localhost", "/unknown")
    page.goto(place.put("127.0.0.1", "/nobody", f'<a id="go" href="{to}">Go</a>'))
    page.hover("#go")
    page.click("#go")
    page.wait_for_url("**/unknown")
    assert not any(url.endswith("/link") for url in asked)
