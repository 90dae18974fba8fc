"""The host page: nothing of it may break, change or be slowed, whatever it does itself (REQUIREMENTS A7, T6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from playwright.sync_api import BrowserContext, Page, Request

from tests.tracker.collector_stub import DIST, Collector, Site
from tests.tracker.conftest import STUB

Visit = Callable[..., Page]


def watch(page: Page) -> list[str]:
    """Console messages and errors of the page from now on."""
    told: list[str] = []
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.append(f"error: {error}"))
    return told


def note(addresses: list[str], request: Request) -> None:
    """Remember where a request went."""
    addresses.append(request.url)


def test_the_core_fits_in_4096_bytes_gzipped() -> None:
    files = json.loads((DIST / "manifest.json").read_text())["files"]
    assert files["t.js"]["gzip"] <= 4096


def test_the_page_behaves_the_same_with_and_without_the_tag(
    context: BrowserContext, collector: Collector, site: Site, tag: Callable[..., str]
) -> None:
    body = """<h1>Shop</h1><a id=next href='/two'>Two</a><form id=f action='/sent'><input name=q
            required><button>Go</button></form>
        <script>window.log = []; for (const t of ['click', 'submit', 'input', 'focusin', 'popstate',
        'invalid', 'visibilitychange', 'unhandledrejection', 'error'])
        addEventListener(t, e => log.push([t, e.defaultPrevented,
        e.target && e.target.nodeName || 'window']), true); console.log('ready')</script>"""
    runs = []
    for head in ("", tag()):
        page = context.new_page()
        told = watch(page)
        requests: list[str] = []
        page.on("request", partial(note, requests))
        page.goto(site.put("/one", f"<!doctype html><html><head><title>One</title>{head}</head><body>{body}"))
        page.evaluate(
            "history.pushState({n: 1}, '', '/one?x'); history.replaceState({n: 2}, '', '/other'); history.back()"
        )
        page.wait_for_timeout(400)
        page.click("button")
        page.fill("[name=q]", "coffee")
        seen = page.evaluate(
            "[log, history.length, document.documentElement.outerHTML.replace(/<script "
            "defer.*?<.script>/, ''), Object.keys(history).length < 9]"
        )
        page.click("button")
        page.wait_for_url("**/sent?q=coffee")
        page.go_back()
        page.click("#next")
        page.wait_for_url("**/two")
        own = [url for url in requests if not url.startswith(collector.base)]
        runs.append((told, own, seen, page.evaluate("history.length")))
        page.close()
    assert runs[0] == runs[1]
    assert {"page", "click", "form_start", "form", "form_failed"} <= {event["type"] for event in collector.events}


def test_no_global_but_one_is_added(visit: Visit, page: Page, site: Site) -> None:
    page.goto(site.base + "/plain")
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    visit()
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before == {"desireline"}


def test_including_the_script_twice_changes_nothing(
    visit: Visit, collector: Collector, tag: Callable[..., str]
) -> None:
    page = visit("<button>x</button>" + tag(src="/t.js?again"))
    page.click("button")
    page.evaluate("history.pushState({}, '', '/two')")
    collector.wait(lambda: len(collector.of("page")) == 2)
    page.wait_for_timeout(600)
    assert collector.kinds() == ["page", "click", "page"]
    assert len({call.body["boot"] for call in collector.calls}) == 1


def test_it_runs_under_a_strict_policy_with_trusted_types(
    collector: Collector, site: Site, page: Page, tag: Callable[..., str]
) -> None:
    policy = (
        f"default-src 'none'; script-src {collector.base}; connect-src {collector.base}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    html = f"<!doctype html><html><head><title>Strict</title>{tag()}</head><body><button id=b>Buy</button>"
    told = watch(page)
    page.goto(site.put("/strict", html, Content_Security_Policy=policy))
    page.click("#b")
    page.evaluate("desireline('track', 'a')")
    collector.wait(lambda: collector.of("event"))
    assert collector.kinds() == ["page", "click", "event"]
    assert told == []


def test_a_policy_that_blocks_the_collector_is_survived(
    collector: Collector, site: Site, page: Page, tag: Callable[..., str]
) -> None:
    html = f"<!doctype html><title>x</title>{tag()}<a href='/next'>Next</a>"
    page.goto(site.put("/blocked", html, Content_Security_Policy=f"connect-src 'none'; script-src {collector.base}"))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.click("a")
    page.wait_for_url("**/next")
    assert errors == []
    assert collector.calls == []


def test_early_calls_keep_their_time_and_address_and_come_in_order(
    visit: Visit, collector: Collector, site: Site
) -> None:
    calls = (
        "<script>const t0 = Date.now(); desireline('track', 'one', {n: 1}); history.replaceState({}, '', '/moved');"
        "desireline('before', e => (e.props = {...e.props, seen: true}, e)); desireline('identify', "
        "'ann'); desireline('track', 'two');"
        "const end = Date.now() + 60; while (Date.now() < end);</script>"
    )
    page = visit(head=STUB + calls)
    collector.wait(lambda: len(collector.of("event")) == 2)
    one, two = collector.of("event")
    assert (one["url"], two["url"]) == (site.base + "/start", site.base + "/moved")
    assert page.evaluate("t0") <= one["at"] <= two["at"]
    assert one["props"] == {"n": 1, "seen": True}
    assert two["at"] <= page.evaluate("end") - 30
    # the page is what everything else happened on, so it comes first in time
    (first,) = collector.of("page")
    assert first["at"] < one["at"]
    assert first["pid"] == one["pid"] == two["pid"]


def test_consent_in_the_stub_decides_over_calls_before_it(visit: Visit, collector: Collector, page: Page) -> None:
    visit(head=STUB + "<script>desireline('track', 'one'); desireline('consent', 'denied')</script>")
    page.wait_for_timeout(600)
    assert collector.of("event") == []
    assert collector.of("page") == []


def test_a_hook_may_change_or_drop_and_one_that_throws_does_neither(visit: Visit, collector: Collector) -> None:
    page = visit(
        head=STUB
        + """<script>desireline('before', e => { if (e.name == 'drop') return null;
        if (e.name == 'throw') { e.name = 'half'; throw 1 } if (e.name == 'odd') return 7;
        if (e.name == 'nothing') return;
        if (e.type == 'page') e.url = e.url.replace('start', 'masked'); e.id = 'x'; e.at = 1; return e })</script>"""
    )
    for name in ("keep", "drop", "throw", "odd", "nothing"):
        page.evaluate("name => desireline('track', name)", name)
    collector.wait(lambda: len(collector.of("event")) == 4)
    assert [event["name"] for event in collector.of("event")] == ["keep", "throw", "odd", "nothing"]
    assert collector.of("page")[0]["url"].endswith("/masked")
    assert all(len(event["id"]) == 36 and event["at"] > 1e12 for event in collector.events)


def test_hostile_properties_cost_their_field_only(visit: Visit, collector: Collector) -> None:
    page = visit("<div id=node></div>")
    told = watch(page)
    page.evaluate("""() => {
        const cyclic = {name: 'c'}; cyclic.self = cyclic; cyclic.list = [cyclic, 1];
        const shared = {s: 1};
        const props = {cyclic, big: 10n, node: document.getElementById('node'), win: window, where: location,
        fn() {}, sym: Symbol('x'),
            get bad() { throw new Error('no') }, date: new Date(0), never: new Date(NaN), nan: NaN,
            inf: Infinity, undef: undefined, nil: null,
            list: [1, undefined, 'two', [3]], long: 'x'.repeat(1e5), lone: '\\ud800', shared: [shared,
            shared], 'quo"ted\\n': true,
            toJSON: undefined, proxy: new Proxy({}, {ownKeys() { throw 1 }})};
        let deep = {}; props.deep = deep; for (let i = 0; i < 5000; i++) deep = deep.d = {};
        const wide = () => Object.fromEntries(Array.from({length: 60}, (_, i) => ['k' + i, {}]));
        props.ok = 'yes';
        desireline('track', 'hostile', props);
        const many = wide(); for (const k in many) { many[k] = wide(); for (const j in many[k]) many[k][j] = wide() }
        const t = performance.now(); desireline('track', 'wide', many); window.took = performance.now() - t;
        desireline('track', 'text', 'not an object'); desireline('track', {toString() { throw 1 }});
        desireline('nonsense'); desireline(); desireline('track') }""")
    collector.wait(lambda: len(collector.of("event")) == 3)
    hostile, _, text = collector.of("event")
    props = hostile["props"]
    assert props["ok"] == "yes"
    assert props["cyclic"] == {"name": "c", "list": [1]}
    assert props["date"] == "1970-01-01T00:00:00.000Z"
    assert props["list"] == [1, "two", [3]]
    assert props["shared"] == [{"s": 1}, {"s": 1}]
    assert (props["nan"], props["inf"], props["nil"]) == (None, None, None)
    assert len(props["long"]) == 8192
    assert props['quo"ted\n'] is True
    assert not {"bad", "node", "win", "fn", "sym", "undef", "never"} & set(props)
    assert page.evaluate("took") < 300
    assert text["props"] == "not an object"
    assert told == []


def test_old_libraries_that_teach_arrays_to_write_json_do_no_harm(
    visit: Visit, collector: Collector, page: Page
) -> None:
    page.add_init_script("""Array.prototype.toJSON = function () { return JSON.stringify([...this].join()) };
        String.prototype.toJSON = function () { return 'broken' }; Object.prototype.extra = function () {};
        Array.prototype.last = function () {}""")
    visit("<button data-dl-event=named data-dl-prop-a=b>x</button>")
    page.click("button")
    page.evaluate("desireline('track', 'a', {list: [1, 'two']})")
    collector.wait(lambda: len(collector.of("event")) == 2)
    assert [event["props"] for event in collector.of("event")] == [{"a": "b"}, {"list": [1, "two"]}]
    assert isinstance(collector.calls[0].body["bot"], list)


def test_a_page_whose_parts_are_missing_or_broken_hears_nothing(visit: Visit, collector: Collector, page: Page) -> None:
    page.add_init_script("""window.performance.now = () => { throw 1 }; document.hasFocus = null;
            delete window.AbortSignal;
        Object.defineProperty(navigator, 'userAgentData', {get() { return {brands: null} }});
        Element.prototype.attachShadow = null""")
    told = watch(page)
    visit("<a href='http://['>bad</a><a href='/next' id=n>n</a>")
    page.evaluate("document.querySelector('a').addEventListener('click', e => e.preventDefault())")
    page.click("a")
    page.click("#n")
    page.wait_for_url("**/next")
    assert [line for line in told if "favicon" not in line] == []


def test_the_collector_is_found_beside_the_script(visit: Visit, collector: Collector, page: Page) -> None:
    hashed = json.loads((DIST / "manifest.json").read_text())["files"]["t.js"]["hash"]
    visit(src="/base/t.js?v=3", path="/one")
    visit(src=f"/t/{hashed}.js", path="/two")
    visit(path="/three", api=collector.base + "/elsewhere")
    collector.wait(lambda: len(collector.of("page")) == 3)
    paths: dict[str, str] = {}
    for call in collector.calls:
        for event in call.events:
            paths.setdefault(event["url"].rsplit("/", 1)[1], call.headers["path"])
    assert (paths["one"], paths["two"], paths["three"]) == ("/base/collect", "/collect", "/elsewhere")


def test_a_copy_with_integrity_runs(collector: Collector, site: Site, page: Page) -> None:
    entry = json.loads((DIST / "manifest.json").read_text())["files"]["t.js"]
    script = (
        f'<script defer crossorigin=anonymous integrity="{entry["integrity"]}" src="/t.js" data-site=k'
        f' data-api="{collector.base}/collect"></script>'
    )
    site.put("/t.js", (DIST / "t.js").read_text())
    page.goto(site.put("/sri", f"<!doctype html><title>x</title>{script}"))
    collector.wait(lambda: collector.of("page"))
