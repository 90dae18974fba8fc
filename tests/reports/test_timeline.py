"""One person's timeline: everything, in order, in its visit, with attention, marks and words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Cell, Result
from collector.core.errors import UserError
from collector.core.event import CHAT_EVENTS, TYPES, Kind, Source
from collector.core.times import DAY, MINUTE
from collector.core.write import to_json
from collector.journeys.journeys import Journeys
from collector.journeys.part import ASIDE
from collector.reports.sentence import sentence
from collector.reports.timeline import REPORT
from tests.support.effort import examples
from tests.support.visit_oracle import SOURCES, logs, person_of, users, visits
from tests.support.worlds import UTC, E, question, site, stored, world

START = 1_763_000_000_000
NOW = START + 6 * DAY
SITE = site({"Buy": "event:buy"})


def ask(journeys: Journeys, person: str, **arguments: str) -> Result:
    return REPORT.run(journeys, question(REPORT, NOW, SITE, person=person, **arguments))


def cells(result: Result, *names: str) -> list[tuple[Cell, ...]]:
    block = result.block("events")
    at = [[column.name for column in block.columns].index(name) for name in names]
    return [tuple(row[place] for place in at) for row in block.rows]


@settings(max_examples=examples(100), deadline=None)
@given(logs(visitors="ab"), users("ab"), st.integers(1, 60))
def test_all_events_of_all_of_a_persons_visitors_come_in_the_order_of_time_and_arrival(
    log: list[E], known: Mapping[str, str], size: int
) -> None:
    journeys = world(log, known, NOW)
    for person in {person_of(event.visitor, known) for event in log}:
        wanted = [(e.time, at, e) for at, e in enumerate(log, 1) if person_of(e.visitor, known) == person]
        wanted = sorted((row for row in wanted if row[2].kind.type != "engagement"), key=lambda row: row[:2])
        result = ask(journeys, person, limit=str(size))
        assert cells(result, "time", "id", "type", "name") == [
            (time, f"uid-{at}", e.kind.type, e.kind.name) for time, at, e in wanted[-size:]
        ]
        mine = sorted((v for v in visits(log, known) if v.person == person), key=lambda v: _first(v.events))
        number = {at: n for n, v in enumerate(mine, 1) for at, _ in v.events}
        assert [row[0] for row in cells(result, "session")] == [number[at] for _, at, _ in wanted[-size:]]


def test_what_a_list_says_of_an_experiment_stands_with_the_visit_before_it_and_opens_none() -> None:
    mail = Source("email", "news", campaign_mark=True)
    times = (START, START + DAY, START + 2 * DAY, START + 3 * DAY)
    log = [E("a", at, "event:experiment_exposed", bot=ASIDE) for at in (times[0], times[2])]
    log += [E("a", times[1], "page:/", source=mail), E("a", times[3], "page:/x")]
    result = ask(world(log, as_of=NOW), "a")
    assert cells(result, "time", "session", "source") == [
        *((at, 1, "news") for at in times[:3]),
        (times[3], 2, "direct"),
    ]
    facts = {row[0]: row[2] for row in result.block("profile").rows}
    assert (facts["sessions"], facts["first_touch"]) == ("2", "email / news")
    assert "bot" not in facts


def _first(events: list[tuple[int, E]]) -> tuple[int, int]:
    return events[0][1].time, events[0][0]


@settings(max_examples=examples(40), deadline=None)
@given(logs(visitors="a", most=30), st.integers(1, 4))
def test_pages_of_any_size_put_together_are_the_whole_timeline(log: list[E], size: int) -> None:
    journeys = world(log, as_of=NOW)
    if not log:
        return
    whole = cells(ask(journeys, "a"), "id", "text")
    before = ""
    pieces: list[tuple[Cell, ...]] = []
    for _ in range(len(log) + 1):
        result = ask(journeys, "a", limit=str(size), before=before)
        pieces = cells(result, "id", "text") + pieces
        following = result.block("events").draw.get("next")
        if not isinstance(following, tuple):
            break
        before = following[1]
    assert pieces == whole


def test_the_newest_visit_comes_first_on_request_with_each_visit_in_order() -> None:
    events = [E("a", START, "page:/1"), E("a", START + 1, "page:/2"), E("a", START + DAY, "page:/3")]
    result = ask(world(events), "a", order="newest")
    assert [row[0] for row in cells(result, "name")] == ["/3", "/1", "/2"]


def test_attention_is_told_with_its_page_and_is_no_line_of_its_own() -> None:
    events = [
        E("a", START, "page:/"),
        E("a", START + 5_000, "engagement", value=5_000.0),
        E("a", START + 9_000, "engagement", value=2_500.0),
        E("a", START + 10_000, "page:/pricing"),
    ]
    assert cells(ask(world(events), "a"), "name", "engaged_seconds") == [("/", 7.5), ("/pricing", 0.0)]


def test_attention_after_a_click_is_told_with_the_page_that_the_click_was_on() -> None:
    events = [
        E("a", START, "page:/", page="/"),
        E("a", START + 1_000, "click:More", page="/"),
        E("a", START + 9_000, "engagement", value=6_000.0, page="/"),
    ]
    assert cells(ask(world(events), "a"), "name", "engaged_seconds") == [("/", 6.0), ("More", 0.0)]


def test_chat_retargeting_and_goals_are_marked() -> None:
    events = [
        E("a", START, "page:/", source=SOURCES[3]),
        E("a", START + 1, "event:chat_started"),
        E("a", START + 2, "event:buy"),
        E("a", START + 3, "page:/", source=SOURCES[3]),
    ]
    rows = cells(ask(world(events), "a"), "mark", "goal", "source")
    assert rows == [("retargeting", "", "adnet"), ("chat", "", "adnet"), ("goal", "Buy", "adnet"), ("", "", "adnet")]


def test_the_whole_journey_is_shown_unless_a_range_is_asked_for() -> None:
    journeys = world([E("a", START - 300 * DAY, "page:/old"), E("a", START, "page:/new")])
    assert cells(ask(journeys, "a"), "name") == [("/old",), ("/new",)]
    assert cells(ask(journeys, "a", from_="2025-11-01"), "name") == [("/new",)]
    assert cells(ask(journeys, "a", from_="2025-01-01", to="2025-11-01"), "name") == [("/old",)]


def test_events_newer_than_the_view_are_shown_too_in_the_visit_that_runs() -> None:
    events = [E("a", START, "page:/"), E("a", START + MINUTE, "event:add"), E("a", START + 90 * MINUTE, "page:/")]
    full = world(events)
    part = world(events[:1]).parts
    late = Journeys(part, full.kinds, full.pages, full.sources, full.agents, full.properties, full.people, START)
    assert [row[0] for row in cells(ask(late, "a"), "session")] == [1, 1, 2]


def test_a_person_nobody_knows_is_an_error_that_says_what_to_write() -> None:
    with pytest.raises(UserError, match="user id or a visitor's key"):
        ask(world([E("a", START, "page:/")]), "zed")


def test_the_profile_tells_who_it_is_and_where_they_first_came_from() -> None:
    google = Source("organic_search", "google")
    events = [E("a", START, "page:/", source=google), E("b", START + DAY, "event:buy")]
    result = ask(world(events, {"a": "ann", "b": "ann"}), "b")
    facts = {str(row[0]): row[2] for row in result.block("profile").rows}
    assert facts["user"] == "ann"
    assert facts["first_touch"] == "organic_search / google"
    assert facts["sessions"] == "2"
    assert facts["goals"] == "Buy"
    assert [row[0] for row in result.block("linked").rows] == ["a", "b"]
    assert [row[0] for row in result.block("sessions").rows] == [2, 1]


def test_the_json_is_what_the_public_face_promises() -> None:
    result = ask(world([E("a", START, "page:/"), E("a", START + 1, "event:buy")]), "a")
    told = to_json("timeline", (), result, UTC)
    blocks = told["blocks"]
    assert isinstance(blocks, list)
    events = next(block for block in blocks if block["id"] == "events")
    assert {"type", "name", "time"} <= set(events["columns"])
    assert events["rows"][0][0].startswith("2025-11-13T")


@pytest.mark.parametrize("kind", [*(Kind(kind, "Name") for kind in TYPES), *(Kind("event", n) for n in CHAT_EVENTS)])
def test_every_event_reads_as_a_sentence(kind: Kind) -> None:
    told = str(sentence(stored(E("a", START, f"{kind.type}:{kind.name}"), 1)))
    assert told
    assert "{" not in told
    assert told[0].isupper()
