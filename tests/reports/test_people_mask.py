"""Who fits a condition: whole arrays against slow loops over the same log, and the rules one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.event import Agent
from collector.core.people import Fact, Segment
from collector.core.people_text import parse_people
from collector.core.query import Query, Site, parse_query
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports import people_mask
from tests.support.effort import examples
from tests.support.people_oracle import Question, conditions, journeys_of, member
from tests.support.visit_oracle import SOURCES, logs, users
from tests.support.worlds import E, Ledger, site, world

START = 1_763_000_000_000  # 2025-11-13, 02:13 UTC
NOW = START + 3 * DAY
ZONE = "America/New_York"
SEGMENTS = {
    "Buyers": Segment("Buyers", (parse_people("event:buy"),)),
    "Late": Segment("Late", (parse_people("any[#last=1d]"),), (parse_people("segment:Buyers"),)),
}
SITE = site(zone=ZONE, segments=SEGMENTS)


def ask(of: Site = SITE, **arguments: str | Sequence[str]) -> Query:
    given_ = {
        name.rstrip("_").replace("_", "-"): [told] if isinstance(told, str) else list(told)
        for name, told in arguments.items()
    }
    return parse_query((), given_, of, NOW)


def fitting(journeys: Journeys, query: Query) -> set[str]:
    """The people that the common filters leave, by name."""
    found: set[str] = set()
    for part in journeys.each():
        codes = part.persons[people_mask.chosen(journeys, part, query)].tolist()
        names = journeys.people.keys(codes)
        found |= {names[code] for code in codes}
    return found


def who(
    log: Sequence[E],
    *where: str,
    users: Mapping[str, str] | None = None,
    since: str = "",
    bots: str = "0",
    segment: str = "",
) -> set[str]:
    query = ask(where=where, include_bots=bots, segment=segment, from_=since, all_time="0" if since else "1")
    return fitting(world(log, users, NOW), query)


@settings(max_examples=examples(500), deadline=None)
@given(
    logs(most=25),
    users(),
    st.lists(conditions(), max_size=2),
    st.lists(conditions(), max_size=1),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1, 2]),
)
def test_a_plain_loop_finds_the_same_people(
    log: list[E], known: dict[str, str], where: list[str], where_not: list[str], bots: bool, ranged: bool, parts: int
) -> None:
    days = (date(2025, 11, 13), date(2025, 11, 14)) if ranged else None
    span = {"from": [str(days[0])], "to": [str(days[1])]} if days else {"all-time": ["1"]}
    flags = {"include-bots": ["1"]} if bots else {}
    query = parse_query((), {"where": where, "where-not": where_not, **span, **flags}, SITE, NOW)
    asked = Question(ZoneInfo(ZONE), days, NOW, SEGMENTS, bots)
    segment = Segment("", tuple(map(parse_people, where)), tuple(map(parse_people, where_not)))
    wanted = {
        person
        for person, mine in journeys_of(log, known, bots).items()
        if member(segment, mine, person in known.values(), asked)
    }
    journeys = world(log, known, NOW, parts)
    assert fitting(journeys, query) == wanted
    assert fitting(journeys, query) == wanted  # the second time from what is remembered


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from("xyz")), max_size=9),
    st.lists(
        st.tuples(st.sampled_from(["x", "y", "z", "*"]), st.sampled_from(["", "[#within=1s]"])), min_size=2, max_size=5
    ),
)
@example([("a", 0, "x"), ("a", 0, "y")], [("x", ""), ("y", ""), ("x", "")])
@example([("a", 0, "x"), ("a", 0, "y"), ("a", 0, "x")], [("x", ""), ("y", ""), ("x", "")])
def test_ties_are_shared_out_as_a_plain_loop_does(
    told: list[tuple[str, int, str]], steps: list[tuple[str, str]]
) -> None:
    log = [E(visitor, START + 1_000 * second, f"event:{name}") for visitor, second, name in told]
    first, *later = steps
    text = " -> ".join([f"event:{first[0]}", *(f"event:{name}{within}" for name, within in later)])
    segment = Segment("", (parse_people(text),))
    asked = Question(ZoneInfo("UTC"), None, NOW, {})
    wanted = {person for person, mine in journeys_of(log, {}, False).items() if member(segment, mine, False, asked)}
    assert who(log, text) == wanted


def test_how_often_counts_events_and_never_is_no_time() -> None:
    log = [E("a", START, "event:x"), E("a", START + 1, "event:x"), E("b", START, "event:x"), E("c", START, "page:/")]
    assert who(log, "event:x[#times>=2]") == {"a"}
    assert who(log, "event:x[#times=1]") == {"b"}
    assert who(log, "event:x[#times=0]") == {"c"}
    assert who(log, "event:x[#times<2]") == {"b", "c"}
    assert who(log, "event:x[#times>=1][#times<=1]") == {"b"}


def test_the_ends_of_stretches_are_inside() -> None:
    log = [E("a", NOW - DAY, "event:x"), E("b", NOW - DAY - 1, "event:x"), E("c", NOW + 1, "event:x")]
    assert who(log, "event:x[#last=1d]") == {"a"}
    log = [
        E("a", START, "page:/"),
        E("a", START + DAY, "event:x"),
        E("b", START, "page:/"),
        E("b", START + DAY + 1, "event:x"),
    ]
    assert who(log, "event:x[#first=1d]") == {"a"}
    assert who(log, "page:/ -> event:x[#within=1d]") == {"a"}
    assert who(log, "page:/ -> event:x") == {"a", "b"}


def test_days_are_those_of_the_sites_zone() -> None:
    # 2025-11-13, 02:13 UTC is still the 12th in New York.
    log = [E("a", START, "event:x")]
    assert who(log, "event:x[#to=2025-11-12]") == {"a"}
    assert who(log, "event:x[#from=2025-11-13]") == set()


def test_an_event_fills_one_step_and_two_of_one_instant_either_way() -> None:
    log = [E("a", START, "event:x"), E("b", START, "event:y"), E("b", START, "event:x"), E("c", START, "event:x")]
    log += [E("c", START + 1, "event:x")]
    assert who(log, "event:x -> event:y") == {"b"}
    assert who(log, "event:x -> event:x") == {"c"}
    assert who(log, "event:x -> any") == {"b", "c"}


def test_a_limit_is_from_the_step_before_and_any_of_its_events_will_do() -> None:
    log = [E("a", START + at * HOUR, f"event:{what}") for at, what in enumerate("xyzyz")]
    log += [E("b", START + at, "event:x") for at in (0, 9 * HOUR)] + [E("b", START + 10 * HOUR, "event:y")]
    assert who(log, "event:x -> event:y[#within=90m]") == {"a", "b"}
    assert who(log, "event:x -> event:z[#within=90m]") == set()
    assert who(log, "event:x -> event:y[#within=3h] -> event:z[#within=1h]") == {"a"}


def test_a_visit_is_what_its_first_event_says() -> None:
    mobile, desktop = Agent("mobile", "iOS", "Safari"), Agent("desktop", "Windows", "Firefox")
    log = [
        E("a", START, "page:/blog", agent=mobile, source=SOURCES[1]),
        E("a", START + MINUTE, "event:x", agent=desktop),
        E("b", START, "page:/", agent=desktop),
        E("b", START + DAY, "page:/blog/", agent=mobile),
        E("b", START + 2 * DAY, "page:/", agent=mobile),
    ]
    assert who(log, "device:mobile") == {"a", "b"}
    assert who(log, "device:Mobile[#times>=2]") == {"b"}
    assert who(log, "event:x[#device=mobile]") == {"a"}
    assert who(log, "event:x[#device=desktop]") == set()
    assert who(log, "landing:/blog") == {"a", "b"}
    assert who(log, "channel:(none)") == set()
    assert who(log, "campaign:(none)") == {"a", "b"}
    assert who(log, "source:google -> event:x") == {"a"}
    assert who(log, "device:desktop -> device:mobile") == {"b"}


def test_bots_count_where_they_are_asked_for() -> None:
    log = [E("a", START, "event:x", bot=1), E("a", START + 1, "page:/")]
    assert who(log, "event:x") == set()
    assert who(log, "event:x[#times=0]") == {"a"}
    assert who(log, "event:x -> page:/", bots="1") == {"a"}


def test_new_is_the_first_event_and_returning_came_before() -> None:
    log = [E("a", START, "page:/"), E("b", START, "page:/"), E("b", NOW - DAY, "page:/"), E("c", NOW - DAY, "page:/")]
    assert who(log, "is:new", since="2025-11-14") == {"c"}
    assert who(log, "is:returning", since="2025-11-14") == {"b"}
    assert who(log, "is:new") == {"a", "b", "c"}
    assert who(log, "is:identified", users={"b": "bea"}) == {"bea"}


def test_segments_of_segments_and_choices() -> None:
    log = [E("a", START, "event:buy"), E("b", NOW, "page:/"), E("c", START, "page:/"), E("d", NOW, "event:buy")]
    assert who(log, "segment:Late") == {"b"}
    assert who(log, "segment:Late | segment:Buyers") == {"a", "b", "d"}
    assert who(log, segment="Late") == {"b"}
    with pytest.raises(UserError, match="no segment 'Nobody'"):
        who(log, "segment:Nobody")
    round_ = {"A": Segment("A", (parse_people("segment:B"),)), "B": Segment("B", (parse_people("segment:A"),))}
    with pytest.raises(UserError, match="circle"):
        fitting(world(log), ask(of=site(segments=round_), where="segment:A"))


def test_a_kind_of_fact_is_resolved_by_whoever_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    journeys = world([E("a", START, "page:/"), E("b", START, "page:/")], {}, NOW)
    monkeypatch.setattr(people_mask, "_RESOLVERS", {})
    asked = Segment("", (Fact("stage", "Trial"),))
    with pytest.raises(UserError, match="'stage:Trial' cannot be asked"):
        people_mask.members(journeys, journeys.parts[0], ask(), asked)

    @people_mask.resolves("stage")
    def first_one(journeys: Journeys, part: Part, query: Query, fact: Fact) -> Bool:
        assert fact.name == "Trial"
        mask: Bool = np.arange(len(part.persons)) == 0
        return mask

    assert people_mask.members(journeys, journeys.parts[0], ask(), asked).tolist() == [True, False]


def test_a_trait_is_what_the_ledger_knows_of_a_person() -> None:
    journeys = world([E(who_, START, "page:/") for who_ in "abcd"], {"a": "ann", "b": "bob", "c": "cleo"}, NOW)
    people = journeys.people
    assert isinstance(people, Ledger)
    people.told = {"ann": {"plan": "pro", "seats": 10}, "bob": {"plan": "free", "seats": "9"}, "cleo": {"plan": None}}

    def fit(text: str) -> set[str]:
        return fitting(journeys, ask(where=text, all_time="1"))

    assert fit("trait:plan=pro") == {"ann"}
    assert fit("trait:plan!=pro") == {"bob", "cleo", "d"}
    assert fit("trait:seats>=9.5") == {"ann"}
    assert fit("trait:plan") == {"ann", "bob"}
    assert fit("trait:nothing") == set()
    assert fit("trait:plan~FRE | trait:seats>9") == {"ann", "bob"}


def test_what_is_remembered_of_one_question_is_not_taken_for_another() -> None:
    journeys = world([E("a", START, "event:x"), E("b", NOW, "event:x", bot=1)], {}, NOW)
    text = "event:x[#last=1d]"
    assert fitting(journeys, parse_query((), {"where": [text]}, SITE, START + HOUR)) == {"a"}
    assert fitting(journeys, parse_query((), {"where": [text]}, SITE, NOW)) == set()
    assert fitting(journeys, parse_query((), {"where": [text], "include-bots": ["1"]}, SITE, NOW)) == {"b"}
    days = {"2025-11-12": {"a"}, "2025-11-13": set()}
    for day, wanted in days.items():
        assert fitting(journeys, ask(where="event:x[#in]", from_=day, to=day)) == wanted
        assert fitting(journeys, ask(where="is:new", from_=day, to=day)) == wanted
    elsewhere = site(zone="UTC")
    assert fitting(journeys, ask(where="event:x[#from=2025-11-13]", all_time="1")) == set()
    assert fitting(journeys, ask(of=elsewhere, where="event:x[#from=2025-11-13]", all_time="1")) == {"a"}


def test_a_visit_that_a_robot_begins_counts_with_the_robots() -> None:
    mobile = Agent("mobile", "iOS", "Safari")
    log = [E("a", START, "page:/", agent=mobile, bot=1), E("a", START + MINUTE, "event:x", agent=mobile)]
    assert who(log, "device:mobile") == set()
    assert who(log, "device:mobile", bots="1") == {"a"}
    assert who(log, "event:x[#device=mobile]") == {"a"}
