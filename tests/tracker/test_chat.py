"""Chat adapters, each against a stand-in that behaves as its vendor documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.tracker.collector_stub import Collector

Visit = Callable[..., Page]

FIRE = "const fire = (target, name, detail) => target.dispatchEvent(new CustomEvent(name, {detail}));"
VENDOR_FILES = Path(__file__).parent / "vendors"

# What each tells, in order, and which callbacks of the page itself were called.
VENDORS = {
    "tawk.to": (
        "chat_shown chat_opened chat_started chat_message=visitor chat_agent_joined chat_message=agent"
        " chat_rated=5 chat_ended chat_offline_form",
        ["started"],
    ),
    "crisp": (
        "chat_shown chat_opened chat_started chat_message=visitor chat_message=bot chat_message=agent chat_opened",
        ["opened", "received", "received"],
    ),
    "intercom": ("chat_shown chat_opened", ["show"]),
    "chatwoot": (
        "chat_shown chat_opened chat_started chat_message=visitor chat_message=bot chat_message=bot chat_message=agent",
        [],
    ),
    "livechat": (
        "chat_shown chat_message=bot chat_opened chat_started chat_message=visitor chat_message=agent"
        " chat_rated=1 chat_ended chat_offline_form",
        ["event", "event", "event"],
    ),
    "jivochat": (
        "chat_shown chat_opened chat_started chat_message=visitor chat_agent_joined chat_message=agent"
        " call_started call_ended",
        ["open"],
    ),
    "demo": (
        "chat_shown chat_opened chat_started chat_message=visitor chat_message=bot chat_agent_joined"
        " chat_message=agent chat_rated=4 chat_ended chat_offline_form",
        [],
    ),
}


def told(event: dict[str, Any]) -> str:
    """An event as the table above writes it; it has no other properties than these."""
    props = dict(event["props"])
    assert props.pop("provider") in VENDORS
    assert len(props) < 2
    return "=".join([event["name"], *map(str, props.values())])


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_happens_in_a_chat_is_told_in_one_vocabulary(
    visit: Visit, collector: Collector, vendor: str, late: bool
) -> None:
    expected, kept = VENDORS[vendor]
    stand_in = (VENDOR_FILES / f"{vendor}.js").read_text()
    chat = f'<script defer src="{collector.base}/chat.js"></script>' * 2  # twice is once
    script = f"window.theirs = []; {FIRE} {stand_in}"
    page = visit(head=chat + ("" if late else f"<script>{script}</script>"))
    if late:
        page.wait_for_timeout(100)
        page.add_script_tag(content=script)
        page.wait_for_timeout(300)
    page.evaluate("load()")
    page.wait_for_timeout(300)
    page.evaluate("happen()")
    page.evaluate("desireline('track', 'marker')")
    collector.wait(lambda: any(event["name"] == "marker" for event in collector.of("event")))
    events = [event for event in collector.of("event") if event["name"] != "marker"]
    assert " ".join(map(told, events)) == expected
    assert {event["props"]["provider"] for event in events} == {vendor}
    assert page.evaluate("theirs") == kept
    raw = b"".join(call.raw for call in collector.calls)
    assert b"secret" not in raw
    assert b"a@b.example" not in raw


def test_a_callback_that_the_page_defines_later_is_kept_and_ours_too(visit: Visit, collector: Collector) -> None:
    page = visit(head=f'<script defer src="{collector.base}/chat.js"></script><script>window.jivo_api = {{}}</script>')
    page.wait_for_timeout(100)
    page.evaluate("() => { window.jivo_onOpen = () => { window.opened = (window.opened || 0) + 1 } }")
    page.wait_for_timeout(300)
    page.evaluate("jivo_onOpen()")
    collector.wait(lambda: any(event["name"] == "chat_opened" for event in collector.of("event")))
    assert page.evaluate("opened") == 1
    assert len([event for event in collector.of("event") if event["name"] == "chat_opened"]) == 1


def test_a_crisp_that_runs_already_is_left_alone(visit: Visit, collector: Collector) -> None:
    page = visit(
        head="<script>window.taken = []; window.$crisp = {push(c) { taken.push(c) }}</script>"
        f'<script defer src="{collector.base}/chat.js"></script>'
    )
    page.wait_for_timeout(300)
    assert page.evaluate("taken") == []


def test_without_a_chat_the_script_is_silent(visit: Visit, collector: Collector) -> None:
    noise: list[str] = []
    page = visit(head=f'<script defer src="{collector.base}/chat.js"></script>')
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.wait_for_timeout(600)
    assert collector.of("event") == []
    assert noise == []
