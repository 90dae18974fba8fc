"""Segment's own clients, unchanged but for their host, deliver to the ledger: from Python, Node and a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Response
from segment.analytics.client import Client

from collector.core.event import Agent, Kind, Source
from collector.core.stored import StoredEvent
from collector.ingest.segment import message_id
from tests.clients.conftest import Shop
from tests.support.browser import chromium, human_agent
from tests.support.npm import CLIENTS, Node

HERE = Path(__file__).parent
NEXT = CLIENTS / "node_modules/@segment/analytics-next/dist/umd/index.js"
MAIL = Source("email", "news", "email", "autumn", "", "", True)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)
PAGE = {
    "url": "https://shop.example/pricing?utm_source=news&utm_medium=email&utm_campaign=autumn",
    "title": "Pricing",
    "referrer": "https://mail.example/inbox/7",
}


def run_node(
    node: Node, settings: dict[str, Any], calls: Sequence[tuple[str, dict[str, Any]]], heard: Path | None = None
) -> dict[str, Any]:
    """What the Node client says after it has played `calls` and ended; `heard` tells each answer's status at once."""
    with nullcontext(subprocess.PIPE) if heard is None else heard.open("w") as errors:
        done = subprocess.run(
            [*node.node, str(HERE / "segment_node.mjs")],
            input=json.dumps({"settings": settings, "calls": calls}),
            env=node.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def about(shop: Shop, visitors: set[str], count: int) -> list[StoredEvent]:
    """The events of these visitors as they happened, once there are `count`."""
    found = shop.wait_for(lambda event: event.visitor in visitors, count)
    assert len(found) == count
    return sorted(found, key=lambda event: event.time)


def near(time_ms: int, when: datetime) -> bool:
    """What a request took on its way is taken for the clocks' difference."""
    return abs(time_ms - when.timestamp() * 1_000) < 5_000


@pytest.mark.parametrize("packed", [True, False])
def test_the_python_client_delivers_every_kind_of_message(shop: Shop, packed: bool) -> None:
    anonymous, user, page_id = f"py-{packed}", f"py-{packed}@shop.example", str(uuid4())
    begun = datetime.now(UTC) - timedelta(minutes=10)
    problems: list[object] = []
    client = Client(
        shop.key, host=shop.host, gzip=packed, upload_interval=0.2, on_error=lambda *told: problems.append(told)
    )
    when = [begun + timedelta(minutes=number) for number in range(7)]
    client.page(None, "Docs", "Pricing", PAGE, anonymous_id=anonymous, timestamp=when[0], message_id=page_id)
    client.track(
        None,
        "Plan Chosen",
        {"plan": "pro", "list": [1, {"a": None}]},
        None,
        when[1],
        anonymous,
        None,
        f"order-{packed}",
    )
    client.identify(user, {"plan": "pro", "seats": 5}, None, when[2], anonymous)
    client.alias("older-" + anonymous, user, timestamp=when[3])
    client.group(user, "acme", {"employees": 40}, timestamp=when[4])
    client.screen(user, "Settings", "Home / Team?", {"beta": True}, timestamp=when[5])
    campaign = {"campaign": {"name": "autumn", "source": "news", "medium": "email"}, "ip": "203.0.113.77"}
    client.track(user, "Order Completed", {"revenue": 59.9, "currency": "EUR"}, campaign, when[6])
    client.shutdown()
    assert problems == []

    by_user = f"seg:user:{user}"
    events = about(shop, {f"seg:{anonymous}", f"seg:older-{anonymous}", by_user}, 7)
    page, chosen, identify, alias, group, screen, order = events
    assert all(near(event.time, then) for event, then in zip(events, when, strict=True))
    assert {event.bot for event in events} == {""}
    assert {event.agent for event in events} == {None}
    assert page.uid == page_id
    assert (page.kind, page.visitor) == (Kind("page", "/pricing"), f"seg:{anonymous}")
    assert (page.url, page.title, page.source) == ("https://shop.example/pricing", "Pricing", MAIL)
    assert (page.referrer, page.props) == ("https://mail.example/", {"name": "Pricing", "category": "Docs"})
    assert chosen.kind == Kind("event", "Plan Chosen")
    assert chosen.uid == message_id({"messageId": f"order-{packed}"}, shop.id, "")[1]
    assert chosen.props == {"plan": "pro", "list": [1, {"a": None}]}
    assert (identify.kind, identify.props) == (Kind("identify", ""), {"plan": "pro", "seats": 5})
    assert (alias.kind, alias.visitor) == (Kind("identify", ""), f"seg:older-{anonymous}")
    assert (group.kind, group.props) == (Kind("event", "group"), {"employees": 40, "groupId": "acme"})
    assert (screen.kind, screen.title) == (Kind("page", "/screen/Home / Team%3F"), "Home / Team?")
    assert screen.props == {"beta": True, "name": "Home / Team?", "category": "Settings"}
    assert (order.kind, order.value, order.visitor) == (Kind("event", "Order Completed"), 59.9, by_user)
    assert (order.source, order.props) == (MAIL, {"revenue": 59.9, "currency": "EUR"})
    users = shop.users()
    assert {users[event.uid] for event in events} == {user}  # also what came before it was known who it is
    person, visitors = shop.ledger.person(shop.id, user)
    assert person is not None
    assert {row.key for row in visitors} == {f"seg:{anonymous}", f"seg:older-{anonymous}", by_user}


def test_a_program_that_flushes_at_its_end_leaves_nothing_behind(shop: Shop) -> None:
    """More messages than one batch takes, packed, from a program that ends at once."""
    done = subprocess.run(
        [sys.executable, str(HERE / "segment_exit.py"), shop.key, shop.host, "250"], timeout=60, check=False
    )
    assert done.returncode == 0
    found = shop.wait_for(lambda event: event.kind.name == "Bye", 250)
    assert sorted(int(str(event.props["number"])) for event in found) == list(range(250))


def test_the_node_client_with_the_secret_key_speaks_for_the_site_itself(shop: Shop, node: Node) -> None:
    tracker = "v_" + uuid4().hex
    long_ago = datetime(2021, 5, 1, 12, tzinfo=UTC)
    browser = {"userAgent": SAFARI, "page": PAGE}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("page", {"anonymousId": tracker, "name": "Pricing", "context": browser, "timestamp": long_ago.isoformat()}),
        ("identify", {"anonymousId": tracker, "userId": "node-1", "traits": {"plan": "team"}}),
        ("track", {"userId": "node-1", "event": "Renewed", "properties": {"total": "12.50"}, "messageId": "r-1"}),
        ("group", {"userId": "node-1", "groupId": 7, "traits": {"name": "Acme"}}),
        ("screen", {"userId": "node-1", "name": "Start"}),
        ("alias", {"previousId": "node-before", "userId": "node-1"}),
    ]
    told = run_node(node, {"writeKey": shop.secret, "host": shop.host, "flushAt": 4, "flushInterval": 500}, calls)
    assert told == {"statuses": [200, 200], "errors": []}
    events = about(shop, {tracker, "user:node-1", "seg:node-before"}, 6)
    by_kind = {event.kind: event for event in events}
    page = by_kind[Kind("page", "/pricing")]
    assert near(page.time, long_ago)
    assert (page.visitor, page.agent, page.bot) == (tracker, Agent("mobile", "iOS", "Mobile Safari"), "")
    assert (page.source, page.props) == (MAIL, {"name": "Pricing"})
    renewed = by_kind[Kind("event", "Renewed")]
    assert (renewed.visitor, renewed.value, renewed.agent, renewed.bot) == ("user:node-1", 12.5, None, "")
    assert by_kind[Kind("event", "group")].props == {"name": "Acme", "groupId": "7"}
    assert by_kind[Kind("page", "/screen/Start")].url == "/screen/Start"
    names = [event.visitor for event in events if event.kind == Kind("identify", "")]
    assert sorted(names) == ["seg:node-before", tracker]
    users = shop.users()
    assert {users[event.uid] for event in events} == {"node-1"}


def test_the_node_client_with_the_public_key_can_choose_neither_the_past_nor_a_device_nor_a_tracked_visitor(
    shop: Shop, node: Node
) -> None:
    tracker = "v_" + uuid4().hex
    old = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("track", {"anonymousId": tracker, "event": "Old", "timestamp": old, "context": {"userAgent": SAFARI}}),
        ("track", {"anonymousId": tracker, "event": ""}),
    ]
    settings = {"writeKey": shop.key, "host": shop.host}
    assert run_node(node, settings, calls[:1]) == {"statuses": [200], "errors": []}
    (event,) = about(shop, {tracker, f"seg:{tracker}"}, 1)
    assert (event.visitor, event.agent, event.bot) == (f"seg:{tracker}", None, "")
    assert abs(event.time - event.received) < 1_000
    wrong = run_node(node, {"writeKey": "wk_wrong", "host": shop.host}, calls[:1])
    assert (wrong["statuses"], len(wrong["errors"])) == ([401], 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def visit(shop: Shop, browser: Browser, path: str, query: str = "", options: str = "{}", **context: Any) -> Page:
    """A page that loads analytics.js with our host for its settings, in a fresh browser profile."""
    shop.pages.put("/analytics.js", NEXT.read_text())
    address = shop.pages.put(
        path,
        f"""<!doctype html><title>Start</title><script src="/analytics.js"></script><script>
        const where = {{writeKey: "{shop.key}", cdnURL: "{shop.host}"}};
        window.analytics = AnalyticsNext.AnalyticsBrowser.load(where, {options});
        </script>""",
    )
    page = browser.new_context(user_agent=human_agent(browser), **context).new_page()
    page.goto(address + query)
    return page


@pytest.mark.browser
def test_the_browser_client_delivers_every_kind_of_message(shop: Shop, browser: Browser, node: Node) -> None:
    page = visit(shop, browser, "/start", "?utm_source=news&utm_medium=email&utm_campaign=autumn")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url.removeprefix(shop.host)}"))
    anonymous = page.evaluate(
        """async () => {
            await analytics.page('Docs', 'Start', { shelf: 3 });
            await analytics.track('Plan Chosen', { plan: 'pro', value: 12 });
            await analytics.identify('ajs-1', { plan: 'pro' });
            await analytics.group('acme', { employees: 40 });
            await analytics.screen('Board');
            await analytics.alias('ajs-1', 'ajs-before');
            return (await analytics)[0].user().anonymousId();
        }"""
    )
    events = about(shop, {f"seg:{anonymous}", "seg:ajs-before"}, 6)
    assert [event.kind for event in events] == [
        Kind("page", "/start"),
        Kind("event", "Plan Chosen"),
        Kind("identify", ""),
        Kind("event", "group"),
        Kind("page", "/screen/Board"),
        Kind("identify", ""),
    ]
    first, chosen, identify, group, _, alias = events
    assert (first.url, first.title, first.source) == (f"{shop.origin}/start", "Start", MAIL)
    assert first.props == {"shelf": 3, "name": "Start", "category": "Docs"}
    assert (chosen.props, chosen.value, chosen.url) == ({"plan": "pro", "value": 12}, 12.0, f"{shop.origin}/start")
    assert (identify.props, group.props["groupId"], alias.visitor) == ({"plan": "pro"}, "acme", "seg:ajs-before")
    assert {(event.agent.browser if event.agent else "", event.bot) for event in events} == {("Chrome", "")}
    now = time.time_ns() // 1_000_000
    assert all(now - 60_000 < event.time <= event.received <= now for event in events)
    users = shop.users()
    assert {users[event.uid] for event in events} == {"ajs-1"}
    sent = {request for request in requests if request.startswith("POST")}
    assert sent == {f"POST /v1/{letter}" for letter in "ptigsa"}
    assert complaints == []
    page.context.close()


@pytest.mark.browser
def test_the_browser_client_sends_batches_and_what_is_left_as_the_page_is_left(
    shop: Shop, browser: Browser, node: Node
) -> None:
    batching = (
        '{integrations: {"Segment.io": {deliveryStrategy: {strategy: "batching", config: {size: 3, timeout: 60000}}}}}'
    )
    page = visit(shop, browser, "/batches", options=batching)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(shop.host)))
    page.evaluate("async () => { for (const n of [1, 2, 3, 4]) await analytics.track('Batched', { n }) }")
    shop.wait_for(lambda event: event.kind.name == "Batched", 3)
    assert requests.count("/v1/b") == 1
    page.goto("about:blank")
    events = shop.wait_for(lambda event: event.kind.name == "Batched", 4)
    assert sorted(int(str(event.props["n"])) for event in events) == [1, 2, 3, 4]
    assert len({event.visitor for event in events}) == 1
    page.context.close()


@pytest.mark.browser
def test_a_browser_that_asks_for_privacy_is_known_for_a_day_only(shop: Shop, browser: Browser, node: Node) -> None:
    page = visit(shop, browser, "/private", extra_http_headers={"Sec-GPC": "1"})
    ids = page.evaluate(
        """async () => {
            await analytics.track('Private', { n: 1 });
            const first = (await analytics)[0].user().anonymousId();
            (await analytics)[0].reset();
            await analytics.track('Private', { n: 2 });
            return [first, (await analytics)[0].user().anonymousId()];
        }"""
    )
    events = shop.wait_for(lambda event: event.kind.name == "Private", 2)
    assert len(set(ids)) == 2
    (visitor,) = {event.visitor for event in events}
    assert visitor.startswith("c_")
    page.context.close()


@pytest.mark.browser
def test_what_a_collector_without_room_refuses_is_sent_again_by_every_client(
    shop: Shop, browser: Browser, node: Node, tmp_path: Path
) -> None:
    page = visit(shop, browser, "/later")
    page.evaluate("async () => { await analytics }")
    statuses: list[int] = []

    def note(answer: Response) -> None:
        if "/v1/t" in answer.url and answer.request.method == "POST":
            statuses.append(answer.status)

    page.on("response", note)
    client = Client(shop.key, host=shop.host, upload_interval=0.05, max_retries=3, max_rate_limit_duration=30)
    settings = {"writeKey": shop.key, "host": shop.host, "flushAt": 1}
    message = {"anonymousId": "later-node", "event": "Later", "properties": {"from": "node"}}
    with ThreadPoolExecutor(2) as pool:
        with shop.full():
            page.evaluate("analytics.track('Later', { from: 'browser' }); null")
            client.track(None, "Later", {"from": "python"}, anonymous_id="later-python")
            heard = tmp_path / "heard"
            said = pool.submit(run_node, node, settings, [("track", message)], heard)
            until = time.monotonic() + 30
            while not statuses or not heard.exists() or not heard.stat().st_size:
                assert time.monotonic() < until, "somebody was not refused"
                page.wait_for_timeout(50)
        ended = pool.submit(client.shutdown)
        until = time.monotonic() + 30
        while not statuses or statuses[-1] != 200:
            assert time.monotonic() < until, statuses
            page.wait_for_timeout(50)
        told = said.result()
        ended.result()
    assert statuses[0] == 503
    assert (told["statuses"][0], told["statuses"][-1], told["errors"]) == (503, 200, [])
    found = shop.wait_for(lambda event: event.kind.name == "Later", 3)
    assert sorted(str(event.props["from"]) for event in found) == ["browser", "node", "python"]
    page.context.close()
