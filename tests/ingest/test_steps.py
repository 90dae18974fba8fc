"""What each step puts into an event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.event import Event, Source
from collector.core.times import DAY, MINUTE
from collector.ingest.bots import NO_LIST, compile_list
from collector.ingest.clock import event_time
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import MAX_ENGAGEMENT, STEPS, make_event

NOW = 1_763_750_000_000
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def made(arrival: dict[str, Any] | None = None, **raw: Any) -> Event:
    rules = SiteRules(1, frozenset(["shop.example"]), frozenset(["card"]))
    shared: dict[str, Any] = {
        "rules": rules,
        "bots": NO_LIST,
        "received": NOW,
        "sent": NOW,
        "visitor": "v_1",
        "user_agent": PHONE,
    }
    return make_event({"id": "i", "type": "page"} | raw, Arrival(**(shared | (arrival or {}))))


@pytest.mark.parametrize(
    ("sent", "created", "trusted", "expected"),
    [
        (NOW + 5_000, NOW + 2_000, False, NOW - 3_000),  # a clock 5 s fast
        (NOW - DAY, NOW - DAY - 10, False, NOW - 10),  # a clock a day slow
        (1_000, 400, False, NOW - 600),  # a clock at the epoch
        (5, 10, False, NOW),  # created after it was sent
        (None, 10, False, NOW),
        (NOW, None, False, NOW),
        (NOW, NOW - 6 * DAY, False, NOW - 6 * DAY),
        (NOW, NOW - 8 * DAY, False, NOW),  # older than any queue: not believed
        (NOW, NOW - 800 * DAY, True, NOW - 800 * DAY),
        (None, NOW - 800 * DAY, True, NOW - 800 * DAY),
        (NOW, NOW + DAY, True, NOW),  # never the future
    ],
)
def test_the_device_s_clock_cancels_out(sent: int | None, created: int | None, trusted: bool, expected: int) -> None:
    assert event_time(NOW, sent, created, trusted) == expected


@given(st.integers(0, 2**53), st.none() | st.integers(0, 2**53), st.none() | st.integers(0, 2**53), st.booleans())
def test_no_event_is_in_the_future(received: int, sent: int | None, created: int | None, trusted: bool) -> None:
    assert event_time(received, sent, created, trusted) <= received


def test_a_page_is_placed_masked_and_sourced() -> None:
    event = made(
        url="https://shop.example/a?card=1&utm_source=news&utm_medium=email&email=x@y.org",
        ref="https://www.google.com/search?q=x",
        title="Mail from bob@example.com",
    )
    assert (event.url, event.path) == ("https://shop.example/a", "/a")
    assert event.query == "card=***&utm_source=news&utm_medium=email&email=***"
    assert event.source == Source("email", "news", "email", campaign_mark=True)
    assert event.referrer == "https://www.google.com/"
    assert event.title == "Mail from ***"
    assert event.agent is not None
    assert (event.agent.device, event.agent.os) == ("mobile", "iOS")


def test_a_page_without_campaign_and_referrer_has_no_source_and_one_from_search_has() -> None:
    assert made(url="https://shop.example/").source is None
    assert made(url="https://shop.example/", ref="https://shop.example/b").source is None
    assert made(url="https://shop.example/", ref="https://shop.example/b?x=1").referrer == "https://shop.example/b"
    found = made(url="https://shop.example/", ref="https://www.bing.com/").source
    assert found == Source("organic_search", "bing")
    paid = made(url="https://shop.example/done", ref="https://checkout.stripe.com/c/pay_123")
    assert (paid.source, paid.referrer) == (None, "https://checkout.stripe.com/")


def test_only_pages_take_a_source_from_the_referrer() -> None:
    assert made(type="click", name="Buy", url="https://shop.example/", ref="https://www.bing.com/").source is None


def test_an_impression_is_a_retargeting_touch() -> None:
    found = made(type="event", name="ad_impression", props={"channel": "retargeting", "source": "criteo"}).source
    assert found is not None
    assert (found.channel, found.source) == ("retargeting", "criteo")


@pytest.mark.parametrize(
    ("kind", "props", "value"),
    [
        ("event", {"total": 49.9}, 49.9),
        ("event", {"amount": 1, "value": "12.50"}, 12.5),
        ("event", {"value": True, "revenue": 3}, 3.0),
        ("event", {"value": "nan", "total": "x"}, None),
        ("engagement", {"ms": 4_000, "total": 9}, 4_000.0),
        ("engagement", {"ms": 9 * 60 * MINUTE}, float(MAX_ENGAGEMENT)),
        ("engagement", {"ms": -5}, 0.0),
        ("identify", {"total": 5}, None),
    ],
)
def test_an_event_carries_the_first_number_that_means_value(
    kind: str, props: dict[str, Any], value: float | None
) -> None:
    assert made(type=kind, name="x", props=props).value == value


def test_identify_claims_its_name_and_a_server_its_user() -> None:
    assert made(type="identify", name="u1").user == "u1"
    assert made(type="event", name="x", user="u1").user is None
    event = made({"server": True}, type="event", name="x", user="u1", visitor="a", at=NOW - 900 * DAY)
    assert (event.user, event.visitor, event.time) == ("u1", "a", NOW - 900 * DAY)


def test_bots_are_flagged_with_the_reason_and_servers_are_not() -> None:
    bots = compile_list({"patterns": ["curl/"]})
    assert made({"bots": bots, "user_agent": "curl/8"}).bot == "ua_list"
    assert made({"bots": bots, "hints": ("webdriver",)}).bot == "webdriver"
    assert made({"bots": bots}).bot == ""
    assert made({"bots": bots, "server": True, "user_agent": "curl/8"}).bot == ""
    assert made({"bots": bots, "server": True}, ua="curl/8").bot == "ua_list"
    assert made({"server": True}).agent is None


def test_a_link_s_address_is_masked_in_its_properties() -> None:
    event = made(type="click", name="Mail bob@example.com", props={"href": "https://x.example/?token=abc", "tag": "a"})
    assert event.props == {"href": "https://x.example/?token=***", "tag": "a"}
    assert event.name == "Mail ***"


def test_the_steps_are_named_once_each() -> None:
    names = [name for name, _ in STEPS]
    assert len(set(names)) == len(names)
