"""The people list against a plain-Python list over the same log; paging, search and filters."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Cell
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.visitors import REPORT
from tests.support.effort import examples
from tests.support.visit_oracle import AGENTS, SOURCES, logs, users, visits
from tests.support.worlds import E, question, site, world

START = 1_763_000_000_000
NOW = START + 6 * DAY
SITE = site({"Buy": "event:buy"})


def listed(journeys: Journeys, **arguments: str) -> list[list[Cell]]:
    result = REPORT.run(journeys, question(REPORT, NOW, SITE, **arguments))
    return [list(row) for row in result.block("visitors").rows]


@settings(max_examples=examples(120), deadline=None)
@given(logs(), users(), st.sampled_from([1, 3]))
def test_each_person_is_listed_with_what_a_plain_loop_finds(log: list[E], known: Mapping[str, str], parts: int) -> None:
    rows = listed(world(log, known, NOW, parts), all_time="1")
    cut = visits(log, known)
    wanted = {}
    for person in {v.person for v in cut}:
        mine = [(e.time, at, e) for v in cut if v.person == person for at, e in v.events if not e.bot]
        if not mine:
            continue
        mine.sort(key=lambda row: row[:2])
        pages = sum(e.kind.type == "page" for _, _, e in mine)
        sessions = sum(any(not e.bot for _, e in v.events) for v in cut if v.person == person)
        agents = [e.agent for _, _, e in mine if e.agent is not None]
        wanted[person] = [
            person in known.values(),
            mine[0][0],
            mine[-1][0],
            sessions,
            pages,
            len(mine) - pages,
            agents[-1].device if agents else "other",
            "Buy" if any(e.kind.name == "buy" for _, _, e in mine) else "",
            mine[-1][2].path,
        ]
    found = {str(row[0]): [*row[1:7], *row[9:]] for row in rows}
    # An anonymous person of the log may share a name with nobody: keys are visitors or user ids.
    assert found == wanted
    seen = [int(str(row[3])) for row in rows]
    assert seen == sorted(seen, reverse=True)


@settings(max_examples=examples(60), deadline=None)
@given(logs(most=60), st.integers(1, 3), st.sampled_from([1, 2]))
def test_pages_of_any_size_put_together_are_the_whole_list(log: list[E], size: int, parts: int) -> None:
    journeys = world(log, {}, NOW, parts)
    whole = listed(journeys, all_time="1")
    after, pieces = "", []
    for _ in range(len(whole) + 1):
        result = REPORT.run(journeys, question(REPORT, NOW, SITE, all_time="1", limit=str(size), after=after))
        block = result.block("visitors")
        assert result.block("total").rows == [[len(whole)]]
        pieces += [list(row) for row in block.rows]
        following = block.draw.get("next")
        if not isinstance(following, tuple):
            break
        after = following[1]
        assert after in str(block.note)
    assert pieces == whole


def test_a_search_finds_a_part_of_a_user_id_or_of_a_visitors_key() -> None:
    journeys = world([E("v-123", START, "page:/"), E("v-456", START, "page:/")], {"v-456": "Ann@shop"}, NOW)
    assert [row[0] for row in listed(journeys, all_time="1", search="123")] == ["v-123"]
    assert [row[0] for row in listed(journeys, all_time="1", search="ann")] == ["Ann@shop"]
    assert [row[0] for row in listed(journeys, all_time="1", search="456")] == ["Ann@shop"]
    assert listed(journeys, all_time="1", search="nobody") == []


def test_filters_ask_for_one_visit_that_fits_them_all() -> None:
    events = [
        E("a", START, "page:/", source=SOURCES[1], agent=AGENTS[1]),
        E("b", START, "page:/", source=SOURCES[1], agent=AGENTS[2]),
        E("b", START + DAY, "page:/", source=SOURCES[3], agent=AGENTS[1]),
        E("c", START, "page:/pricing"),
    ]
    journeys = world(events, {"c": "cleo"}, NOW)

    def people(**arguments: str) -> set[object]:
        return {row[0] for row in listed(journeys, all_time="1", **arguments)}

    assert people(source="google") == {"a", "b"}
    assert people(source="google", device="mobile") == {"a"}
    assert people(channel="retargeting") == {"b"}
    assert people(channel="direct", source="(none)") == {"cleo"}
    assert people(landing="/pricing/") == {"cleo"}
    assert people(identified="yes") == {"cleo"}
    assert people(identified="no") == {"a", "b"}
    assert people(did="page:/pricing") == {"cleo"}
    assert people(where_not="page:/pricing") == {"a", "b"}


def test_did_is_within_the_range_and_where_is_at_any_time() -> None:
    events = [E("a", START - 20 * DAY, "event:buy"), E("a", START, "page:/")]
    journeys = world(events, as_of=NOW)
    assert len(listed(journeys, from_="2025-11-10", where="event:buy")) == 1
    assert listed(journeys, from_="2025-11-10", did="event:buy") == []


def test_a_place_in_the_list_that_nobody_gave_is_refused() -> None:
    with pytest.raises(UserError, match="not a place"):
        listed(world([]), after="yesterday")


@pytest.mark.parametrize("others", [0, 20])
def test_of_few_and_of_many_those_are_listed_who_did_anything_in_the_range(others: int) -> None:
    log = [E("ann", START, "event:buy"), E("bob", START, "event:buy"), E("bob", START + 3 * DAY, "page:/")]
    log += [E("cid", START, "event:buy"), E("cid", START + 3 * DAY, "page:/", bot=1)]
    log += [E("dan", START + 5 * DAY, "event:buy"), *(E(f"v{n}", START, "page:/") for n in range(others))]
    rows = listed(world(log, {}, NOW), from_="2025-11-15", to="2025-11-17", where="event:buy")
    assert [row[0] for row in rows] == ["bob"]
