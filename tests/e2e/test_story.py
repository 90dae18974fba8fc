"""The main job, end to end: a person walks through the shop, and every page of the product tells it as it was."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Place, block, eventually
from tests.support.browser import chromium

FUNNEL = ("source:retargeting", "event:chat_started", "form:signup", "event:purchase")
MEMBER = "member-"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # A browser that says it is driven by a program counts as a robot, and robots are left out of every report. The
    # agent is given at the start because requests that outlive their page do not follow a context's.
    with chromium(f"--user-agent={AGENT}", "--disable-blink-features=AutomationControlled") as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = browser.new_context()
    yield fresh
    fresh.close()


def walk(page: Page, place: Place, mail: str) -> None:
    """From the ad to the receipt, with a chat and a sign-up between."""
    page.goto(place.elsewhere.origin.replace("127.0.0.1", "localhost") + "/")
    page.click("#ad")
    page.wait_for_url("**/come-back*")
    page.goto(place.shop.origin + "/coffees")
    page.click("[data-add=north-pier]")
    page.click("#chat-open")
    page.fill("#chat-text", "Does it go with milk?")
    page.click("#chat-send")
    expect(page.locator(".chat-log")).to_contain_text("joined", timeout=5_000)
    page.click("#chat-end")
    page.click("[aria-label='5 of 5']")
    page.goto(place.shop.origin + "/signup")
    page.fill("#signup [name=name]", "Ada Lovelace")
    page.fill("#signup [name=email]", mail)
    page.select_option("#signup [name=plan]", "pot")
    page.check("#signup [name=terms]")
    page.click("#signup button")
    page.wait_for_url("**/welcome")
    page.goto(place.shop.origin + "/cart")
    promised = page.evaluate("desireline.assign('cart-promise', 0.5)") == "on"
    assert page.is_visible("[data-promise]") == promised
    page.click("#to-checkout")
    page.fill("#checkout [name=name]", "Ada Lovelace")
    page.fill("#checkout [name=email]", mail)
    page.fill("#checkout [name=street]", "12 Quay")
    page.fill("#checkout [name=postcode]", "20095")
    page.check("#checkout [name=pay][value=shells]")
    page.click("#checkout button")
    page.wait_for_url("**/thanks")
    expect(page.locator("[data-receipt]")).to_contain_text("Order HC-")


@pytest.mark.browser
def test_a_visit_from_an_ad_to_an_order_is_told_the_same_by_every_page(place: Place, context: BrowserContext) -> None:
    asked_of: set[str] = set()
    errors: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked_of.add(request.url.split("/")[2].split(":")[0]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    walk(page, place, "ada@harbour.example")
    page.goto("about:blank")
    page.close()
    assert errors == []
    assert asked_of == {"127.0.0.1", "localhost"}

    buyers: list[str] = []

    def bought() -> bool:
        told = place.report("visitors", "--where", "event:purchase")
        buyers[:] = [visitor["person"] for visitor in block(told, "visitors")]
        return len(buyers) == 1

    eventually(bought, "the order does not show up")
    (person,) = buyers
    assert person.startswith(MEMBER)

    told = place.report("timeline", "--person", person)
    names = [(row["type"], row["name"]) for row in block(told, "events")]
    expected = [
        ("page", "/come-back"),
        ("page", "/coffees"),
        ("event", "add_to_cart"),
        ("event", "chat_opened"),
        ("event", "chat_started"),
        ("event", "chat_agent_joined"),
        ("event", "chat_ended"),
        ("event", "chat_rated"),
        ("page", "/signup"),
        ("form_start", "signup"),
        ("form", "signup"),
        ("event", "signup"),
        ("page", "/cart"),
        ("event", "experiment_exposed"),
        ("page", "/checkout"),
        ("event", "begin_checkout"),
        ("form", "checkout"),
        ("page", "/thanks"),
        ("event", "purchase"),
    ]
    rest = iter(names)
    assert all(step in rest for step in expected), names
    assert "20095" not in json.dumps(told), "a form's value left the page"
    assert "ada@harbour.example" not in json.dumps(told)

    steps = [argument for step in FUNNEL for argument in ("--step", step)]
    funnel = place.report("funnel", *steps, "--window", "1d")
    assert [row["people"] for row in block(funnel, "steps")] == [1, 1, 1, 1]

    impact = place.report("impact", "--exposure", "event:chat_started", "--goal", "event:purchase", "--horizon", "14d")
    assert impact["headline"]
    assert [row["exposed"] for row in block(impact, "effect")] in ([1], [None], []) or block(impact, "checks")

    see_it_on_the_pages(place, context, person, funnel)


def see_it_on_the_pages(place: Place, context: BrowserContext, person: str, told: Mapping[str, Any]) -> None:
    """The same in a browser, signed in by a one-time link."""
    page = context.new_page()
    page.goto(place.login())
    question = urlencode([("step", step) for step in FUNNEL])
    page.goto(f"{place.collector}/shop/funnel?{question}&window=1d")
    expect(page.locator("main")).to_contain_text("purchase")
    twin = page.request.get(f"{place.collector}/shop/funnel.json?{question}&window=1d").json()
    assert twin["blocks"][0]["rows"] == told["blocks"][0]["rows"]
    text = page.request.get(f"{place.collector}/shop/funnel.csv?{question}&window=1d").text()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["people"] for row in rows] == [str(row["people"]) for row in block(told, "steps")]
    people = page.request.get(
        f"{place.collector}/shop/funnel.csv?{question}&window=1d&people=converted&at=4&block=people"
    )
    assert [row["person"] for row in csv.DictReader(io.StringIO(people.text(), newline=""))] == [person]
    page.goto(f"{place.collector}/shop/timeline?person={person}")
    expect(page.locator("main")).to_contain_text("chat", ignore_case=True)
    expect(page.locator("main")).to_contain_text("retargeting", ignore_case=True)
    page.close()
