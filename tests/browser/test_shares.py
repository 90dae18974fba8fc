"""A report shared by hand in one browser and read in another, which gets nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import opened
from tests.browser.looking import FUNNEL, Look, Served

pytestmark = pytest.mark.browser


def test_a_shared_report_is_read_by_somebody_without_an_account(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    page = opened(context, served).open(f"/shop/funnel?{FUNNEL}")
    reached = page.locator(".funnel-step strong").all_inner_texts()
    page.locator("summary", has_text="Share").click()
    page.locator("details", has=page.locator("summary", has_text="Share")).get_by_label("Name").fill("For the board")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").inner_text()
    assert link.startswith(f"{served.origin}/shared/")
    context.close()
    other = browser.new_context()
    look = Look(other.new_page(), served)
    board = look.open(link.removeprefix(served.origin))
    assert link.rpartition("/")[2] not in board.url
    assert board.locator("h1").inner_text() == "For the board"
    steps = board.locator("section:has(h2:text-is('Steps'))")
    assert steps.locator(".funnel-step strong").all_inner_texts() == reached
    assert steps.locator("tbody tr td:nth-child(3)").all_text_contents() == reached
    assert board.locator("nav, form, a[href*='/shop/']").count() == 0
    assert look.axe() == []
    with board.expect_download() as download:
        board.get_by_role("link", name="CSV of Steps").click()
    assert download.value.suggested_filename == "shop-funnel-steps.csv"
    assert board.goto(f"{served.origin}/shop/funnel?{FUNNEL}") is not None
    assert "/login" in board.url
    assert look.problems == []
    assert look.hosts == {served.origin.removeprefix("http://")}
    other.close()
