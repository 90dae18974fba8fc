"""Clicks, links and events declared in the markup: what is sent, and what must never be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.tracker.collector_stub import Collector, Site

Visit = Callable[..., Page]


def sent(page: Page, collector: Collector) -> list[dict[str, Any]]:
    """All events after the pageview, once a marker sent after them has arrived."""
    page.evaluate("desireline('track', 'marker')")
    collector.wait(lambda: any(event.get("name") == "marker" for event in collector.events))
    return [e for e in collector.events if e["type"] not in ("page", "engagement") and e.get("name") != "marker"]


def test_a_click_carries_text_id_and_where_it_leads(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit(
        "<button id=buy>  Buy \n <span>now<b>!</b></span><i class=icon></i> </button>"
        "<a href='/next?token=secret#x' onclick='event.preventDefault()'>Next</a>"
    )
    page.click("#buy span")
    page.click("a")
    button, link = sent(page, collector)
    assert (button["type"], button["name"], button["target"]) == ("click", "Buy now!", "#buy")
    assert button["props"]["tag"] == "button"
    assert "href" not in button["props"]
    assert (link["name"], link["props"]["href"]) == ("Next", site.base + "/next")
    assert "target" not in link
    assert "secret" not in str(link)


def test_only_own_and_inline_text_is_read(visit: Visit, collector: Collector) -> None:
    page = visit(
        "<a href=# id=card>Read <div>private message of a person</div><!-- note --><span "
        "data-dl-ignore>Ann</span>more</a>"
        f"<button id=long>{'word ' * 100}</button><button id=icon aria-label='Close'><svg></svg></button>"
        "<input type=submit id=sub value=Send><div id=api style='cursor:pointer' onclick=''>Div</div>"
        "<button id=card2>Pay with 4111 1111 1111 1111 or 123-45-6789</button>"
    )
    for selector in ("#card", "#long", "#icon", "#sub", "#api", "#card2"):
        page.click(selector, position={"x": 3, "y": 3})
    events = {event["target"]: event["name"] for event in sent(page, collector)}
    assert events["#card"] == "Read more"
    assert len(events["#long"]) == 255
    assert (events["#icon"], events["#sub"], events["#api"]) == ("Close", "Send", "Div")
    assert events["#card2"] == "Pay with or"


@pytest.mark.parametrize(
    "body",
    [
        "<p id=x>plain text</p>",
        "<input id=x value=typed>",
        "<input id=x type=password value=hunter2>",
        "<input id=x type=radio value=diagnosis>",
        "<textarea id=x>typed</textarea>",
        "<select id=x><option>chosen</select>",
        "<div id=x contenteditable style='cursor:pointer'>typed</div>",
        "<div data-dl-ignore><section><button id=x>No</button></section></div>",
        "<div data-dl-ignore><button id=x data-dl-event=never>No</button></div>",
        "<div data-dl-ignore><a id=x href='https://other.example/' onclick='event.preventDefault()'>No</a></div>",
    ],
)
def test_nothing_is_sent_of_what_is_typed_chosen_or_opted_out(visit: Visit, collector: Collector, body: str) -> None:
    page = visit(body)
    page.click("#x")
    assert sent(page, collector) == []


def test_a_tick_is_a_click_without_its_state(visit: Visit, collector: Collector) -> None:
    page = visit("<input type=checkbox id=terms checked>")
    page.click("#terms")
    (event,) = sent(page, collector)
    assert (event["target"], event["props"]["tag"]) == ("#terms", "input")
    assert "true" not in str(event).lower()


def test_links_away_and_files_have_types_of_their_own(visit: Visit, collector: Collector) -> None:
    stay = "onclick='event.preventDefault()'"
    page = visit(
        f"<a id=a {stay} href='https://Other.example:8080/docs/a?q=1#h'>Docs</a>"
        f"<a id=b {stay} href='/files/Price-List.PDF?x=1'><span>Prices</span></a>"
        f"<a id=c {stay} href='/export' download>Export</a>"
        f"<a id=d {stay} href='https://other.example/setup.exe'>Setup</a>"
        f"<a id=e {stay} href='mailto:a@b.example'>Mail</a><a id=f href='javascript:void 0'>Nothing</a>"
    )
    for name in "abcdef":
        page.click("#" + name)
    events = sent(page, collector)
    assert [(e["type"], e["name"], e["props"]["text"]) for e in events] == [
        ("outbound", "other.example:8080/docs/a", "Docs"),
        ("download", "/files/Price-List.PDF", "Prices"),
        ("download", "/export", "Export"),
        ("download", "/setup.exe", "Setup"),
        ("click", "Mail", "Mail"),
        ("click", "Nothing", "Nothing"),
    ]
    assert "javascript" not in str(events)


def test_the_middle_button_counts_on_links_away_and_the_right_one_never(visit: Visit, collector: Collector) -> None:
    page = visit("<a href='https://other.example/x'>Out</a><button id=b>Here</button>")
    page.evaluate("""() => { for (const [button, selector] of [[1, 'a'], [2, 'a'], [1, '#b'], [2, '#b']])
        document.querySelector(selector).dispatchEvent(new MouseEvent('auxclick', {button, bubbles: true,
        composed: true})) }""")
    assert [(e["type"], e["name"]) for e in sent(page, collector)] == [("outbound", "other.example/x")]


def test_a_link_away_is_followed_at_once_and_still_counted(visit: Visit, collector: Collector, site: Site) -> None:
    other = site.base.replace("localhost", "127.0.0.1")
    page = visit(f"<a href='{other}/away'>Away</a>")
    collector.wait(lambda: collector.calls)
    page.click("a")
    page.wait_for_url(other + "/away")
    collector.wait(lambda: collector.of("outbound"))


def test_events_can_be_declared_on_any_element(visit: Visit, collector: Collector) -> None:
    page = visit(
        "<div data-dl-event=plan_chosen data-dl-prop-plan=pro data-dl-prop-per-month=9><p><em "
        "id=x>Choose</em></p></div>"
        "<form data-dl-event=lead data-dl-prop-from=footer onsubmit='return false'><button>Go</button></form>"
    )
    page.click("#x")
    page.click("form button")
    events = [(e["type"], e.get("name"), e.get("props")) for e in sent(page, collector)]
    assert events[0] == ("event", "plan_chosen", {"plan": "pro", "per-month": "9"})
    assert events[1][:2] == ("click", "Go")
    assert events[2] == ("event", "lead", {"from": "footer"})
    assert events[3][0] == "form"


def test_clicks_inside_open_shadow_roots_are_seen(visit: Visit, collector: Collector) -> None:
    page = visit("<div id=host></div><div id=shut data-dl-ignore></div>")
    page.evaluate("""() => { for (const id of ['host',
            'shut']) document.getElementById(id).attachShadow({mode: 'open'}).innerHTML =
        '<button id="in-' + id + '">Inside</button>' }""")
    page.click("#in-host")
    page.click("#in-shut")
    assert [(e["name"], e["target"]) for e in sent(page, collector)] == [("Inside", "#in-host")]


def test_clicks_can_be_switched_off_but_links_and_declared_events_stay(visit: Visit, collector: Collector) -> None:
    page = visit(
        "<button id=a>A</button><button id=b data-dl-event=named>B</button>"
        "<a id=c href='https://other.example/' onclick='event.preventDefault()'>C</a>",
        clicks="off",
    )
    for name in "abc":
        page.click("#" + name)
    assert [(e["type"], e["name"]) for e in sent(page, collector)] == [
        ("event", "named"),
        ("outbound", "other.example/"),
    ]


def test_a_page_that_stops_the_event_is_counted_and_not_disturbed(visit: Visit, collector: Collector) -> None:
    page = visit(
        "<button id=x>Stop</button><script>x.onclick = e => { e.stopImmediatePropagation(); "
        "window.prevented = e.defaultPrevented }</script>"
    )
    page.click("#x")
    assert page.evaluate("prevented") is False
    assert [e["name"] for e in sent(page, collector)] == ["Stop"]
