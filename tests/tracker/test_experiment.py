"""experiment.js in a real browser: who is shown what, what is told of it, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from collector.core.assignment import assign
from tests.tracker.collector_stub import DIST, Collector, Site
from tests.tracker.conftest import STUB

Visit = Callable[..., Page]

VECTORS = json.loads((Path(__file__).parents[1] / "core" / "assignment.json").read_text())["assignments"]
MOST_BYTES = 1_280


@pytest.fixture
def script(collector: Collector) -> Callable[..., str]:
    """The add-on as a page includes it; keyword arguments become data attributes."""

    def make(**options: str) -> str:
        more = "".join(f' data-{name}="{value}"' for name, value in options.items())
        return f'<script src="{collector.base}/experiment.js" data-site="wk_test"{more}></script>'

    return make


def unit(page: Page) -> str | None:
    """The browser's unit, as the site's server sees it."""
    found = [cookie for cookie in page.context.cookies() if cookie.get("name") == "dl_unit"]
    return found[0]["value"] if found else None


def exposures(collector: Collector) -> list[dict[str, Any]]:
    return [event["props"] for event in collector.of("event") if event["name"] == "experiment_exposed"]


def settle(page: Page, collector: Collector, marker: str) -> None:
    """Wait until all that was told so far has arrived."""
    page.evaluate(f"desireline('track', '{marker}')")
    collector.wait(lambda: any(event["name"] == marker for event in collector.of("event")))


def kept(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((key) => /:x/.test(key))"))


def test_it_is_small() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    assert manifest["files"]["experiment.js"]["gzip"] <= MOST_BYTES


def test_it_says_the_same_as_python(visit: Visit, script: Callable[..., str]) -> None:
    page = visit(head=script())
    said = page.evaluate("(all) => all.map((v) => desireline.assign(v.name, v.share, '', v.unit))", VECTORS)
    assert said == [vector["variant"] for vector in VECTORS]


def test_both_arms_before_the_page_is_shown_told_once_and_kept_by_reload_and_identify(
    visit: Visit, script: Callable[..., str], collector: Collector
) -> None:
    head = script() + (
        "<script>window.said = ['all', 'none', 'half'].map((name, at) => desireline.assign(name, [1, 0, 0.5][at]));"
        "desireline.exposed('all'); desireline.exposed('none'); desireline.exposed('all');"
        "desireline.exposed('never assigned')</script>"
    )
    page = visit(head=head)
    first = page.evaluate("said")
    mine = unit(page)
    assert mine is not None
    assert first == ["on", "off", assign(mine, "half", 0.5)]
    settle(page, collector, "one")
    assert exposures(collector) == [
        {"experiment": "all", "variant": "on", "share": 1},
        {"experiment": "none", "variant": "off", "share": 1},
    ]
    page.evaluate("desireline('identify', 'ann')")
    page.reload()
    assert page.evaluate("said") == first
    page.evaluate("desireline('identify', 'bob')")
    page.evaluate("desireline('reset')")
    page.reload()
    assert page.evaluate("said") == first
    assert unit(page) == mine
    settle(page, collector, "two")
    assert len(exposures(collector)) == 2  # not again within half an hour
    page.evaluate(
        "() => { for (const key of Object.keys(localStorage)) if (/:x:/.test(key)) localStorage[key] -= 2e6 }"
    )
    page.evaluate("desireline.exposed('all')")
    settle(page, collector, "three")
    assert len(exposures(collector)) == 3
    assert mine not in b"".join(call.raw for call in collector.calls).decode()  # no event carries it


def test_the_cookie_that_the_server_made_is_the_unit(visit: Visit, script: Callable[..., str], site: Site) -> None:
    page = visit(head=script())
    made = "t4zqhb.77123"
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "dl_unit", "value": made, "url": site.base}])
    page.reload()
    assert page.evaluate("desireline.assign('x', 0.5)") == assign(made, "x", 0.5)
    page.context.clear_cookies()
    assert page.evaluate("desireline.assign('x', 0.5)") == assign(made, "x", 0.5)  # from localStorage
    assert unit(page) == made


def test_where_nothing_may_be_kept_there_is_no_experiment(
    visit: Visit, script: Callable[..., str], collector: Collector
) -> None:
    page = visit(head=script(mode="cookieless"), mode="cookieless")
    assert page.evaluate("desireline.assign('x', 0, 'on')") == "on"
    page.evaluate("desireline.exposed('x')")
    # but a user whom the page knows is one without anything kept
    assert page.evaluate("desireline.assign('x', 0, 'on', 'ann')") == "off"
    page.evaluate("desireline.exposed('x'); desireline.exposed('x')")
    settle(page, collector, "end")
    assert exposures(collector) == [{"experiment": "x", "variant": "off", "share": 1}]
    assert unit(page) is None
    assert kept(page) == []


@pytest.mark.parametrize("stub", ["", STUB], ids=["alone", "with the page's stub"])
def test_consent_is_waited_for_and_its_withdrawal_leaves_nothing(
    visit: Visit, script: Callable[..., str], collector: Collector, stub: str
) -> None:
    page = visit(head=stub + script(consent="pending"), consent="pending")
    assert page.evaluate("desireline.assign('x', 1)") == "off"
    assert unit(page) is None
    page.evaluate("desireline('consent', 'granted')")
    assert page.evaluate("desireline.assign('x', 1)") == "on"
    page.evaluate("desireline.exposed('x')")
    settle(page, collector, "end")
    assert exposures(collector) == [{"experiment": "x", "variant": "on", "share": 1}]
    assert unit(page)
    assert len(kept(page)) == 2
    page.evaluate("desireline('consent', 'denied')")
    assert unit(page) is None
    assert kept(page) == []
    assert page.evaluate("desireline.assign('x', 1)") == "off"


def test_an_early_refusal_counts_and_so_does_who_opted_out(visit: Visit, script: Callable[..., str]) -> None:
    early = STUB + "<script>desireline('consent', 'denied')</script>"
    page = visit(head=early + script())
    assert page.evaluate("desireline.assign('x', 1)") == "off"
    page = visit(path="/other", head="<script>localStorage.desireline_ignore = 'true'</script>" + script())
    assert page.evaluate("desireline.assign('x', 1)") == "off"
    assert unit(page) is None


def test_a_second_copy_and_no_tag_at_all_are_harmless(site: Site, page: Page, script: Callable[..., str]) -> None:
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto(site.put("/bare", f"<!doctype html><title>x</title><link rel=icon href=data:,>{script() * 2}"))
    assert page.evaluate("desireline.assign('x', 1)") == "on"
    page.evaluate("desireline.exposed('x')")
    assert page.evaluate("desireline.q.length") == 1
    assert noise == []
