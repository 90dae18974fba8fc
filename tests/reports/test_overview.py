"""The overview against a plain-Python count over the same log, and its rules one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Cell, Result
from collector.core.event import Source
from collector.core.matcher import parse_matcher
from collector.core.query import Site
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports import scorecard, visitors
from collector.reports.overview import REPORT
from tests.support.effort import examples
from tests.support.visit_oracle import Visit, fits, is_bounce, logs, users, visits
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 6 * DAY
SITE = site({"Buy": "event:buy", "Add": "event:add"})


def value(result: Result, block: str) -> Cell:
    return result.block(block).rows[0][0]


def ask(events: Sequence[E], now: int = NOW, of: Site = SITE, parts: int = 1, **arguments: str) -> Result:
    return REPORT.run(world(events, as_of=now, parts=parts), question(REPORT, now, of, **arguments))


def counted(found: Sequence[Visit], start: int, end: int) -> dict[str, object]:
    """People, sessions, views, bounces and goal reachers by a plain loop."""
    goals = {name: parse_matcher(text) for name, text in (("Buy", "event:buy"), ("Add", "event:add"))}
    inside = [(v, at, e) for v in found for at, e in v.events if start <= e.time < end and not e.bot]
    begun = [v for v in found if start <= v.events[0][1].time < end and not v.events[0][1].bot]
    return {
        "people": len({v.person for v, _, _ in inside}),
        "sessions": len(begun),
        "page_views": sum(e.kind.type == "page" for _, _, e in inside),
        "bounces": sum(is_bounce(v) for v in begun),
        "goals": [len({v.person for v, at, e in inside if fits(m, v, at, e)}) for m in goals.values()],
        "sources": {
            key: len({v.person for v, _, _ in inside if (v.source.channel, v.source.source, v.source.campaign) == key})
            for key in {(v.source.channel, v.source.source, v.source.campaign) for v, _, _ in inside}
        },
    }


@settings(max_examples=examples(120), deadline=None)
@given(logs(), users(), st.integers(0, 5), st.integers(1, 4), st.sampled_from([1, 2]))
def test_every_total_is_what_a_plain_loop_counts(
    log: list[E], known: Mapping[str, str], first: int, length: int, parts: int
) -> None:
    low = datetime.fromtimestamp(START / 1000, UTC).date() + timedelta(days=first)
    high = low + timedelta(days=length - 1)
    query = question(REPORT, NOW, SITE, from_=low.isoformat(), to=high.isoformat())
    result = REPORT.run(world(log, known, NOW, parts), query)
    wanted = counted(visits(log, known), query.start, query.end)
    assert value(result, "people") == wanted["people"]
    assert value(result, "sessions") == wanted["sessions"]
    assert value(result, "page_views") == wanted["page_views"]
    assert [row[2] for row in result.block("goals").rows] == wanted["goals"]
    sessions = wanted["sessions"]
    assert isinstance(sessions, int)
    bounces = wanted["bounces"]
    assert isinstance(bounces, int)
    assert value(result, "bounce_rate") == (bounces / sessions if sessions else None)
    assert {tuple(row[:3]): row[3] for row in result.block("sources").rows} == wanted["sources"]
    assert sum(int(row[2] or 0) for row in result.block("trend").rows) == sessions
    assert sum(int(row[3] or 0) for row in result.block("trend").rows) == wanted["page_views"]


@settings(max_examples=examples(40), deadline=None)
@given(logs(most=25), users())
def test_every_linked_number_is_the_length_of_its_people_list(log: list[E], known: Mapping[str, str]) -> None:
    journeys = world(log, known, NOW)
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, all_time="1", where="any"))
    checked = 0
    for block in result.blocks:
        names = [column.name for column in block.columns]
        for row, link in zip(block.rows, block.links, strict=False):
            if link is None:
                continue
            arguments: dict[str, list[str]] = {}
            for name, text in link:
                arguments.setdefault(name, []).append(text)
            report = scorecard.REPORT if arguments.pop("report", []) == ["scorecard"] else visitors.REPORT
            listed = report.run(journeys, question(report, NOW, SITE, **arguments))
            shown = row[names.index("people") if "people" in names else 0]
            total = value(listed, "total") if report is visitors.REPORT else listed.block("people").draw["total"]
            if block.id == "page_views":
                assert bool(total) == bool(shown)  # who saw them, each perhaps several
            elif block.kind != "number" or block.columns[0].unit == "count":
                assert total == shown, (block.id, row)
            elif block.id == "bounce_rate":
                assert total == round(float(shown or 0) * float(value(result, "sessions") or 0))
            checked += 1
    assert checked or not log


def test_the_previous_period_has_as_many_days_and_ends_the_day_before() -> None:
    events = [E("a", START - 9 * DAY, "page:/"), E("b", START - 2 * DAY, "page:/"), E("b", START, "page:/")]
    now = START + 3 * DAY
    day = datetime.fromtimestamp(START / 1000, UTC).date()
    block = ask(events, now, from_=day.isoformat(), to=(day + timedelta(days=1)).isoformat()).block("people")
    assert block.rows[0] == [1, 1, 0.0]
    block = ask(events, now, from_=day.isoformat(), to=day.isoformat(), compare="none").block("people")
    assert block.rows[0] == [1, None, None]


def test_a_year_before_begins_on_the_same_date() -> None:
    events = [E("a", START, "page:/"), E("b", START - 365 * DAY, "page:/"), E("c", START - 365 * DAY, "page:/")]
    day = datetime.fromtimestamp(START / 1000, UTC).date().isoformat()
    assert ask(events, from_=day, to=day, compare="year").block("people").rows[0][:2] == [1, 2]


def test_a_period_under_way_is_compared_with_the_same_part_of_the_one_before() -> None:
    now = START + 12 * HOUR
    day = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
    late_before = [E("x", now - DAY + HOUR, "page:/"), E("y", now - DAY - HOUR, "page:/")]
    result = ask([*late_before, E("a", now - 1, "page:/")], now, from_=day, to=day, interval="day")
    assert result.block("people").rows[0][:2] == [1, 1]
    trend = result.block("trend").rows
    assert [trend[0][1], trend[0][5], trend[0][-1]] == [1, 2, True]
    assert "not over" in str(result.notes[0])


def days_of_three_periods() -> list[E]:
    """Who came in which of three periods of two days, on their first or second day: new, returning, back later."""
    came = {"a": "012345", "b": "24", "c": "3", "d": "35", "e": "03", "f": "5", "g": "145", "h": "2", "i": "05"}
    adds = {"a": "15", "b": "2", "d": "3", "e": "3", "g": "4", "h": "2"}
    noon = START - START % DAY + 12 * HOUR
    found = [E(who, noon + int(at) * DAY, "page:/") for who, days in came.items() for at in days]
    return found + [E(who, noon + int(at) * DAY + MINUTE, "event:add") for who, days in adds.items() for at in days]


OF_RANGE = [
    ({"where": "is:new"}, [1, 4]),
    ({"where": "is:returning"}, [5, 2]),
    ({"where": "event:add[#in]"}, [2, 4]),
    ({"where_not": "event:add[#in][#times>=1]"}, [4, 2]),
]


@pytest.mark.parametrize(("asked", "came"), OF_RANGE)
def test_filters_of_the_ranges_own_days_find_the_people_of_the_period_before_by_its_days(
    asked: dict[str, Any], came: list[int]
) -> None:
    log, midnight = days_of_three_periods(), START - START % DAY
    days = [datetime.fromtimestamp((midnight + at * DAY) / 1000, UTC).date().isoformat() for at in range(6)]
    for now in (midnight + 7 * DAY, midnight + 5 * DAY + 6 * HOUR):  # over, and under way
        known = [e for e in log if e.time < now]
        found = ask(known, now, from_=days[4], to=days[5], interval="day", **asked)
        then = now - 2 * DAY if now < midnight + 6 * DAY else now
        earlier = ask([e for e in known if e.time < then], then, from_=days[2], to=days[3], interval="day", **asked)
        for block in found.blocks:
            if block.kind == "number" and any(column.name == "previous" for column in block.columns):
                assert block.rows[0][1] == value(earlier, block.id), block.id
        assert [row[6] for row in found.block("goals").rows] == [row[5] for row in earlier.block("goals").rows]
        if then == now:
            assert found.block("people").rows[0][:2] == came
            assert [row[5:9] for row in found.block("trend").rows] == [row[1:5] for row in earlier.block("trend").rows]


def test_a_chat_widget_that_shows_itself_ends_no_bounce_but_a_click_does() -> None:
    shown = [E("a", START, "page:/"), E("a", START + 1_000, "event:chat_shown")]
    assert value(ask(shown, all_time="1"), "bounce_rate") == 1.0
    assert value(ask([*shown, E("a", START + 2_000, "click:More")], all_time="1"), "bounce_rate") == 0.0


def test_attention_counts_but_is_no_event_and_keeps_no_session_open() -> None:
    events = [
        E("a", START, "page:/"),
        E("a", START + 29 * MINUTE, "engagement", value=8_000.0),
        E("a", START + 31 * MINUTE, "page:/"),
    ]
    result = ask(events, all_time="1")
    assert value(result, "sessions") == 2
    assert value(result, "engaged_seconds") == 4.0
    assert value(result, "bounce_rate") == 1.0


def test_days_are_cut_at_local_midnight() -> None:
    late = int(datetime(2026, 3, 28, 23, 30, tzinfo=UTC).timestamp() * 1000)  # 00:30 on the 29th in Berlin
    query = question(
        REPORT, late + DAY, site(zone="Europe/Berlin"), from_="2026-03-28", to="2026-03-30", interval="day"
    )
    rows = REPORT.run(world([E("a", late, "page:/")], as_of=late), query).block("trend").rows
    assert [(row[0], row[1]) for row in rows] == [("2026-03-28", 0), ("2026-03-29", 1), ("2026-03-30", 0)]


def test_weeks_begin_on_monday_and_a_week_reaching_beyond_the_range_is_marked() -> None:
    query = question(REPORT, START + 90 * DAY, SITE, from_="2025-11-12", to="2025-11-23", interval="week")
    rows = REPORT.run(world([E("a", START, "page:/")]), query).block("trend").rows
    assert [(row[0], row[-1]) for row in rows] == [("2025-11-10", True), ("2025-11-17", False)]


def test_an_interval_in_hours_names_instants() -> None:
    rows = ask([E("a", START, "page:/")], from_="2025-11-13", to="2025-11-13").block("trend").rows
    assert len(rows) == 24
    assert [row[0] for row in rows if row[1]] == [START // HOUR * HOUR]


def test_live_people_are_those_of_the_last_five_minutes_with_what_they_did_last() -> None:
    events = [
        E("a", NOW - 6 * MINUTE, "page:/old"),
        E("b", NOW - 4 * MINUTE, "page:/x"),
        E("b", NOW - 1, "event:add", page="/x"),
        E("bot", NOW - 1, "page:/", bot=2),
    ]
    result = ask(events)
    assert value(result, "live_people") == 1
    assert result.block("live").rows == [["b", NOW - 1, "event", "add", "/x"]]


def test_bots_are_left_out_until_asked_for() -> None:
    events = [E("a", START, "page:/"), E("bot", START, "page:/", bot=1)]
    assert value(ask(events, all_time="1"), "people") == 1
    assert value(ask(events, all_time="1", include_bots="1"), "people") == 2
    within = [E("a", START, "page:/"), E("a", START + 1_000, "click:More", bot=1)]
    assert value(ask(within, all_time="1"), "bounce_rate") == 1.0
    assert value(ask(within, all_time="1", include_bots="1"), "bounce_rate") == 0.0


def test_pages_show_where_visits_begin_and_end() -> None:
    events = [E("a", START, "page:/"), E("a", START + 1_000, "page:/b/"), E("b", START, "page:/b")]
    rows = ask(events, all_time="1").block("pages").rows
    assert [row[:5] for row in rows] == [["/b", 2, 2, 1, 2], ["/", 1, 1, 1, 0]]


def test_goal_values_are_summed() -> None:
    events = [E("a", START, "event:buy", value=5.0), E("a", START + 1, "event:buy", value=7.5), E("b", START, "page:/")]
    assert ask(events, all_time="1").block("goals").rows[0][2:6] == [1, 2, 12.5, 0.5]


def test_who_reached_goals_counts_once_and_attention_where_its_visit_began() -> None:
    log = [E("a", START, "event:buy"), E("a", START + 1, "event:add"), E("a", START + 2, "event:buy")]
    log += [
        E("b", START, "page:/"),
        E("b", START - 3 * DAY, "page:/"),
        E("b", START - 3 * DAY + 1, "engagement", value=8e3),
    ]
    assert value(ask(log, all_time="1"), "conversion_rate") == 0.5
    day = datetime.fromtimestamp(START / 1000, UTC).date().isoformat()
    assert value(ask(log, from_=day, to=day), "engaged_seconds") == 0.0


def test_a_goal_whose_events_say_no_value_has_none() -> None:
    assert ask([E("a", START, "event:buy")], all_time="1").block("goals").rows[0][2:6] == [1, 1, None, 1.0]


def test_an_empty_site_says_that_nobody_came() -> None:
    result = ask([])
    assert str(result.headline) == "Nobody came in this time."
    assert value(result, "people") == 0


def test_a_session_belongs_to_the_source_it_began_with() -> None:
    news = Source("email", "news", "email", "may", campaign_mark=True)
    events = [E("a", START, "page:/", source=news), E("a", START + 1_000, "event:buy", value=1.0)]
    rows = ask(events, all_time="1").block("sources").rows
    assert rows == [["email", "news", "may", 1, 1, 1, 1.0]]


def test_who_is_left_out_of_nearly_everybody_is_counted_as_if_they_had_never_been() -> None:
    sources = (Source("email", "news"), Source("organic_search", "google"))
    events = []
    for at in range(40):
        begun = START + at * HOUR
        events.append(E(f"v{at}", begun, "page:/", source=sources[at % 2]))
        events += [E(f"v{at}", begun + MINUTE, "page:/a")] * (at % 3 > 0)
        events += [E(f"v{at}", begun + DAY, "event:buy")] * (at % 4 > 0)
        events.append(E(f"v{at}", begun + 2 * DAY, "page:/b", bot=at % 2))
    odd = [E("odd", START + HOUR, "page:/", source=sources[0]), E("odd", START + 5 * HOUR, "event:odd")]
    whole = world([*events, *odd], as_of=NOW)
    asked = question(REPORT, NOW, SITE, all_time="1", where_not="event:odd")
    REPORT.run(whole, question(REPORT, NOW, SITE, all_time="1"))
    found, wanted = REPORT.run(whole, asked), ask(events, all_time="1")
    for block in wanted.blocks:
        assert found.block(block.id).rows == block.rows, block.id
