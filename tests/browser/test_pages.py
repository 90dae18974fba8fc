"""What pages do in a real browser: plots, forms, live parts, narrow tables; without JavaScript, and on paper."""

from __future__ import annotations

from random import Random

import pytest
from playwright.sync_api import Browser

from collector.core.event import PAGE
from collector.loader import now_ms
from tests.browser.conftest import opened
from tests.browser.looking import FUNNEL, Look, Served, picture, questions
from tests.support.pages import Teller, shop_events

pytestmark = pytest.mark.browser


def test_plots_are_drawn_and_have_a_table_under_them(look: Look) -> None:
    page = look.open("/shop/overview")
    page.wait_for_selector("figure.plot.drawn canvas")
    figure = page.locator("figure.plot").first
    assert "Over time" in (figure.locator("[role=img]").get_attribute("aria-label") or "")
    box = figure.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.wait_for_timeout(200)
    page.get_by_text("Table", exact=True).first.click()
    assert page.locator("section:has(figure.plot) table tbody tr").count() > 20
    assert look.problems == []


def test_a_matcher_field_suggests_what_was_seen_and_counts_its_people(look: Look) -> None:
    page = look.open("/shop/funnel")
    field = page.get_by_label("Step 1", exact=True)
    field.fill("purch")
    page.locator("#matchers option:first-child[value='event:purchase']").wait_for(state="attached")
    field.fill("event:purchase")
    said = page.locator("#step-0-says")
    said.filter(has_text="people").wait_for()
    field.fill("purchases:total")
    page.locator("#step-0[aria-invalid=true]").wait_for()
    assert look.problems == []


def test_a_choice_asks_at_once(look: Look) -> None:
    page = look.open("/shop/overview")
    page.locator("details.asked > summary").click()
    with page.expect_navigation(url="**/overview?compare=year"):
        page.get_by_label("Compare with").select_option("year")
    said = page.locator(".asked-words > span").all_inner_texts()
    assert said[0] == "Last 30 days"
    assert said[1].startswith("Compare with: ")
    assert page.get_by_label("Compare with").is_visible()
    assert not look.open("/shop/overview").get_by_label("Compare with").is_visible()


def test_the_keyboard_reaches_the_content_and_closes_menus(look: Look) -> None:
    page = look.open("/shop/overview")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    menu = page.locator("details.menu").filter(has_text="Account")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None


def test_a_funnel_is_built_and_read_without_javascript(plain: Look) -> None:
    page = plain.open("/shop/funnel")
    page.get_by_label("Step 1", exact=True).fill("page:/")
    page.get_by_label("Step 2", exact=True).fill("event:purchase")
    page.get_by_role("button", name="Add step", exact=True).click()
    page.wait_for_url("**_rows=4")
    assert page.locator("input[name=step]").count() == 3
    page.get_by_label("Step 3", exact=True).fill("event:add_to_cart")
    page.get_by_role("button", name="Show funnel", exact=True).last.click()
    page.locator("details.asked > summary").click()
    page.get_by_role("button", name="Move step 3 up").click()
    page.wait_for_url("**/shop/funnel?step=page:/&step=event:add_to_cart&step=event:purchase")
    names = page.locator(".funnel-step > div:first-child").all_inner_texts()
    assert [name.split(" ", 1)[1] for name in names] == ["The page /", "“add_to_cart”", "Purchase"]
    page.locator("details.asked > summary").click()
    page.get_by_role("button", name="Remove step 2").click()
    page.wait_for_url("**/shop/funnel?step=page:/&step=event:purchase")
    assert page.locator(".funnel-step").count() == 2
    number = page.locator(".funnel-step strong").first.inner_text()
    page.locator(".funnel-step a:has(strong)").first.click()
    page.locator("#people-title").wait_for()
    assert page.locator("section[aria-labelledby=people-title] tbody tr").count() == int(number)


def test_filters_and_dates_work_without_javascript(plain: Look) -> None:
    page = plain.open("/shop/visitors")
    page.locator("summary", has_text="Last 30 days").click()
    page.get_by_role("link", name="All time").click()
    page.wait_for_url("**all-time=1**")
    everybody = page.locator(".headline").inner_text()
    page.locator("summary", has_text="All time").click()
    page.locator("summary", has_text="Who is counted").click()
    page.get_by_label("Did all of this, number 1").fill("event:purchase")
    page.get_by_role("button", name="Find").last.click()
    page.wait_for_url("**where=event:purchase**")
    assert "all-time=1" in page.url
    assert page.locator(".headline").inner_text() != everybody
    page.locator("summary", has_text="people with Purchase").click()
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_label("To", exact=True).fill("2026-01-31")
    page.get_by_role("button", name="Show these days").click()
    page.wait_for_url("**from=2026-01-01**")
    assert "all-time" not in page.url
    assert "where=event:purchase" in page.url


def test_a_plot_gives_way_to_its_table_without_javascript(plain: Look) -> None:
    page = plain.open(f"/shop/funnel?{FUNNEL}")
    assert not page.locator("figure.plot").first.is_visible()
    page.locator("section:has(figure.plot) summary", has_text="Table").first.click()
    assert page.locator("section:has(figure.plot) table").first.is_visible()


def test_a_person_is_erased_by_hand_and_is_gone(browser: Browser, served_empty: Served) -> None:
    served_empty.shop.append(shop_events(served_empty.shop.now, visitors=6, seed=3))
    context = browser.new_context()
    look = opened(context, served_empty)
    page = look.open("/shop/visitors?all-time=1")
    name = page.locator("tbody a").first.inner_text()
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Erase").click()
    page.get_by_label("To confirm").fill(name)
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_text("Erased:").wait_for()
    assert name not in page.locator("tbody").inner_text().split()
    context.close()


def test_the_csv_of_the_people_downloads(look: Look) -> None:
    page = look.open(f"/shop/funnel?{FUNNEL}&people=reached&at=1")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of these people").click()
    assert download.value.suggested_filename == "shop-funnel-people.csv"
    rows = download.value.path().read_text().splitlines()
    assert rows[0].startswith("person,")
    assert f"{len(rows) - 1:,} people" in page.locator("#people-title").inner_text()


def test_a_timeline_and_who_is_on_the_site_stay_fresh_by_themselves(browser: Browser, served_empty: Served) -> None:
    shop = served_empty.shop
    agent = shop_events(shop.now, visitors=1)[0].agent
    assert agent is not None
    teller = Teller(Random(8), "walker", agent)
    teller.come(now_ms() - 60_000, None)
    teller.do(PAGE, "/first")
    shop.append(teller.events)
    context = browser.new_context()
    look = opened(context, served_empty)
    other = context.new_page()
    other.goto(f"{served_empty.origin}/shop/overview")
    page = look.open("/shop/timeline?person=walker")
    assert page.get_by_text("Live", exact=True).is_visible()
    page.locator("li.event summary").first.click()
    page.locator("li.event summary").first.focus()
    teller.do(PAGE, "/second")
    shop.append(teller.events[1:])
    page.locator("li.event", has_text="/second").wait_for()
    assert page.locator("li.event").count() == 2
    assert page.locator("li.event details[open]").count() == 1
    assert "/first" in page.evaluate("document.activeElement.textContent")
    other.locator("[data-live=on-site] tr", has_text="/second").wait_for()
    assert look.problems == []
    context.close()


def test_an_overview_asks_for_the_people_on_the_site_alone(look: Look) -> None:
    page = look.open("/shop/overview?where=page:/pricing")
    with page.expect_response("**/shop/live?**") as answered:
        pass
    assert answered.value.url.endswith("/shop/live?where=page:/pricing&_only=top")
    assert answered.value.status == 200
    assert look.problems == []


def test_no_table_is_cut_and_on_a_narrow_window_its_rows_stand_as_cards(browser: Browser, served: Served) -> None:
    wide = "[...document.querySelectorAll('.table-wrap')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = opened(context, served).open("/shop/visitors?all-time=1")
        assert page.evaluate(wide) == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("table.folded").count() == (width == 390)
        context.close()


def test_a_folded_table_keeps_every_word_and_unfolds_on_a_wide_window(look: Look) -> None:
    page = look.open("/shop/visitors?all-time=1")
    cells = page.locator("table.data tbody td").all_text_contents()
    heads = [head.strip() for head in page.locator("table.data th").all_text_contents()]
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("table.folded").wait_for()
    assert page.locator("table.data tbody td").all_text_contents() == cells
    row = page.locator("table.data tbody tr").first.locator("td")
    assert [row.nth(at).get_attribute("data-label") for at in range(len(heads))] == heads
    rows = page.locator("table.data tbody tr")
    assert page.locator("table.data tbody tr:visible").count() == 8
    page.locator(".all-rows").click()
    assert page.locator("table.data tbody tr:visible").count() == rows.count() > 10
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("table.data:not(.folded)").wait_for()


def test_a_table_that_was_closed_is_folded_when_it_is_opened(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    look = opened(context, served)
    page = look.open("/shop/overview")
    page.locator("section:has(figure.plot) summary", has_text="Table").first.click()
    page.locator("section:has(figure.plot) table.folded").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert look.problems == []
    context.close()


def test_a_group_of_the_navigation_stays_as_it_was_left(look: Look) -> None:
    page = look.open("/shop/overview")
    page.locator("nav.side summary", has_text="Journeys").click()
    page.locator("nav.side summary", has_text="Settings").click()
    page = look.open("/shop/visitors")
    assert not page.locator("nav.side").get_by_role("link", name="Funnels").is_visible()
    assert page.locator("nav.side").get_by_role("link", name="General").is_visible()
    assert look.open("/shop/funnel").locator("nav.side").get_by_role("link", name="Funnels").is_visible()


def test_on_paper_there_are_answers_plots_and_tables_and_nothing_to_press(browser: Browser, served: Served) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 700, "height": 900})
    look = opened(context, served)
    page = look.open("/shop/overview")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    picture(page, "overview.print")
    for gone in (".top", ".side-frame", ".asked-panel", ".block-tools", ".page-head .menu"):
        assert not any(one.is_visible() for one in page.locator(gone).all()), gone
    assert page.locator(".headline").is_visible()
    assert page.locator(".asked-words").is_visible()
    assert page.locator("figure.plot canvas").first.is_visible()
    assert page.locator("section:has(figure.plot) table").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert not page.locator("section:has(figure.plot) table").first.is_visible()
    context.close()


def test_a_flow_leads_to_the_people_of_its_links_and_scrolls_in_its_figure(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    look = opened(context, served)
    page = look.open(questions(served)["paths"])
    area = page.locator("figure.drawn[data-plot=flow] .plot-area").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    assert box["width"] > 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    asked = page.url
    page.mouse.click(box["x"] + 7, box["y"] + 20)
    page.wait_for_url(lambda url: url != asked)
    assert page.locator("tbody a").count() > 0
    assert look.problems == []
    context.close()
