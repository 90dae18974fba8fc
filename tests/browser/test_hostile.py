"""Hostile text in every field that others can send, through every page and every file (REQUIREMENTS D3, D6, T9)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog

from tests.browser.conftest import opened, serve
from tests.browser.looking import REFUSED, Served, pages
from tests.support.hostile import CANARY, CORPUS, Attacked, attacked, storable

pytestmark = pytest.mark.browser
# What an attack would leave in a page, had it not stayed text. The plot's own box is styled by the chart's script.
PLANTED = ", ".join(
    (
        'main script:not([type="application/json"])',
        "main [onerror]",
        "main [onload]",
        "main [style]:not(.plot-area, .plot-area *)",
        "main iframe",
        "main img",
        'main a[href^="javascript"]',
    )
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """An installation all of whose words are attacks."""
    yield from attacked(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="module")
def served_attacked(world: Attacked) -> Iterator[Served]:
    """The same, served."""
    yield from serve(world.shop)


def test_no_word_of_others_ever_runs(browser: Browser, world: Attacked, served_attacked: Served) -> None:
    context = browser.new_context()
    # Violations that a page causes only after its load are told here too.
    context.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
    )
    look = opened(context, served_attacked)
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    look.page.on("dialog", note)
    found = {}
    for name, path in addresses(world, served_attacked).items():
        look.forget()
        page = look.open(path)
        if name not in REFUSED:
            assert page.locator("h1").inner_text() not in ("Something went wrong here.", ""), name
        wrong = [text for text in look.problems if "Failed to load resource" not in text]
        if page.title() == "hacked" or page.evaluate(f"window.{CANARY}") is not None:
            wrong.append("a script ran")
        wrong += page.evaluate(f"[...document.querySelectorAll(`{PLANTED}`)].map(one => one.outerHTML.slice(0, 80))")
        if look.hosts - {served_attacked.origin.removeprefix("http://")}:
            wrong.append(f"spoke to {look.hosts}")
        if wrong:
            found[name] = wrong
    context.close()
    assert found == {}
    assert ran == []


def addresses(world: Attacked, served: Served) -> dict[str, str]:
    """Every page, a few timelines, a segment, and a shared report."""
    found = pages(served)
    for number in (1, 4, 5, 20):
        found[f"timeline-{number}"] = "/shop/timeline?person=" + quote(world.people[number], safe="")
    found["overview-segment"] = "/shop/overview?segment=" + quote(f"{storable(CORPUS[4])}4", safe="")
    shop = world.shop
    query = "step=any&step=any&people=reached&at=1"
    _, secret = shop.catalog.make_share(shop.site_id, shop.owner.id, CORPUS[0], "funnel", query, shop.now, people=True)
    return found | {"shared": f"/shared/{secret}"}
