"""Rows to events: times, ids, names, properties, and what is refused."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.event import Event, Source
from collector.core.times import DAY
from collector.ingest.bots import NO_LIST
from collector.ingest.columns import Columns, choose_columns
from collector.ingest.rows import RowError, RowReader, epoch_ms, number_or_text, parse_time, row_id
from collector.ingest.rules import Arrival, SiteRules

NOW = 1_790_000_000_000
BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
PLAIN = ["visitor", "t", "name", "url", "props"]


def reader(names: list[str], typed: bool = True, **given: str) -> RowReader:
    arrival = Arrival(SiteRules(1, frozenset(["shop.example"])), NO_LIST, NOW, server=True)
    return RowReader(choose_columns(names, given), arrival, BERLIN, typed)


def read(row: dict[str, Any], names: list[str] | None = None, typed: bool = True) -> Event:
    return reader(names or [*row], typed).event(row, str(row))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (1_700_000_000, 1_700_000_000_000),
        ("1700000000", 1_700_000_000_000),
        (1_700_000_000.25, 1_700_000_000_250),
        ("1700000000.25", 1_700_000_000_250),
        (1_700_000_000_123, 1_700_000_000_123),
        ("1700000000123", 1_700_000_000_123),
        (1_700_000_000_123_456, 1_700_000_000_123),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14T22:13:20.5+00:00", 1_700_000_000_500),
        ("2023-11-14 23:13:20+01:00", 1_700_000_000_000),
        ("2023-11-14 23:13:20", 1_700_000_000_000),  # Berlin, where no zone is named
        ("2023-11-14 22:13:20 UTC", 1_700_000_000_000),
        ("2023-07-01", 1_688_162_400_000),
        (" 2023-11-14T22:13:20Z ", 1_700_000_000_000),
        ("1969-12-31T23:59:59Z", -1_000),
    ],
)
def test_times_are_read_in_every_usual_form(cell: object, expected: int) -> None:
    assert parse_time(cell, BERLIN) == expected


@pytest.mark.parametrize(
    "cell", ["", None, "yesterday", "12:30", True, [], {}, float("nan"), float("inf"), "2023-13-01", "٣"]
)
def test_what_is_no_time_is_refused(cell: object) -> None:
    with pytest.raises(RowError, match="time"):
        parse_time(cell, UTC)


@given(st.integers(min_value=101_000_000_000, max_value=4_000_000_000_000))
def test_seconds_and_milliseconds_of_the_same_moment_agree(ms: int) -> None:
    assert epoch_ms(ms) == ms
    assert epoch_ms(ms // 1_000) == ms // 1_000 * 1_000
    assert epoch_ms(ms * 1_000) == ms


def test_the_time_may_lie_a_day_ahead_but_no_further() -> None:
    row = {"visitor": "a", "t": NOW + DAY, "name": "x"}
    assert read(row).time == NOW
    with pytest.raises(RowError, match="more than a day in the future"):
        read({**row, "t": NOW + DAY + 1})


def test_an_event_takes_name_address_properties_and_value() -> None:
    event = read({"visitor": "a", "t": 1_700_000_000, "name": "purchase", "url": "/thanks", "props": {"total": "12.5"}})
    assert (event.type, event.name, event.path) == ("event", "purchase", "/thanks")
    assert event.props == {"total": "12.5"}
    assert event.value == 12.5
    assert event.time == 1_700_000_000_000


@pytest.mark.parametrize("name", ["page", "Pageview", "page_view", "$pageview", ""])
def test_page_views_are_known_by_their_usual_names_or_by_an_address_alone(name: str) -> None:
    event = read({"visitor": "a", "t": 1, "name": name, "url": "https://shop.example/p?utm_source=x&email=a@b.de"})
    assert (event.type, event.path, event.kind.name) == ("page", "/p", "/p")
    assert event.query == "utm_source=x&email=***"


def test_a_page_view_may_tell_its_address_in_the_properties() -> None:
    assert read({"visitor": "a", "t": 1, "name": "page", "props": {"path": "/pricing"}}, PLAIN).path == "/pricing"


def test_a_page_view_without_an_address_stays_an_event() -> None:
    event = read({"visitor": "a", "t": 1, "name": "page"}, PLAIN)
    assert (event.type, event.name) == ("event", "page")


def test_the_source_comes_from_the_address_the_referrer_or_campaign_columns() -> None:
    page = {"visitor": "a", "t": 1, "name": "page", "url": "https://shop.example/"}
    assert read({**page, "referrer": "https://www.google.com/search?q=x"}).source == Source("organic_search", "google")
    marked = {**page, "utm_source": "adnet", "utm_medium": "retargeting"}
    source = read(marked).source
    assert source is not None
    assert (source.channel, source.source) == ("retargeting", "adnet")
    assert read(page).source is None


@pytest.mark.parametrize(
    "visitor", ["", None, "null", "undefined", " ", "[object Object]", 0, "0", "NaN", True, ["a"], "x" * 201]
)
def test_a_visitor_that_names_nobody_is_refused(visitor: object) -> None:
    with pytest.raises(RowError, match="visitor"):
        read({"visitor": visitor, "t": 1, "name": "x"})


def test_a_user_without_a_visitor_gets_one_and_is_linked() -> None:
    event = read({"visitor": None, "user": "bob", "t": 1, "name": "x"})
    assert (event.visitor, event.user) == ("user:bob", "bob")
    assert read({"visitor": "v", "user": "null", "t": 1, "name": "x"}).user is None


def test_an_event_without_name_and_address_is_refused() -> None:
    with pytest.raises(RowError, match="event is missing"):
        read({"visitor": "a", "t": 1, "name": " "})


@pytest.mark.parametrize("props", ["{", "[1]", [1], 3, '"x"', "[" * 100_000])
def test_properties_that_are_no_object_are_refused(props: object) -> None:
    with pytest.raises(RowError, match="props"):
        read({"visitor": "a", "t": 1, "name": "x", "props": props})


def test_columns_without_a_role_become_properties_unless_properties_were_named() -> None:
    row = {
        "visitor": "a",
        "t": "1",
        "name": "x",
        "plan": "pro",
        "total": "9.50",
        "zip": "007",
        "none": "",
        "props": '{"a": 1}',
    }
    assert read(row, typed=False).props == {"plan": "pro", "total": 9.5, "zip": "007", "a": 1}
    assert reader([*row], False, props="props").event(row, "").props == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("-2.5", -2.5), ("05", "05"), ("1e5", "1e5"), ("5.", "5."), ("", "")]
)
def test_cells_become_numbers_only_where_they_are_spelled_plainly(text: str, value: object) -> None:
    assert number_or_text(text) == value


def test_equal_rows_are_two_events_and_a_second_reading_gives_the_same_two() -> None:
    row = {"visitor": "a", "t": 1, "name": "x"}
    first, second = reader([*row]), reader([*row])
    ids = [first.event(row, "same").id, first.event(row, "same").id]
    assert ids[0] != ids[1]
    assert [second.event(row, "same").id, second.event(row, "same").id] == ids


def test_a_given_id_is_kept_when_it_is_a_uuid_and_else_made_into_one() -> None:
    number = "0198f3a2-5b1c-7d10-8a4e-1f2e3d4c5b6b"
    assert row_id(number.upper(), "", 0) == number
    assert row_id("order-7", "a", 0) == row_id("order-7", "b", 3) != row_id("order-8", "a", 0)
    assert read({"id": 7, "visitor": "a", "t": 1, "name": "x"}).id == row_id("7", "", 0)


@given(st.text(), st.integers(0, 5))
def test_made_up_ids_are_canonical_uuids(text: str, occurrence: int) -> None:
    number = row_id(None, text, occurrence)
    assert len(number) == 36
    assert number == number.lower()
    assert number != row_id(None, text, occurrence + 1)


def test_columns_are_guessed_from_what_other_systems_call_them() -> None:
    assert choose_columns(["distinct_id", "timestamp", "event", "properties"], {}) == Columns(
        visitor="distinct_id", time="timestamp", event="event", props="properties", rest=True
    )
    found = choose_columns(["anonymousId", "userId", "messageId", "event", "timestamp", "Page URL"], {})
    assert (found.visitor, found.user, found.id, found.url) == ("anonymousId", "userId", "messageId", "Page URL")
    assert choose_columns(["user_id", "ts", "action"], {}).visitor == "user_id"


def test_a_missing_column_is_named_together_with_those_that_are_there() -> None:
    with pytest.raises(UserError, match=r"no column 'who' for --visitor. Columns here: a, b"):
        choose_columns(["a", "b"], {"visitor": "who"})
    with pytest.raises(UserError, match="No column says when"):
        choose_columns(["visitor", "name"], {})
    with pytest.raises(UserError, match="No column says who"):
        choose_columns(["t", "name"], {})
    with pytest.raises(UserError, match="No column says what"):
        choose_columns(["visitor", "t"], {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("visitor", "t", "name", "url", "props", "id", "ref", "user", "ua"), json_values)
    )
)
def test_whatever_stands_in_a_row_it_is_an_event_or_a_reason(row: dict[str, Any]) -> None:
    made = reader([*PLAIN, "id", "ref", "user", "ua"])
    try:
        event = made.event(row, "text")
    except RowError:
        return
    else:
        assert event.visitor
        assert len(event.id) == 36
        assert event.type in ("page", "event")
