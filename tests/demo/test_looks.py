"""The pretend shop in a real browser: usable by everybody, in light and dark, on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from collector.demo.pages import PageServer, site_folder
from collector.demo.world import TITLES
from tests.support.browser import chromium

AXE = Path(__file__).parents[2] / "tracker_js" / "node_modules" / "axe-core" / "axe.min.js"
_SERIOUS = """async rules => (await axe.run({resultTypes: ['violations'], ...(rules && {runOnly: rules})})).violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .map(found => found.id + ': ' + found.nodes.map(node => node.target.join(' ')).join(', '))"""


@pytest.fixture(scope="module")
def origins() -> Iterator[tuple[str, str]]:
    """The shop and the other site, without a collector: the shop must work where it is blocked."""
    values = {"COLLECTOR": "http://127.0.0.1:9", "WRITE_KEY": "wk_x", "SHOP": "", "ELSEWHERE": ""}
    servers = [PageServer(site_folder(name), values=values).start() for name in ("shop", "elsewhere")]
    yield servers[0].origin, servers[1].origin
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def violations(page: Page, address: str, rules: list[str] | None) -> list[str]:
    page.goto(address)
    found: list[str] = page.evaluate(_SERIOUS, rules)
    return [f"{address}: {text}" for text in found]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_accessibility_problem(browser: Browser, origins: tuple[str, str], scheme: str) -> None:
    shop, elsewhere = origins
    page = browser.new_page(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
    page.add_init_script(path=AXE)
    # In the dark only colours differ, and these pages have all of them.
    rules = ["color-contrast"] if scheme == "dark" else None
    paths = TITLES if scheme == "light" else ("/", "/plans", "/blog/grind", "/build/roast", "/signup", "/cart")
    addresses = [*(shop + path for path in paths), elsewhere + "/"]
    found = [text for address in addresses for text in violations(page, address, rules)]
    page.close()
    assert found == []


@pytest.mark.browser
def test_an_open_chat_is_accessible_and_answers(browser: Browser, origins: tuple[str, str]) -> None:
    page = browser.new_page()
    page.add_init_script(
        "window.told = []; for (const name of ['shown','opened','started','message','agent_joined','ended','rated'])"
        " document.addEventListener('demochat:' + name, found => told.push([name, found.detail]))"
    )
    page.goto(origins[0] + "/plans")
    page.click("#chat-open")
    page.fill("#chat-text", "Hello?")
    page.keyboard.press("Enter")
    page.wait_for_function("told.some(([name, detail]) => name === 'message' && detail.role === 'agent')")
    page.click("#chat-end")
    page.add_script_tag(path=AXE)
    assert page.evaluate(_SERIOUS) == []
    page.click("[aria-label='4 of 5']")
    assert page.evaluate("told") == [
        ["shown", {}],
        ["opened", {}],
        ["started", {}],
        ["message", {"role": "visitor"}],
        ["message", {"role": "bot"}],
        ["agent_joined", {"agent": "Mara", "team": "roastery"}],
        ["message", {"role": "agent"}],
        ["ended", {}],
        ["rated", {"score": 4}],
    ]
    page.keyboard.press("Escape")
    assert page.is_hidden(".chat")
    page.close()


@pytest.mark.browser
def test_nothing_is_wider_than_a_small_phone(browser: Browser, origins: tuple[str, str]) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    for path in TITLES:
        page.goto(origins[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.close()


@pytest.mark.browser
def test_the_shop_works_where_the_collector_is_blocked(browser: Browser, origins: tuple[str, str]) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(origins[0] + "/build/roast")
    page.click("#next")
    page.click("#next")
    assert page.url.endswith("/build/grind")
    page.click("[data-add=own-blend]")
    page.go_back()
    assert page.url.endswith("/build/body")
    page.goto(origins[0] + "/cart")
    assert "€17.00" in page.inner_text("[data-total]")
    page.click("#to-checkout")
    page.click("#checkout button")
    assert page.url.endswith("/checkout")  # an empty form is refused
    for name, text in (("name", "Ada"), ("email", "ada@harbour.example"), ("street", "12 Quay"), ("postcode", "20095")):
        page.fill(f"#checkout [name={name}]", text)
    page.check("[value=shells]")
    page.click("#checkout button")
    page.wait_for_url("**/thanks")
    assert "€17.00" in page.inner_text("[data-receipt]")
    page.reload()
    assert "no new order" in page.inner_text("[data-receipt]")
    assert errors == []
    page.close()
