"""Who it is: identify, reset, consent, GPC and DNT, cookieless mode, opting out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.collector_stub import Answer, Collector, Site
from tests.tracker.conftest import STUB

Visit = Callable[..., Page]
OURS = "Object.keys(localStorage).filter(k => k.startsWith('desireline:'))"


def call(page: Page, *args: Any) -> None:
    page.evaluate("args => desireline(...args)", list(args))


def test_identify_sends_id_and_traits_and_keeps_only_a_hash(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    call(page, "identify", "ann@example.org", {"plan": "pro"})
    collector.wait(lambda: collector.of("identify"))
    (event,) = collector.of("identify")
    assert (event["name"], event["props"]) == ("ann@example.org", {"plan": "pro"})
    assert "rotate" not in collector.calls[-1].body
    page.wait_for_function(f"{OURS}.length == 1")
    assert "ann" not in page.evaluate("JSON.stringify(localStorage)")


def test_the_same_person_again_rotates_nothing_also_on_the_next_page(
    visit: Visit, collector: Collector, site: Site
) -> None:
    page = visit()
    call(page, "identify", "ann")
    collector.wait(lambda: collector.of("identify"))
    page.goto(site.base + "/start")
    call(page, "identify", "ann")
    collector.wait(lambda: len(collector.of("identify")) == 2)
    assert not any("rotate" in received.body for received in collector.calls)


@pytest.mark.parametrize("next_page", [False, True])
def test_another_person_gets_another_visitor(visit: Visit, collector: Collector, site: Site, next_page: bool) -> None:
    page = visit()
    call(page, "identify", "ann")
    collector.wait(lambda: collector.of("identify"))
    if next_page:
        page.goto(site.base + "/start")
        collector.wait(lambda: len(collector.of("page")) == 2)
    call(page, "track", "of ann")
    call(page, "identify", "bob")
    call(page, "track", "of bob")
    collector.wait(lambda: len(collector.of("event")) == 2)
    rotated = [received for received in collector.calls if received.body.get("rotate")]
    assert len(rotated) == 1
    assert rotated[0].body["rotate"] is True
    index = collector.calls.index(rotated[0])
    assert {received.body["boot"] for received in collector.calls[index:]} == {rotated[0].body["boot"]}
    assert rotated[0].body["boot"] not in {received.body["boot"] for received in collector.calls[:index]}
    told = [
        [event.get("name") for received in part for event in received.events]
        for part in (collector.calls[:index], collector.calls[index:])
    ]
    assert "of ann" in told[0]
    assert told[1] == ["bob", "of bob"]


def test_a_rotation_that_fails_is_repeated_with_the_same_boot(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.wait_for_timeout(100)
    collector.script = [Answer(status=503, headers={"Retry-After": "1"})]
    call(page, "reset")
    collector.wait(lambda: len(collector.calls) == 3)
    assert [received.body.get("rotate") for received in collector.calls] == [None, True, True]
    assert collector.calls[1].body["boot"] == collector.calls[2].body["boot"]
    call(page, "track", "after")
    collector.wait(lambda: collector.of("event"))
    assert "rotate" not in collector.calls[3].body


def test_reset_rotates_at_once_and_never_mixes(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    call(page, "track", "before")
    call(page, "reset")
    call(page, "track", "after")
    collector.wait(lambda: len(collector.of("event")) == 2)
    for received in collector.calls:
        events = [event.get("name") for event in received.events]
        assert not ("before" in events and "after" in events)
    order = [
        (received.body.get("rotate"), [event.get("name") for event in received.events]) for received in collector.calls
    ]
    assert order[1] == (None, ["before"])
    assert order[2][0] is True


def test_a_reset_before_leaving_is_done_before_the_next_page_counts(
    visit: Visit, collector: Collector, site: Site
) -> None:
    collector.script = [Answer(), Answer(delay=1)]
    page = visit()
    collector.wait(lambda: collector.calls)
    page.wait_for_timeout(100)
    page.evaluate("desireline('track', 'slow'); desireline('page')")
    page.wait_for_timeout(400)
    page.evaluate("desireline('reset'); location.href = '/start'")
    collector.wait(lambda: len(collector.of("page")) == 3)
    index = next(i for i, received in enumerate(collector.calls) if received.body.get("rotate"))
    last_page = next(i for i, received in enumerate(collector.calls) if collector.of("page")[2] in received.events)
    assert index <= last_page


def test_nothing_is_identified_by_empty_ids(visit: Visit, collector: Collector) -> None:
    page = visit()
    page.evaluate(
        "for (const id of [undefined, null, '', '  ']) desireline('identify', id); desireline('track', 'marker')"
    )
    collector.wait(lambda: collector.of("event"))
    assert collector.of("identify") == []
    assert not any("rotate" in received.body for received in collector.calls)


def test_pending_consent_sends_and_stores_nothing_and_grant_sends_all(
    visit: Visit, collector: Collector, page: Page
) -> None:
    visit(consent="pending")
    call(page, "track", "early")
    page.wait_for_timeout(600)
    assert collector.calls == []
    assert page.evaluate(OURS) == []
    call(page, "consent", "granted")
    collector.wait(lambda: len(collector.of("event")) == 1)
    assert sorted(collector.kinds()) == ["consent", "event", "page"]
    assert collector.of("consent")[0]["name"] == "granted"
    page.wait_for_function(f"{OURS}.length == 1")
    # the banner says so on every page; it is news once
    page.reload()
    call(page, "consent", "granted")
    collector.wait(lambda: len(collector.of("page")) == 2)
    assert len(collector.of("consent")) == 1


def test_pending_then_denied_sends_nothing_at_all(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit("<button>x</button>", consent="pending")
    call(page, "track", "early")
    call(page, "consent", "denied")
    call(page, "track", "late")
    page.click("button")
    page.wait_for_timeout(600)
    page.goto(site.base + "/plain")
    page.wait_for_timeout(200)
    assert collector.calls == []
    assert page.evaluate(OURS) == []


def test_withdrawal_deletes_every_key_and_asks_for_the_cookie_to_go(
    visit: Visit, collector: Collector, site: Site
) -> None:
    page = visit()
    call(page, "identify", "ann")
    collector.wait(lambda: collector.of("identify"))
    collector.script = [Answer(status=500)]
    page.evaluate("desireline('track', 'never'); desireline('consent', 'denied'); desireline('track', 'late')")
    assert page.evaluate(OURS) == []
    collector.wait(lambda: sum(received.body.get("forget", False) for received in collector.calls) == 2)
    page.wait_for_timeout(300)
    forgets = [received for received in collector.calls if received.body.get("forget")]
    assert forgets[0].body["forget"] is True
    assert [(event["type"], event["name"]) for event in forgets[0].events] == [("consent", "denied")]
    assert collector.of("event") == []
    assert collector.calls[-1] is forgets[-1]
    assert page.evaluate(OURS) == []
    # a later page that waits for consent finds nothing to take back
    collector.calls.clear()
    visit(consent="pending", path="/next")
    call(page, "consent", "denied")
    page.wait_for_timeout(300)
    assert collector.calls == []


def test_a_refusal_on_a_page_that_waits_takes_back_an_earlier_grant(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.wait_for_function(f"{OURS}.length == 1")
    page.wait_for_timeout(100)
    collector.calls.clear()
    visit(consent="pending", path="/next")
    collector.calls.clear()
    call(page, "consent", "denied")
    collector.wait(lambda: collector.calls)
    assert [received.body.get("forget") for received in collector.calls] == [True]
    assert collector.of("page") == []
    assert page.evaluate(OURS) == []


def test_consent_given_again_begins_anew(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    first = collector.calls[0].body["boot"]
    call(page, "consent", "denied")
    call(page, "consent", "granted")
    call(page, "track", "again")
    collector.wait(lambda: collector.of("event"))
    withdrawn = max(at for at, call in enumerate(collector.calls) if "forget" in call.body)
    anew = collector.calls[withdrawn + 1 :]
    told = {event["id"]: (event["type"], event.get("name")) for call in anew for event in call.events}
    assert first not in {call.body["boot"] for call in anew}
    assert list(told.values()) == [("consent", "granted"), ("event", "again")]


def test_cookieless_mode_stores_nothing_and_sends_no_cookie(
    visit: Visit, collector: Collector, context: BrowserContext, page: Page
) -> None:
    page.add_init_script(
        "window.writes = 0; for (const name of ['setItem']) { const real = Storage.prototype[name]; "
        "Storage.prototype[name] = function (...a) { writes++; return real.apply(this, a) } }"
    )
    context.add_cookies([{"name": "dl", "value": "x", "url": collector.base}])
    collector.script = [Answer(status=500)]
    visit(mode="cookieless")
    call(page, "track", "a")
    call(page, "identify", "ann")
    collector.wait(lambda: collector.of("identify"))
    page.wait_for_timeout(200)
    assert {received.body["mode"] for received in collector.calls} == {"cookieless"}
    assert not any("Cookie" in received.headers for received in collector.calls)
    assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage), document.cookie, writes]") == [
        [],
        [],
        "",
        0,
    ]


def test_the_identity_cookie_goes_along_in_cookie_mode(
    visit: Visit, collector: Collector, context: BrowserContext
) -> None:
    context.add_cookies([{"name": "dl", "value": "x", "url": collector.base, "sameSite": "Lax"}])
    visit()
    collector.wait(lambda: collector.calls)
    assert collector.calls[0].headers.get("Cookie") in (None, "dl=x")


@pytest.mark.parametrize("signal", ["globalPrivacyControl: true", "doNotTrack: '1'"])
@pytest.mark.parametrize("mode", ["cookie", "cookieless", "off"])
def test_with_gpc_or_dnt_nothing_is_stored_before_the_policy_is_known(
    visit: Visit, collector: Collector, page: Page, signal: str, mode: str
) -> None:
    name, value = signal.split(": ")
    page.add_init_script(f"Object.defineProperty(navigator, '{name}', {{get: () => {value}}})")
    collector.script = [Answer(delay=0.5, mode=mode)]
    collector.default = Answer(mode=mode)
    visit("<button>x</button>")
    collector.wait(lambda: collector.calls)
    call(page, "track", "a")
    assert page.evaluate(OURS) == []
    page.wait_for_timeout(900)
    call(page, "track", "b")
    page.click("button")
    if mode == "off":
        page.wait_for_timeout(600)
        assert len(collector.calls) == 1
        assert page.evaluate(OURS) == []
        return
    collector.wait(lambda: [event["name"] for event in collector.of("event")] == ["a", "b"])
    page.wait_for_timeout(200)
    stored = page.evaluate(OURS)
    assert bool(stored) == (mode == "cookie")
    assert collector.calls[-1].body["mode"] == mode


def test_a_policy_of_cookieless_deletes_what_was_stored(visit: Visit, collector: Collector) -> None:
    page = visit()
    call(page, "identify", "ann")
    collector.wait(lambda: collector.of("identify"))
    page.wait_for_function(f"{OURS}.length == 1")
    collector.default = Answer(mode="cookieless")
    call(page, "track", "a")
    collector.wait(lambda: collector.of("event"))
    page.wait_for_function(f"{OURS}.length == 0")


def test_who_excludes_himself_is_not_counted(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script("localStorage.desireline_ignore = 'true'")
    visit("<button>x</button>", head=STUB)
    page.click("button")
    page.evaluate("desireline('track', 'a'); history.pushState({}, '', '/b')")
    page.wait_for_timeout(600)
    assert collector.calls == []
    assert page.evaluate(OURS) == []


def test_the_visitor_is_told_now_or_later(visit: Visit, collector: Collector, page: Page) -> None:
    visit(head=STUB + "<script>desireline('visitor', v => { throw window.early = v })</script>")
    page.wait_for_function("window.early == 'v_1'")
    page.evaluate("desireline('visitor', v => { window.late = v })")
    assert page.evaluate("late") == "v_1"
