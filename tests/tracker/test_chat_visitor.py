"""A chat is told who its visitor is, for the vendor's webhooks: only where the tag says so, once for each visitor."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.tracker.collector_stub import Collector

Visit = Callable[..., Page]

# What each vendor's page offers, how it says that it is there, and what it is given.
VENDORS = {
    "chatwoot": (
        "window.$chatwoot = {setCustomAttributes: (given) => told.push(given)}",
        "dispatchEvent(new CustomEvent('chatwoot:ready'))",
        [{"desireline_visitor": "v_1"}],
    ),
    "intercom": (
        "const on = {}; window.Intercom = (name, given) => name == 'update' ? told.push(given) : (on[name] = given)",
        "on.ready()",
        [{"desireline_visitor": "v_1"}],
    ),
    "crisp": (
        "window.$crisp = []",
        "(() => { const queue = window.$crisp; const on = {};"
        " window.$crisp = {push: (...all) => all.forEach(([verb, name, given]) =>"
        " verb == 'set' ? told.push([name, given]) : (on[name] = given))};"
        " queue.forEach((command) => window.$crisp.push(command)); on['session:loaded']('s') })()",
        [["session:data", [[["desireline_visitor", "v_1"]]]]],
    ),
}


def chat(collector: Collector, attribute: str, script: str) -> str:
    return (
        f'<script>window.told = []; {script}</script><script defer src="{collector.base}/chat.js"{attribute}></script>'
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_is_given_the_visitor_where_the_tag_says_so(visit: Visit, collector: Collector, vendor: str) -> None:
    offer, ready, expected = VENDORS[vendor]
    page = visit(head=chat(collector, " data-webhooks", offer))
    page.wait_for_timeout(300)
    page.evaluate(ready)
    page.wait_for_function("told.length > 0")
    page.evaluate("desireline('track', 'marker')")
    collector.wait(lambda: any(event["name"] == "marker" for event in collector.of("event")))
    assert page.evaluate("told") == expected


@pytest.mark.parametrize("vendor", VENDORS)
def test_without_that_word_no_vendor_is_told_anything(visit: Visit, collector: Collector, vendor: str) -> None:
    offer, ready, _ = VENDORS[vendor]
    page = visit(head=chat(collector, "", offer))
    page.wait_for_timeout(300)
    page.evaluate(ready)
    collector.wait(lambda: any(event["name"] == "chat_shown" for event in collector.of("event")))
    page.wait_for_timeout(200)
    assert page.evaluate("told") == []


def test_another_visitor_on_the_same_page_is_told_again(visit: Visit, collector: Collector) -> None:
    offer, ready, _ = VENDORS["chatwoot"]
    page = visit(head=chat(collector, " data-webhooks", offer))
    page.wait_for_timeout(300)
    page.evaluate(ready)
    page.wait_for_function("told.length > 0")
    collector.default.visitor = "v_2"
    page.evaluate("desireline('reset')")
    collector.wait(lambda: any(call.body.get("rotate") for call in collector.calls))
    page.wait_for_timeout(200)
    page.evaluate("dispatchEvent(new CustomEvent('chatwoot:opened'))")
    page.wait_for_function("told.length > 1")
    assert json.dumps(page.evaluate("told")[1]) == '{"desireline_visitor": "v_2"}'
