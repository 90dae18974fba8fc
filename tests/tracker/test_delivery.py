"""Delivery: an event stays in the queue until the collector has said what became of it, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.tracker.collector_stub import Answer, Collector, Site

Visit = Callable[..., Page]
STORED = "Object.keys(localStorage).filter(k => k.startsWith('desireline:wk_test:q'))"


def stored(page: Page) -> list[str]:
    """The ids of the events in the persisted queues."""
    lines = page.evaluate(f"{STORED}.flatMap(k => localStorage[k].split('\\n')).filter(l => l[0] == '{{')")
    return [json.loads(line)["id"] for line in lines]


def track(page: Page, name: str, props: str = "{}") -> None:
    page.evaluate(f"desireline('track', '{name}', {props})")


def names(collector: Collector) -> list[str]:
    """Names of the custom events received, each event once."""
    return [event["name"] for event in collector.of("event")]


def test_later_events_wait_for_the_first_answer_and_share_its_boot(visit: Visit, collector: Collector) -> None:
    collector.script = [Answer(delay=1.5)]
    page = visit()
    track(page, "a")
    track(page, "b")
    collector.wait(lambda: len(collector.of("event")) == 2)
    assert len(collector.calls) == 2
    assert collector.calls[1].at - collector.calls[0].at >= 1.5
    assert [event["name"] for event in collector.calls[1].events] == ["a", "b"]
    assert collector.calls[0].body["boot"] == collector.calls[1].body["boot"]


def test_acknowledged_events_leave_the_browser(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.wait_for_function(f"{STORED}.length == 0")
    track(page, "a")
    assert len(stored(page)) == 1
    collector.wait(lambda: collector.of("event"))
    page.wait_for_function(f"{STORED}.length == 0")


@pytest.mark.parametrize(
    "bad",
    [
        Answer(status=503, headers={"Retry-After": "1"}),
        Answer(status=500),
        Answer(status=429),
        Answer(result="retry"),
        Answer(result=None),
        Answer(body=""),
        Answer(body="<html>Log in to the hotel's network</html>"),
        Answer(body="[]"),
        Answer(reset=True),
        Answer(cors=False),
    ],
    ids=["503", "500", "429", "retry", "no status", "200 empty", "200 html", "200 list", "reset", "no CORS"],
)
def test_what_is_not_acknowledged_is_sent_again_with_the_same_id(
    visit: Visit, collector: Collector, bad: Answer
) -> None:
    collector.script = [bad]
    page = visit()
    collector.wait(lambda: len(collector.calls) == 2)
    first, second = collector.calls
    assert first.events == second.events
    # where the connection died, the browser itself may repeat the request as it was
    assert second.body["sent_at"] > first.body["sent_at"] or bad.reset
    assert first.body["boot"] == second.body["boot"]
    page.wait_for_function(f"{STORED}.length == 0")


def test_nothing_is_sent_around_a_pause_that_the_collector_asked_for(visit: Visit, collector: Collector) -> None:
    collector.script = [Answer(status=503, headers={"Retry-After": "2"})]
    page = visit()
    collector.wait(lambda: collector.calls)
    track(page, "a")
    collector.wait(lambda: names(collector) == ["a"])
    assert collector.calls[1].at - collector.calls[0].at >= 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_body_is_not_sent_again(visit: Visit, collector: Collector, status: int) -> None:
    collector.script = [Answer(status=status)]
    page = visit()
    page.wait_for_function(f"{STORED}.length == 0")
    page.wait_for_timeout(600)
    track(page, "later")
    collector.wait(lambda: names(collector) == ["later"])
    assert len(collector.calls) == 2
    assert [event["type"] for event in collector.calls[1].events] == ["event"]
    assert collector.calls[1].body["dropped"] == 1


def test_a_refused_event_is_forgotten_and_counted(visit: Visit, collector: Collector) -> None:
    collector.script = [Answer(result="refused:too_old"), Answer(result="quarantined")]
    page = visit()
    page.wait_for_function(f"{STORED}.length == 0")
    track(page, "a")
    collector.wait(lambda: len(collector.calls) == 2)
    assert collector.calls[1].body["dropped"] == 1
    page.wait_for_function(f"{STORED}.length == 0")
    track(page, "b")
    collector.wait(lambda: len(collector.calls) == 3)
    assert "dropped" not in collector.calls[2].body
    assert names(collector) == ["a", "b"]


def test_a_batch_that_is_too_large_is_halved_and_a_single_event_given_up(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    collector.script = [Answer(status=413), Answer(status=413), Answer(), Answer()]
    page.evaluate("for (const name of 'abcd') desireline('track', name)")
    collector.wait(lambda: len(collector.calls) >= 5)
    page.wait_for_function(f"{STORED}.length == 0")
    sizes = [[event["name"] for event in call.events] for call in collector.calls[1:]]
    assert sizes == [["a", "b", "c", "d"], ["a", "b"], ["a"], ["b", "c", "d"]]
    collector.script = [Answer(status=413)]
    track(page, "big")
    track_done = len(collector.calls)
    collector.wait(lambda: len(collector.calls) == track_done + 1)
    page.wait_for_function(f"{STORED}.length == 0")


def test_a_body_stays_below_what_keepalive_allows(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.evaluate("for (let i = 0; i < 60; i++) desireline('track', 'e' + i, {text: '\\u20ac'.repeat(2000)})")
    collector.wait(lambda: len(names(collector)) == 60)
    assert all(len(call.raw) < 64000 for call in collector.calls)
    assert names(collector) == [f"e{i}" for i in range(60)]


def test_a_tab_closed_in_mid_send_loses_nothing(
    visit: Visit, collector: Collector, context: BrowserContext, site: Site
) -> None:
    collector.script = [Answer(), Answer(delay=1.0)]
    page = visit()
    collector.wait(lambda: collector.calls)
    track(page, "a")
    collector.wait(lambda: names(collector) == ["a"])
    track(page, "b")
    page.close(run_before_unload=True)
    collector.wait(lambda: names(collector) == ["a", "b"])
    again = context.new_page()
    again.goto(site.base + "/start")
    collector.wait(lambda: len(collector.of("page")) == 2)
    again.wait_for_function(f"{STORED}.length == 0")
    assert names(collector) == ["a", "b"]


def test_leaving_sends_what_is_waiting(visit: Visit, collector: Collector, site: Site) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.evaluate("desireline('track', 'last'); location.href = '/plain'")
    collector.wait(lambda: names(collector) == ["last"], seconds=3)
    page.wait_for_url("**/plain")
    page.goto(site.base + "/start")
    collector.wait(lambda: len(collector.of("page")) == 2)
    page.wait_for_function(f"{STORED}.length == 0")


def test_what_could_not_be_sent_goes_with_the_next_page(
    visit: Visit, collector: Collector, context: BrowserContext, site: Site
) -> None:
    collector.default = Answer(status=503, headers={"Retry-After": "60"})
    page = visit()
    collector.wait(lambda: collector.calls)
    track(page, "a")
    page.goto(site.base + "/plain")
    waiting = stored(page)
    assert len(waiting) == 3  # page, event, engagement
    collector.default = Answer()
    collector.calls.clear()
    page.goto(site.base + "/start")
    collector.wait(lambda: len(collector.of("page")) == 2)
    assert [event["id"] for event in collector.events][:3] == waiting
    page.wait_for_function(f"{STORED}.length == 0")


def test_offline_events_are_sent_when_the_network_is_back(
    visit: Visit, collector: Collector, context: BrowserContext
) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    context.set_offline(True)
    noise: list[str] = []
    page.on("console", lambda message: noise.append(f"{message.text} {message.location['url']}"))
    page.wait_for_function("!navigator.onLine")
    track(page, "a")
    page.wait_for_timeout(600)
    assert names(collector) == []
    assert [line for line in noise if "favicon" not in line] == []
    context.set_offline(False)
    collector.wait(lambda: names(collector) == ["a"], seconds=2)


def test_a_blocked_collector_keeps_events_within_bounds_and_harms_nothing(
    visit: Visit, collector: Collector, context: BrowserContext
) -> None:
    context.route("**/collect", lambda route: route.abort("blockedbyclient"))
    page = visit()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate("""async () => { for (let round = 0; round < 15; round++) {
        const real = window.setTimeout; for (let i = 0; i < 99;
        i++) desireline('track', 'e' + round, {text: 'x'.repeat(300)});
        await new Promise(done => real(done, 1)) } }""")
    kept = stored(page)
    assert 0 < len(kept) <= 1000
    assert page.evaluate("Object.values(localStorage).join('').length") < 262144
    assert errors == []
    assert collector.calls == []


def test_the_queue_on_disk_never_outgrows_its_bounds(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script(
        """const real = setTimeout; window.setTimeout = (fn, ms, ...more) => real(fn, ms == 1e4 ? 0 : ms, ...more)"""
    )
    collector.default = Answer(status=503, headers={"Retry-After": "60"})
    visit()
    collector.wait(lambda: collector.calls)
    page.evaluate("""async () => { for (let i = 0; i < 1500; i++) { desireline('track', 'event ' + i, {n: i});
        if (i % 50 == 0) await new Promise(done => setTimeout(done, 5)) } }""")
    ids = stored(page)
    assert 500 < len(ids) <= 1000
    text = page.evaluate("Object.values(localStorage).join('')")
    assert len(text) <= 262144
    assert "event 1499" in text
    assert 'event 10"' not in text


def test_a_loop_of_ten_thousand_events_is_cut_and_counted(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    took = page.evaluate("""() => { const t = performance.now();
        for (let i = 0; i < 10000; i++) desireline('track', 'loop', {i}); return performance.now() - t }""")
    assert took < 1000
    collector.wait(lambda: len(names(collector)) == 99)
    page.wait_for_timeout(300)
    assert len(names(collector)) == 99
    assert sum(call.body.get("dropped", 0) for call in collector.calls) >= 9900


def test_two_tabs_do_not_write_over_each_other(
    visit: Visit, collector: Collector, context: BrowserContext, site: Site
) -> None:
    collector.default = Answer(status=503, headers={"Retry-After": "60"})
    first = visit()
    second = context.new_page()
    second.goto(site.base + "/start")
    collector.wait(lambda: len(collector.calls) == 2)
    track(first, "one")
    track(second, "two")
    track(first, "three")
    assert second.evaluate(f"{STORED}.length") == 2
    text = second.evaluate("Object.values(localStorage).join('')")
    assert [text.count(f'"name":"{name}"') for name in ("one", "two", "three")] == [1, 1, 1]


def test_the_queue_of_a_living_tab_is_left_alone_and_that_of_a_dead_one_adopted(
    visit: Visit, collector: Collector, site: Site
) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    page.goto(site.base + "/plain")
    boot = "11111111-1111-4111-8111-111111111111"
    page.evaluate(
        """(boot) => { const line = (id, at) => JSON.stringify({id, at, type: 'event', url: location.href,
                pid: 'p'.repeat(9), name: id[0]});
        const id = (c) => c.repeat(8) + '-1111-4111-8111-111111111111', now = Date.now();
        localStorage['desireline:wk_test:qalive'] = [now - 1000, boot, line(id('a'), now)].join('\\n');
        localStorage['desireline:wk_test:qdead'] = [now - 4e5, boot, line(id('b'), now - 4e5), line(id('c'),
        now - 8 * 864e5)].join('\\n');
        localStorage['desireline:wk_test:qahead'] = [now + 864e5, boot, line(id('d'), now)].join('\\n');
        localStorage['desireline:wk_test:qbroken'] = 'nonsense';
        localStorage['desireline:wk_other:qdead'] = [now - 4e5, boot, line(id('e'), now)].join('\\n') }""",
        boot,
    )
    collector.calls.clear()
    page.goto(site.base + "/start")
    collector.wait(lambda: len(names(collector)) == 2 and collector.of("page"))
    assert sorted(names(collector)) == ["b", "d"]
    page.wait_for_function("Object.keys(localStorage).filter(k => k.includes(':q')).length == 2")
    keys = page.evaluate("Object.keys(localStorage).filter(k => k.includes(':q'))")
    assert sorted(keys) == ["desireline:wk_other:qdead", "desireline:wk_test:qalive"]


def test_without_storage_events_are_sent_from_memory(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    collector.script = [Answer(status=500)]
    visit()
    track(page, "a")
    collector.wait(lambda: names(collector) == ["a"] and collector.of("page"))


def test_a_full_disk_costs_persistence_only(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script("try { localStorage.fill = 'x'.repeat(5242880 - 10) } catch (e) {}")
    collector.script = [Answer(status=500)]
    visit()
    assert page.evaluate("localStorage.fill.length") == 5242870
    track(page, "a")
    collector.wait(lambda: names(collector) == ["a"] and collector.of("page"))


def test_a_sandboxed_frame_is_counted_without_storage(
    visit: Visit, collector: Collector, site: Site, tag: Callable[..., str]
) -> None:
    site.put("/frame", f"<!doctype html><title>Framed</title>{tag()}<p>x")
    visit_page = site.put("/host", "<!doctype html><iframe sandbox='allow-scripts' src='/frame'></iframe>")
    page = visit(path="/first")
    page.goto(visit_page)
    collector.wait(lambda: any(event["url"].endswith("/frame") for event in collector.of("page")))


def test_a_fetch_that_throws_falls_back_to_a_beacon_and_asks_again(
    visit: Visit, collector: Collector, page: Page
) -> None:
    page.add_init_script(
        "const real = fetch; window.calls = 0; window.fetch = (...a) => { if (window.calls++ < 1) throw "
        "new Error('patched'); return real(...a) }"
    )
    visit()
    collector.wait(lambda: len(collector.calls) == 2)
    first, second = collector.calls
    assert first.events[0]["id"] == second.events[0]["id"]
    assert first.headers["Content-Type"].lower() == "text/plain;charset=utf-8"
    page.wait_for_function(f"{STORED}.length == 0")


def test_a_clock_that_jumps_a_day_neither_stops_nor_floods(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script("window.shift = 0; const real = Date.now; Date.now = () => real.call(Date) + shift")
    visit()
    collector.wait(lambda: collector.calls)
    for shift in (-864e5, 864e5):
        page.evaluate(f"shift = {shift}")
        track(page, "a")
        expected = len(collector.calls) + 1
        collector.wait(lambda n=expected: len(collector.calls) == n, seconds=3)  # type: ignore[misc]
        event, call = collector.calls[-1].events[-1], collector.calls[-1]
        assert 0 <= call.body["sent_at"] - event["at"] < 3000


def test_events_go_on_while_the_collector_is_slow(visit: Visit, collector: Collector) -> None:
    page = visit()
    collector.wait(lambda: collector.calls)
    collector.script = [Answer(delay=2)]
    track(page, "slow")
    collector.wait(lambda: names(collector) == ["slow"])
    page.evaluate("desireline('track', 'hurried'); location.href = '/plain'")
    collector.wait(lambda: "hurried" in names(collector), seconds=1.5)


def test_an_adblocker_that_answers_for_the_collector_is_not_believed(
    visit: Visit, collector: Collector, context: BrowserContext
) -> None:
    blocked = [True]

    def handle(route: Route) -> None:
        if blocked[0]:
            route.fulfill(status=200, body="", headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    context.route("**/collect", handle)
    page = visit()
    page.wait_for_timeout(300)
    assert len(stored(page)) == 1
    blocked[0] = False
    page.wait_for_function(f"{STORED}.length == 0")
    assert len(collector.of("page")) == 1
