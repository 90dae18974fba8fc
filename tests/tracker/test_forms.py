"""Forms: begun, sent, failed, left. Never a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.tracker.collector_stub import Collector, Site

Visit = Callable[..., Page]
STAY = "onsubmit='event.preventDefault()'"


def forms(page: Page, collector: Collector) -> list[dict[str, Any]]:
    """The form events, once a marker sent after them has arrived."""
    page.evaluate("desireline('track', 'marker')")
    collector.wait(lambda: any(event.get("name") == "marker" for event in collector.events))
    return [event for event in collector.events if event["type"].startswith("form")]


def test_a_form_is_begun_and_sent_without_any_value(visit: Visit, collector: Collector) -> None:
    page = visit(
        f"<form id=signup {STAY}><input name=email type=email><input name=pass type=password>"
        "<textarea name=note></textarea><button id=go>Join</button></form>"
    )
    page.fill("[name=email]", "ann@example.org")
    page.fill("[name=pass]", "hunter2")
    page.fill("[name=note]", "4111111111111111")
    page.click("#go")
    start, form = forms(page, collector)
    assert (start["type"], start["name"]) == ("form_start", "signup")
    assert "props" not in start
    assert (form["type"], form["name"], form["props"]["fields"]) == ("form", "signup", 3)
    assert 0 <= form["props"]["ms"] < 5000
    raw = b"".join(call.raw for call in collector.calls)
    for secret in (b"ann@example.org", b"hunter2", b"4111111111111111"):
        assert secret not in raw


def test_a_focused_field_alone_begins_nothing(visit: Visit, collector: Collector) -> None:
    page = visit("<form><input name=q autofocus></form>")
    page.focus("[name=q]")
    assert forms(page, collector) == []


def test_a_refused_submit_names_the_fields_once(visit: Visit, collector: Collector) -> None:
    page = visit(
        f"<form id=f {STAY}><input name=a required><input id=b required><input name=c><button>Go</button></form>"
    )
    page.click("button")
    page.wait_for_timeout(50)
    page.click("button")
    failed = forms(page, collector)
    assert [(e["type"], e["props"]["invalid"]) for e in failed] == [("form_failed", ["a", "b"])] * 2


def test_asking_for_validity_while_typing_is_no_failure(visit: Visit, collector: Collector) -> None:
    page = visit("<form id=f oninput='this.checkValidity()'><input name=a required><input name=b required></form>")
    page.wait_for_timeout(600)
    page.fill("[name=a]", "x")
    assert [e["type"] for e in forms(page, collector)] == ["form_start"]


def test_a_form_left_behind_tells_its_last_field(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit("<form name=checkout><input name=street><input name=phone></form>")
    page.fill("[name=street]", "x")
    page.focus("[name=phone]")
    page.goto(site.base + "/plain")
    collector.wait(lambda: collector.of("form_abandon"))
    (event,) = collector.of("form_abandon")
    assert (event["name"], event["props"]["last_field"], event["props"]["touched"]) == ("checkout", "phone", 2)


def test_a_route_change_leaves_forms_behind_and_a_sent_form_is_not_left(visit: Visit, collector: Collector) -> None:
    page = visit(f"<form id=one {STAY}><input name=a><button>Go</button></form><form id=two><input name=b></form>")
    page.fill("[name=a]", "x")
    page.click("button")
    page.fill("[name=b]", "x")
    page.evaluate("history.pushState({}, '', '/next')")
    collector.wait(lambda: len(collector.of("page")) == 2)
    assert [(e["type"], e["name"]) for e in forms(page, collector)] == [
        ("form_start", "one"),
        ("form", "one"),
        ("form_start", "two"),
        ("form_abandon", "two"),
    ]
    assert collector.of("form_abandon")[0]["pid"] == collector.of("page")[0]["pid"]


def test_a_form_without_id_or_name_is_known_by_its_action(visit: Visit, collector: Collector) -> None:
    page = visit("<form action='/subscribe?x=1'><input name=a></form>")
    page.fill("[name=a]", "x")
    assert forms(page, collector)[0]["name"] == "/subscribe"


def test_inputs_named_submit_type_id_and_more_change_nothing(visit: Visit, collector: Collector) -> None:
    names = ["submit", "type", "id", "name", "action", "matches", "getAttribute", "attributes", "elements", "nodeType"]
    inputs = "".join(f"<input name={name}>" for name in names)
    page = visit(f"<form name=hostile onsubmit='window.sent = true; return false'>{inputs}<button>Go</button></form>")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # by the page's own means: such names break Playwright's
    page.evaluate("""() => { const [field] = document.getElementsByName('submit');
        field.value = 'x'; field.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true}));
        document.getElementsByTagName('button')[0].click() }""")
    assert page.evaluate("sent") is True
    assert [(e["type"], e["name"]) for e in forms(page, collector)] == [("form_start", "hostile"), ("form", "hostile")]
    assert errors == []


def test_fields_elsewhere_and_in_shadow_roots_belong_to_their_form(visit: Visit, collector: Collector) -> None:
    page = visit("<form id=far></form><input name=a form=far><div id=host></div>")
    page.evaluate("""() => { host.attachShadow({mode: 'open'}).innerHTML =
        '<form id=deep onsubmit="return false"><input name=b><button id=go>Go</button></form>' }""")
    page.fill("[name=a]", "x")
    page.fill("[name=b]", "x")
    page.click("#go")
    events = [(e["type"], e["name"]) for e in forms(page, collector)]
    assert events == [("form_start", "far"), ("form_start", "deep"), ("form", "deep")]


def test_ignored_and_switched_off_forms_send_nothing(visit: Visit, collector: Collector) -> None:
    html = f"{STAY}><input name=a required><button>Go</button></form>"
    page = visit(f"<form data-dl-ignore {html}")
    page.click("button")
    page.fill("[name=a]", "x")
    page.click("button")
    assert forms(page, collector) == []
    page = visit(f"<form {html}", path="/off", forms="off")
    page.fill("[name=a]", "x")
    page.click("button")
    assert forms(page, collector) == []


def test_the_submit_reaches_the_server_unchanged(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit("<form method=post action='/sent'><input name=a><button name=which value=two>Go</button></form>")
    page.fill("[name=a]", "x")
    with page.expect_request("**/sent") as request:
        page.click("button")
    assert request.value.post_data == "a=x&which=two"
    collector.wait(lambda: collector.of("form"))
    assert collector.of("form_abandon") == []
