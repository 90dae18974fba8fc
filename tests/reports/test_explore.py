"""Explore: rules one by one, and random logs against a slow count of the same events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.event import Json
from collector.core.stages import parse_stages
from collector.core.times import DAY, HOUR, MINUTE
from collector.reports.ask import ask as all_doors
from collector.reports.explore import REPORT
from tests.support.effort import examples
from tests.support.visit_oracle import visits
from tests.support.worlds import E, Ledger, question, site, world

ZONE = ZoneInfo("America/New_York")
# The Saturday before the clocks go back there.
START = int(datetime(2025, 11, 1, tzinfo=ZONE).timestamp() * 1000)
NOW = START + 5 * DAY


def ask(
    events: Sequence[E], more: Mapping[str, str] | None = None, users: Mapping[str, str] | None = None, parts: int = 1
) -> Result:
    asked: dict[str, str] = {"from_": "2025-11-01", "to": "2025-11-05", "by": "page", **(more or {})}
    query = question(REPORT, NOW, site(zone="America/New_York"), **asked)
    return REPORT.run(world(events, users, NOW, parts), query)


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def at(hours: float, visitor: str = "u", what: str = "event:x", page: str = "/", value: float | None = None) -> E:
    return E(visitor, int(START + hours * HOUR), what, page=page, value=value)


def test_a_value_has_its_people_events_visits_and_money() -> None:
    events = [at(0, value=5.0), at(0.2, value=7.0), at(3), at(0, "v", page="/a"), at(1, "v", value=2.0)]
    rows = {row["value_of"]: row for row in named(ask(events).block("values"))}
    assert rows["/"] == {"value_of": "/", "people": 2, "events": 4, "sessions": 3, "value": 14.0, "average": 14 / 3}
    assert rows["/a"]["average"] is None, "the average of nothing is not zero"


@pytest.mark.parametrize("measure", ["value", "average"])
def test_where_no_event_carries_a_value_none_is_told_and_none_is_zero(measure: str) -> None:
    events = [at(0), at(1, page="/a"), at(2, "v", page="/a")]
    result = ask(events, {"measure": measure, "across": "device"})
    assert str(result.headline) == "None of the 3 events carries a value."
    assert str(ask(events[:1], {"measure": measure}).headline) == "The only event carries no value."
    rows = named(result.block("values"))
    assert [(row["value_of"], row["people"], row[measure]) for row in rows] == [("/a", 2, None), ("/", 1, None)]
    assert {row[measure] for row in named(result.block("trend"))} == {None}
    assert (result.block("pairs").rows, str(result.block("pairs").empty)) == ([], "None of the events carries a value.")


def test_a_loss_is_above_what_carries_nothing() -> None:
    events = [at(0, value=-5.0), at(0, "v", page="/a"), at(0, "w", page="/b")]
    result = ask(events, {"measure": "average", "top": "1"})
    assert [row["value_of"] for row in named(result.block("values"))] == ["/", "(other)"]
    assert str(result.headline) == "/ leads with -5.00 on average."


def test_a_property_that_no_event_has_is_told_with_what_may_be_meant() -> None:
    event = [E("u", START, "event:x", props={"product": "cup", "size": 2}), at(1)]
    result = ask(event, {"by": "prodcut"})
    assert str(result.headline) == "None of the 2 events has a property “prodcut”."
    assert list(map(str, result.notes)) == ["Properties with such a name: product."]
    assert str(ask(event[:1], {"by": "zzz"}).headline) == "The only event has no property “zzz”."
    across = list(map(str, ask(event, {"by": "product", "across": "zzz"}).notes))
    assert across[:2] == [
        "None of the 2 events has a property “zzz”.",
        "Properties that events have: product, size.",
    ]
    assert str(ask(event, {"by": "campaign"}).headline) == "(none) leads: 1 of 1 person.", "every event has one or none"


def test_a_list_is_called_by_its_values_as_people_say_them() -> None:
    asked = {"by": "channel", "across": "device", "people": "in", "group": "direct", "at": "2025-11-01"}
    assert str(ask([at(0)], asked).block("people").title).startswith("Direct, 2025-11-01")


def test_the_small_values_are_one_and_ties_are_in_the_order_of_their_names() -> None:
    events = [at(0, "u", page="/c"), at(0, "v", page="/b"), at(0, "w", page="/b"), at(0, "x", page="/a")]
    rows = [(row["value_of"], row["people"]) for row in named(ask(events, {"top": "2"}).block("values"))]
    assert rows == [("/b", 2), ("/a", 1), ("(other)", 1)]


def test_all_together_open_their_people() -> None:
    events = [at(0), at(1, page="/a"), at(2, "v")]
    summary = ask(events).block("summary")
    links: Any = summary.draw["cell_links"]
    assert set(links) == {"people", "events", "sessions"}
    for link in links.values():
        arguments = {name: text for name, text in link[0] if name in ("people", "group", "within", "at")}
        assert ask(events, arguments, parts=2).block("people").draw["total"] == summary.rows[0][0] == 2


def test_people_of_several_values_are_not_added_up() -> None:
    result = ask([at(0), at(1, page="/a")])
    assert result.block("summary").rows[0][0] == 1
    assert any("more than all people" in note.template for note in result.notes)


def test_a_visit_counts_in_a_day_of_23_or_25_hours_as_in_any_other() -> None:
    # 2 November has 25 hours there: 24.5 hours after its start it is still the second.
    rows = named(ask([at(24), at(24 + 24.5), at(24 + 25)], {"interval": "day"}).block("trend"))
    assert [(row["date"], row["people"]) for row in rows if row["people"]] == [("2025-11-02", 1), ("2025-11-03", 1)]
    assert [row["unfinished"] for row in rows] == [False, False, False, False, True]


@pytest.mark.parametrize("parts", [1, 2])
def test_people_are_told_apart_by_a_trait_and_by_the_stage_they_are_in_now(parts: int) -> None:
    events = [at(0, one) for one in "uvwxyz"] + [at(1, "v", "event:buy"), at(200, "w", "event:buy")]
    users = {one: f"user {one}" for one in "uvwxy"}
    told: dict[str, Json] = {"u": "pro", "v": "pro", "w": 5.0, "x": [1, "a"], "y": None}
    journeys = world(events, users, NOW, parts)
    assert isinstance(journeys.people, Ledger)
    traits = {users[one]: {"plan": value} for one, value in told.items()}
    journeys = replace(journeys, people=replace(journeys.people, told=traits))
    own = replace(site(), stages=parse_stages((("Visitor", "any"), ("Buyer", "event:buy"))))

    def rows(by: str) -> dict[object, object]:
        _, result = all_doors(REPORT, journeys, {"all-time": ["1"], "by": [by], "event": ["event:x"]}, own, NOW)
        return {row["value_of"]: row["people"] for row in named(result.block("values"))}

    assert rows("trait:plan") == {"pro": 2, "5": 1, "[1, 'a']": 1, "(none)": 2}
    assert rows("plan") == {"(none)": 6}, "a property of the events, which is not guessed to be a trait"
    assert rows("stage") == {"Visitor": 5, "Buyer": 1}, "what comes after now is of no stage yet"
    with pytest.raises(UserError, match="not the name of a trait"):
        rows("trait:plan=pro")


def test_an_empty_site_and_an_unknown_value_are_told() -> None:
    assert "Nothing" in str(ask([]).headline)
    with pytest.raises(UserError, match="has the value"):
        ask([at(0)], {"people": "in", "group": "/nowhere"})


def logs() -> st.SearchStrategy[list[E]]:
    one = st.builds(
        E,
        visitor=st.sampled_from("uvw"),
        time=st.sampled_from(
            [START + minutes * MINUTE for minutes in (-60, 0, 10, 20, 90, 1_440, 1_450, 3_000, 4_400)]
        ),
        what=st.sampled_from(("page:/", "page:/a", "event:x", "event:y")),
        page=st.sampled_from(("/", "/a", "/b")),
        value=st.sampled_from((None, 1.0, 2.5)),
        props=st.sampled_from(({}, {"n": 1}, {"n": "b"})),
        bot=st.sampled_from((0, 0, 0, 1)),
    )
    return st.lists(one, max_size=20)


USERS = st.dictionaries(st.sampled_from("uvw"), st.sampled_from(("ann", "bob")), max_size=3)


def value_of(event: E, name: str) -> str:
    return (event.path if name == "page" else str(event.props.get(name, ""))) or "(none)"


def sessions_of(events: Sequence[E], users: Mapping[str, str]) -> dict[int, int]:
    return {number: at for at, visit in enumerate(visits(events, users)) for number, _ in visit.events}


@settings(max_examples=examples(300), deadline=None)
@given(logs(), USERS, st.sampled_from(("any", "event:x", "event:*")), st.booleans(), st.sampled_from((1, 2)))
def test_a_slow_count_finds_the_same(
    events: list[E], users: dict[str, str], matcher: str, crossed: bool, parts: int
) -> None:
    more = {"event": matcher, "interval": "day", **({"across": "n"} if crossed else {})}
    result = ask(events, more, users, parts)
    session = sessions_of(events, users)
    kinds = {"any": "", "event:x": "event:x", "event:*": "event:"}
    mine = [
        (number, event)
        for number, event in enumerate(events, 1)
        if not event.bot and event.time >= START and event.what.startswith(kinds[matcher])
    ]

    def counted(chosen: Sequence[tuple[int, E]]) -> dict[str, Cell]:
        carried = [event.value for _, event in chosen if event.value is not None]
        return {
            "people": len({users.get(event.visitor, event.visitor) for _, event in chosen}),
            "events": len(chosen),
            "sessions": len({session[number] for number, _ in chosen}),
            "value": sum(carried) if any(event.value is not None for _, event in mine) else None,
            "average": sum(carried) / len(carried) if carried else None,
        }

    for row in named(result.block("values")):
        chosen = [one for one in mine if value_of(one[1], "page") == row["value_of"]]
        assert {name: row[name] for name in row if name != "value_of"} == counted(chosen)
    assert {row["value_of"] for row in named(result.block("values"))} == {value_of(e, "page") for _, e in mine}
    for row in named(result.block("trend")):
        day = [
            one for one in mine if datetime.fromtimestamp(one[1].time / 1000, ZONE).date().isoformat() == row["date"]
        ]
        assert row["people"] == counted([one for one in day if value_of(one[1], "page") == row["value_of"]])["people"]
    if crossed:
        pairs = {(value_of(e, "page"), value_of(e, "n")) for _, e in mine}
        rows = named(result.block("pairs"))
        assert {(row["value_of"], row["within"]) for row in rows} == pairs
        for row in rows:
            both = [
                one
                for one in mine
                if (value_of(one[1], "page"), value_of(one[1], "n")) == (row["value_of"], row["within"])
            ]
            assert row["people"] == counted(both)["people"]


@settings(max_examples=examples(100), deadline=None)
@given(logs(), USERS)
def test_every_number_is_as_long_as_its_list_of_people(events: list[E], users: dict[str, str]) -> None:
    more = {"across": "n", "interval": "day", "top": "2"}
    result = ask(events, more, users)
    for name in ("values", "trend", "pairs"):
        block = result.block(name)
        for row, link in zip(named(block), block.links, strict=True):
            assert link is not None
            arguments = {key: text for key, text in link if key in ("people", "group", "within", "at")}
            listed = ask(events, {**more, **arguments}, users).block("people")
            assert listed.draw["total"] == len(listed.rows) == row["people"], (name, row)
