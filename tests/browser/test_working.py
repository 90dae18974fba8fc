"""The page of a question that takes long, in a browser: it says how far it is, stops it, and becomes the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from collector.web import questions
from collector.web.asking import EXTENSION
from tests.browser.conftest import opened, serve
from tests.browser.looking import Look, Served, picture
from tests.support.pages import installed
from tests.support.slow import Slow, put_in

PAGE = "/shop/slow?rows=3"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr("collector.web.asking.LONG", 0.05)
    monkeypatch.setattr("collector.web.task.LONG", 0.05)
    monkeypatch.setattr("collector.journeys.answers.LONG", 50)
    monkeypatch.setattr(questions, "REFRESH", 1)
    return put_in(monkeypatch)


@pytest.fixture
def waiting(tmp_path: Path, slow: Slow) -> Iterator[Served]:
    """A server whose readers do not wait long for the slow report."""
    for shop in installed(tmp_path / "data"):
        shop.app.extensions[EXTENSION].patience = 0.2
        yield from serve(shop)
        slow.go.set()


def looking(context: BrowserContext, waiting: Served) -> Look:
    look = opened(context, waiting)
    look.open(PAGE)
    look.page.get_by_role("heading", name="Working out the answer").wait_for()
    return look


def test_a_long_question_says_how_far_it_is_and_becomes_its_answer(
    browser: Browser, waiting: Served, slow: Slow
) -> None:
    context = browser.new_context()
    look = looking(context, waiting)
    page = look.page
    page.wait_for_function("document.querySelector('progress').value > 0")
    page.locator(".working-told", has_text="second").wait_for()
    assert look.axe() == []
    for name, width, scheme in (("wide", 1280, "light"), ("narrow", 390, "light"), ("dark", 390, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        picture(page, f"working.{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    slow.go.set()
    page.get_by_text("Ready: 1.").wait_for()
    assert page.url.endswith(PAGE)
    assert look.problems == []
    context.close()


def test_the_button_stops_it_and_leads_back_to_the_question(browser: Browser, waiting: Served, slow: Slow) -> None:
    context = browser.new_context()
    look = looking(context, waiting)
    slow.wait_running()
    look.page.get_by_role("button", name="Stop and change the question").click()
    look.page.get_by_text("was stopped before its answer").wait_for()
    slow.wait_running(0)
    assert "rows=3" in look.page.url
    picture(look.page, "working.stopped")
    context.close()


def test_without_a_script_the_page_comes_anew_by_itself_until_the_answer_is_there(
    browser: Browser, waiting: Served, slow: Slow
) -> None:
    context = browser.new_context(java_script_enabled=False)
    look = looking(context, waiting)
    slow.go.set()
    look.page.get_by_text("Ready: 1.").wait_for()
    assert slow.runs == 1
    context.close()
