"""Whatever stands in a row, every reader makes events of it or says why not."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.event import TYPES
from collector.ingest.bots import NO_LIST
from collector.ingest.imports.guess import FORMATS, MAPPINGS, TITLES, make_reader
from collector.ingest.rows import RowError
from collector.ingest.rules import Arrival, SiteRules
from tests.support.effort import examples

NOW = 1_790_000_000_000
GOOD: dict[str, dict[str, Any]] = {
    "ga4": {
        "event_timestamp": "1760000000000000",
        "user_pseudo_id": "1.2",
        "event_name": "purchase",
        "event_params": [{"key": "page_location", "value": {"string_value": "https://a.example/"}}],
        "ecommerce": {"purchase_revenue": 5},
        "items": [{"item_id": "1", "price": "2.5"}],
        "device": {"category": "desktop", "web_info": {"browser": "Chrome"}},
        "collected_traffic_source": {"manual_source": "x"},
        "user_id": "kim",
    },
    "matomo": {
        "idSite": 1,
        "idVisit": 2,
        "visitorId": "abc",
        "userId": None,
        "actionDetails": [{"type": "action", "timestamp": 1_760_000_000, "url": "https://a.example/", "pageId": 1}],
        "referrerType": "campaign",
        "referrerName": "x",
        "deviceType": "Desktop",
    },
    "umami": {
        "event_id": "e1",
        "session_id": "s",
        "created_at": "2025-10-09 08:53:20",
        "url_path": "/",
        "url_query": "a=1",
        "event_type": 2,
        "event_name": "buy",
        "event_data": [{"data_key": "a", "number_value": 1}],
        "distinct_id": "kim",
        "referrer_domain": "b.example",
    },
    "posthog": {
        "uuid": "u1",
        "event": "$autocapture",
        "distinct_id": "d",
        "timestamp": "2025-10-09T08:53:20Z",
        "properties": {"$event_type": "click", "$el_text": "Buy", "$current_url": "/", "$device_id": "d", "$set": {}},
    },
    "segment": {
        "type": "page",
        "messageId": "m",
        "anonymousId": "a",
        "userId": "kim",
        "timestamp": "2025-10-09T08:53:20Z",
        "properties": {"url": "https://a.example/"},
        "context": {"page": {"url": "/"}, "campaign": {"source": "x"}, "userAgent": "x"},
    },
}
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "null", "\ud800", "a|b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def changed(cell: object, draw: st.DrawFn, value: object) -> object:
    """`cell` with one thing in it, however deep, replaced."""
    if isinstance(cell, dict) and cell and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(cell)))
        return {**cell, name: changed(cell[name], draw, value)}
    if isinstance(cell, list) and cell and draw(st.booleans()):
        return [changed(cell[0], draw, value), *cell[1:]]
    return value


@st.composite
def rows(draw: st.DrawFn, tool: str) -> dict[str, Any]:
    row = dict(GOOD[tool])
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(sorted(row)))
        row[name] = changed(row[name], draw, draw(values))
    return row


@pytest.mark.parametrize("tool", sorted(GOOD))
@settings(max_examples=examples(80), deadline=None)
@given(data=st.data())
def test_any_row_is_events_or_a_reason(tool: str, data: st.DataObject) -> None:
    arrival = Arrival(SiteRules(1, frozenset(["a.example"])), NO_LIST, NOW, server=True)
    reader = make_reader(tool, arrival, ZoneInfo("UTC"))
    row = data.draw(rows(tool))
    try:
        found = reader.read(row, "")
    except RowError:
        return
    again = make_reader(tool, arrival, ZoneInfo("UTC")).read(row, "")
    assert [event.id for event in again] == [event.id for event in found]
    assert found or reader.left_out or not row.get("actionDetails")
    for event in found:
        assert event.type in TYPES
        assert event.visitor
        assert len(event.id) == 36
        json.dumps(dict(event.props), allow_nan=False).encode()


@pytest.mark.parametrize("tool", sorted(GOOD))
def test_the_good_row_is_an_event(tool: str) -> None:
    arrival = Arrival(SiteRules(1), NO_LIST, NOW, server=True)
    assert len(make_reader(tool, arrival, ZoneInfo("UTC")).read(GOOD[tool], "")) == 1


def test_every_format_has_words() -> None:
    assert set(TITLES) == set(FORMATS) == {"csv", "jsonl", *MAPPINGS}
