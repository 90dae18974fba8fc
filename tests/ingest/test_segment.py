"""Segment's messages as events: ids, clocks, who, where, and what a body must be."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.event import Event
from collector.core.times import DAY, MINUTE
from collector.ingest.bots import compile_list
from collector.ingest.check import MAX_BODY, BodyError, check_events
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.segment import Batch, message_id, moment, read_batch, unpack
from collector.ingest.segment_events import Speaker, anonymous_key, user_key, wire_events
from collector.ingest.steps import make_event
from collector.store.identity import derived_key
from tests.support.effort import examples

NOW = 1_763_750_000_000
BOTS = compile_list({"patterns": ["bot"]})


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat()


def wire(message: object, trusted: bool = False, sent: int | None = NOW, **context: Any) -> dict[str, Any]:
    """The wire event of one message."""
    batch = Batch("", sent, context, [message])
    ((_, raw),) = wire_events(batch, Speaker(1, NOW, trusted))
    assert isinstance(raw, dict)
    return raw


def stored(message: dict[str, Any], trusted: bool = False, sent: int | None = NOW, agent: str = "") -> Event:
    """The event that the loader makes of one message."""
    checked = check_events([wire(message, trusted, sent)], 1, server=True)
    assert [status for _, status in checked.statuses] == ["ok"]
    at = NOW if sent is None else sent
    arrival = Arrival(SiteRules(1), BOTS, NOW, at, "", agent, server=trusted, relayed=not trusted)
    return make_event(json.loads(checked.good[0]), arrival)


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Bought", "anonymousId": "a1", "messageId": "m1"} | fields


def status(message: object) -> str:
    ((_, found),) = check_events(
        [raw for _, raw in wire_events(Batch("", NOW, {}, [message]), Speaker(1, NOW))], 1, True
    ).statuses
    return found


def test_a_message_has_one_id_whenever_it_is_sent_and_another_at_another_site() -> None:
    uuid = "0198F3A2-5B1C-7D10-8A4E-1F2E3D4C5B6B"
    assert message_id({"messageId": uuid}, 1, "x") == (uuid, uuid.lower())
    first, again = ({"messageId": "ajs-next-17-x", "sentAt": sent} for sent in ("now", "later"))
    assert message_id(first, 1, "x") == message_id(again, 1, "y")
    assert message_id(first, 1, "x") != message_id(first, 2, "x")
    timed = {"event": "e", "timestamp": "2026-01-01T00:00:00Z"}
    assert message_id({**timed, "sentAt": "1"}, 1, "x") == message_id({**timed, "sentAt": "2"}, 1, "y")
    # Two messages that say neither an id nor a time may well be two.
    assert message_id({"event": "e"}, 1, "x") != message_id({"event": "e"}, 1, "y")
    assert message_id({"messageId": "\ud800"}, 1, "x")[1] != message_id({"messageId": "\ud801"}, 1, "x")[1]


@pytest.mark.parametrize(
    ("times", "sent", "expected"),
    [
        ({"timestamp": iso(NOW - MINUTE)}, NOW, NOW - MINUTE),
        ({"timestamp": iso(NOW - MINUTE)}, NOW + DAY, NOW - DAY - MINUTE),  # a clock a day fast
        ({"originalTimestamp": iso(NOW + DAY - 5_000)}, NOW + DAY, NOW - 5_000),
        # A message's own sentAt is nearer to its time than the batch's.
        ({"timestamp": iso(NOW + DAY - 5_000), "sentAt": iso(NOW + DAY)}, NOW, NOW - 5_000),
        # Both times: somebody corrected the one already.
        ({"timestamp": iso(NOW - MINUTE), "originalTimestamp": iso(NOW + DAY)}, NOW + DAY, NOW - MINUTE),
        ({"timestamp": iso(NOW - MINUTE)}, None, NOW - MINUTE),
        ({"timestamp": NOW - MINUTE}, None, NOW - MINUTE),
        ({"timestamp": iso(NOW + DAY)}, None, NOW),  # the future
        ({"timestamp": iso(NOW - 6 * DAY)}, NOW, NOW - 6 * DAY),
        ({"timestamp": iso(NOW - 8 * DAY)}, NOW, NOW),  # further back than the public may say
        ({"timestamp": "yesterday"}, NOW, NOW),
        ({"timestamp": iso(5_000), "sentAt": iso(6_000)}, 6_000, NOW),  # a clock that was never set
        ({"timestamp": iso(NOW), "sentAt": iso(NOW + 1_000 * DAY)}, 1_000, NOW),
        ({}, NOW, NOW),
    ],
)
def test_a_message_happened_when_its_clocks_say(times: dict[str, Any], sent: int | None, expected: int) -> None:
    assert stored(track(**times), sent=sent).time == expected


def test_with_the_secret_key_any_past_is_believed() -> None:
    assert stored(track(timestamp=iso(NOW - 800 * DAY)), trusted=True).time == NOW - 800 * DAY
    assert stored(track(timestamp=iso(NOW + DAY)), trusted=True).time == NOW
    batch = Batch("", NOW, {}, [track(timestamp=5)])
    named = wire_events(batch, Speaker(1, NOW, trusted=True))
    assert check_events([raw for _, raw in named], 1, server=True).statuses[0][1] == "refused:at"


@settings(max_examples=examples(60))
@given(st.text(max_size=40), st.booleans())
def test_no_key_of_the_public_s_is_one_that_is_made_elsewhere(text: str, is_user: bool) -> None:
    key = user_key(text, False) if is_user else anonymous_key(text, False)
    assert key.startswith("seg:")
    assert "~" not in key
    if not is_user:
        assert not key.startswith("seg:user:")


def test_a_tracked_visitor_is_reached_with_the_secret_key_only() -> None:
    tracker = "v_" + "0f" * 16
    assert anonymous_key(tracker, True) == tracker
    assert anonymous_key(tracker, False) == f"seg:{tracker}"
    assert anonymous_key("v_short", True) == anonymous_key("v_short", False) == "seg:v_short"
    assert anonymous_key(derived_key("x", "boss"), True).startswith("seg:#")
    assert (user_key("u1", True), user_key("u1", False)) == ("user:u1", "seg:user:u1")
    long = "u" * 150
    assert len(user_key(long, True)) < 60
    assert user_key(long, True) != user_key(long + "v", True)


def test_who_it_is_about() -> None:
    def who(**fields: Any) -> tuple[object, object]:
        raw = wire({"type": "track", "event": "e"} | fields)
        return raw.get("visitor"), raw.get("user")

    assert who(anonymousId="a") == ("seg:a", None)
    assert who(anonymousId="a", userId="u") == ("seg:a", "u")
    assert who(userId=17) == ("seg:user:17", "17")
    assert who(anonymousId="a", userId="null") == ("seg:a", None)
    assert who(anonymousId=None, userId=None) == (None, None)
    assert status({"type": "track", "event": "e", "userId": "undefined"}) == "refused:user_id"
    assert status({"type": "track", "event": "e", "anonymousId": "undefined"}) == "refused:no_visitor"
    assert status({"type": "identify", "userId": "guest", "anonymousId": "a"}) == "refused:user_id"


def test_traits_of_nobody_known_are_an_event_of_their_own() -> None:
    event = stored({"type": "identify", "anonymousId": "a", "traits": {"plan": "pro"}})
    assert (event.type, event.name, event.user, event.props) == ("event", "identify", None, {"plan": "pro"})


@pytest.mark.parametrize(
    ("ids", "visitor"),
    [
        ({"previousId": "old"}, "seg:old"),
        ({"previousId": "old", "anonymousId": "a"}, "seg:old"),
        ({"anonymousId": "a"}, "seg:a"),
        ({"previousId": "u", "anonymousId": "a"}, "seg:a"),
        ({"previousId": "u"}, "seg:user:u"),
        ({}, "seg:user:u"),
    ],
)
def test_alias_links_an_anonymous_visitor_to_the_user(ids: dict[str, str], visitor: str) -> None:
    event = stored({"type": "alias", "userId": "u", **ids})
    assert (event.type, event.visitor, event.user, event.props) == ("identify", visitor, "u", {})
    assert status({"type": "alias", "previousId": "old"}) == "refused:user_id"


def test_a_page_is_where_its_properties_or_else_its_context_say() -> None:
    def page(**fields: Any) -> Event:
        return stored({"type": "page", "anonymousId": "a", **fields})

    context = {"page": {"url": "https://shop.example/c", "referrer": "https://www.google.com/x", "title": "C"}}
    found = page(context=context, properties={"shelf": 1, "path": "/c"}, name="Cart", category="Shop")
    # properties.path is only a part of what context.page.url says.
    assert (found.url, found.title) == ("https://shop.example/c", "C")
    assert found.props == {"shelf": 1, "name": "Cart", "category": "Shop"}
    assert found.source is not None
    assert found.source.channel == "organic_search"
    assert page(properties={"url": "https://shop.example/p", "search": "?q=1"}, context=context).query == "q=1"
    assert page(properties={"path": "/only"}).path == page(properties={"path": "only"}).path == "/only"
    assert page(properties={"url": "myapp://home"}, name="Home").path == "/page/Home"
    assert page(name="Über uns?").path == "/page/Über uns%3F"
    assert status({"type": "page", "anonymousId": "a"}) == "refused:no_url"
    screen = stored({"type": "screen", "anonymousId": "a", "name": "Home", "context": context})
    assert (screen.type, screen.path, screen.title, screen.props) == ("page", "/screen/Home", "Home", {"name": "Home"})


def test_a_campaign_in_the_context_is_the_source_unless_the_address_names_one() -> None:
    campaign = {"name": "autumn", "source": "news", "medium": "email", "term": None, "content": ["x"]}
    found = stored(track(context={"campaign": campaign}))
    assert found.source is not None
    assert (found.source.channel, found.source.source, found.source.campaign) == ("email", "news", "autumn")
    assert (found.url, found.source.campaign_mark) == ("", True)
    place = {"url": "https://shop.example/?utm_source=ads&utm_medium=cpc"}
    own = stored(track(context={"campaign": campaign, "page": place}))
    assert own.source is not None
    assert own.source.source == "ads"
    assert stored(track(context={"campaign": 7})).source is None


def test_the_context_of_a_batch_is_every_message_s() -> None:
    raw = wire(track(context={"page": {"url": "https://a.example/"}}), campaign={"source": "x"}, page={"url": "no"})
    assert raw["url"] == "https://a.example/?utm_source=x"


def test_money_is_what_the_value_rules_say() -> None:
    assert stored(track(properties={"revenue": "59.90"})).value == 59.9
    assert stored(track(properties={"value": 3, "revenue": 5})).value == 3
    group = stored({"type": "group", "userId": "u", "groupId": 7, "traits": {"seats": 3}})
    assert (group.type, group.name, group.props, group.user) == ("event", "group", {"seats": 3, "groupId": "7"}, "u")


def test_a_library_is_no_bot_and_a_browser_may_be_one() -> None:
    """F7: umami-node's own user agent was dropped for months."""
    library = {"library": {"name": "bot-analytics", "version": "1"}, "userAgent": "Googlebot/2.1"}
    assert stored(track(context=library)).bot == ""
    assert stored(track(context=library), agent="Googlebot/2.1").bot == "ua_list"
    named = stored(track(context=library), trusted=True)
    assert (named.bot, named.agent is not None) == ("ua_list", True)
    silent = stored(track(context={"library": {"name": "bot"}}), trusted=True)
    assert (silent.bot, silent.agent) == ("", None)


def test_what_is_no_message_is_set_aside_and_says_nothing_of_its_own() -> None:
    hostile = {"type": "click", "visitor": "v_" + "0" * 32, "user": "boss", "context": {"ip": "203.0.113.7"}}
    batch = Batch("", NOW, {}, [hostile, 7, track(), {"type": ["track"]}, {"type": "t", "event": "x"}])
    checked = check_events([raw for _, raw in wire_events(batch, Speaker(1, NOW))], 1, server=True)
    assert [found for _, found in checked.statuses] == [
        "quarantined",
        "quarantined",
        "ok",
        "quarantined",
        "quarantined",
    ]
    assert len(checked.good) == 1
    assert not any("203.0.113.7" in text for text, _ in checked.quarantined)


def test_a_body_is_unpacked_by_what_it_is() -> None:
    plain = json.dumps({"batch": [track()]}).encode()
    assert unpack(plain) == unpack(gzip.compress(plain)) == plain
    assert read_batch(gzip.compress(plain)).messages == [track()]


def code(raw: bytes, kind: str = "") -> tuple[str, int]:
    with pytest.raises(BodyError) as caught:
        read_batch(raw, kind)
    return caught.value.code, caught.value.status


def test_a_body_that_cannot_be_used_says_why() -> None:
    packed = gzip.compress(json.dumps({"batch": [track()]}).encode())
    assert code(b"") == ("not_json", 400)
    assert code(b"\x80") == ("not_json", 400)
    assert code(b'{"batch": [NaN]}') == ("not_json", 400)
    assert code(b'{"batch": [' + b"9" * 5_000 + b"]}") == ("not_json", 400)
    assert code(b"[]") == ("not_an_object", 400)
    assert code(b"[]", "track") == ("not_an_object", 400)
    assert code(b"{}") == ("no_batch", 400)
    assert code(b'{"batch": ' + b"[" * 200_000) == ("too_deep", 400)
    assert code(json.dumps({"batch": [1] * 501}).encode()) == ("too_many", 413)
    assert code(packed[:-9]) == ("not_gzip", 400)
    assert code(b"\x1f\x8b" + b"\0" * 50) == ("not_gzip", 400)


def test_a_small_body_that_grows_without_end_is_refused_while_it_grows() -> None:
    bomb = gzip.compress(b" " * 30_000_000, 9)
    assert len(bomb) < MAX_BODY
    tracemalloc.start()
    assert code(bomb) == ("too_large", 413)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * MAX_BODY
    assert code(gzip.compress(b" " * (MAX_BODY + 1))) == ("too_large", 413)
    assert zlib.decompress(gzip.compress(b"x"), 31) == unpack(gzip.compress(b"x"))


def test_a_batch_says_its_key_and_its_clock_somewhere() -> None:
    found = read_batch(json.dumps({"batch": [{"writeKey": "wk_inner", "sentAt": iso(NOW)}]}).encode())
    assert (found.key, found.sent) == ("wk_inner", NOW)
    found = read_batch(json.dumps({"event": "e", "writeKey": "wk", "sentAt": "?"}).encode(), "track")
    assert (found.key, found.sent, found.messages) == (
        "wk",
        None,
        [{"event": "e", "writeKey": "wk", "sentAt": "?", "type": "track"}],
    )
    assert read_batch(b'{"batch": []}').messages == []


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str))
def test_any_time_is_one_or_none(value: object) -> None:
    found = moment(value)
    assert found is None or 0 < found < 2**53
