"""Filters beside a question of cause: which decide its answer, which may; and the plain comparison's own time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.core.errors import UserError
from collector.core.event import Source
from collector.core.matcher import parse_matcher
from collector.core.people import Segment
from collector.core.people_text import parse_people
from collector.core.query import Query
from collector.core.stages import Stage
from collector.core.times import DAY, HOUR
from collector.journeys.journeys import Journeys
from collector.reports.chat import REPORT as CHAT
from collector.reports.drivers import REPORT as DRIVERS
from collector.reports.impact import REPORT
from collector.reports.impact.drawn import draw
from collector.reports.impact.filters import decided, later_note, refuse_deciding
from collector.reports.impact.plan import Plan
from tests.support.worlds import E, question, site, world

NOW = 1_900_000_000_000
AD = Source("retargeting", "adroll", "display", "carts")
CHAT_BUYERS = Segment("Buyers", (parse_people("event:purchase[#times>=2]"),))
STAGES = (Stage("New", ((parse_matcher("page:/pricing"), 1),)), Stage("Buyer", ((parse_matcher("event:purchase"), 1),)))
SITE = replace(site({"Bought": "event:purchase"}, segments={"Buyers": CHAT_BUYERS}), stages=STAGES)


def log() -> Journeys:
    names = ["page:/pricing", "page:/docs/a", "event:chat_started", "event:purchase", "event:search"]
    return world([E("v", NOW - at * HOUR, name, source=AD if at == 5 else None) for at, name in enumerate(names, 1)])


def asked(exposure: str = "event:chat_started", **given: str) -> Query:
    return question(REPORT, NOW, SITE, exposure=exposure, goal="event:purchase", all_time="1", **given)


@pytest.mark.parametrize(
    ("exposure", "filters", "who"),
    [
        ("event:chat_started", {"where": "event:chat_started"}, "met what is judged"),
        ("event:chat_started", {"where_not": "event:chat_started"}, "met what is judged"),
        ("event:chat_started", {"where": "event:chat_*[#times=0]"}, "met what is judged"),
        ("event:chat_started", {"where": "device:mobile | event:purchase"}, "reached the goal"),
        ("event:chat_started", {"where": "page:/pricing -> event:purchase[#within=7d]"}, "reached the goal"),
        ("event:chat_started", {"where_not": "event:purchase[total>=100]"}, "reached the goal"),
        ("event:chat_started", {"segment": "Buyers"}, "reached the goal"),
        ("event:chat_started", {"where": "segment:Buyers"}, "reached the goal"),
        ("event:chat_started", {"where": "stage:New"}, "reached the goal"),
        ("page:/docs/*", {"where": "landing:/docs/a"}, "met what is judged"),
        ("source:retargeting", {"where": "channel:retargeting"}, "met what is judged"),
        ("source:retargeting", {"where": "campaign:Carts"}, "met what is judged"),
        ("source:retargeting", {"where": "page:/pricing[#channel=retargeting]"}, "met what is judged"),
    ],
)
def test_a_filter_that_says_who_met_it_or_who_reached_the_goal_is_refused_in_words(
    exposure: str, filters: dict[str, str], who: str
) -> None:
    with pytest.raises(UserError, match=f"says who {who}, and so decides the answer"):
        REPORT.run(log(), asked(exposure, **filters))


@pytest.mark.parametrize(
    ("filters", "later"),
    [
        ({}, False),
        ({"where": "any"}, False),
        ({"where": "device:mobile"}, False),
        ({"where": "is:returning"}, False),
        ({"where": "is:identified"}, True),
        ({"where": "trait:plan=pro"}, True),
        ({"where": "any[#times>=5]"}, True),
        ({"where": "channel:email"}, True),
        ({"where_not": "page:/docs/*"}, True),
        ({"where": "event:search[#to=2026-01-01]"}, True),
        ({"where": "event:search[query=a]"}, True),
    ],
)
def test_other_filters_are_asked_and_those_on_what_people_did_are_said_to_choose_by_what_came_later(
    filters: dict[str, str], later: bool
) -> None:
    query = asked(**filters)
    refuse_deciding(log(), query, [parse_matcher("event:chat_started")], parse_matcher("event:purchase"))
    assert bool(later_note(query)) == later


def test_what_lies_before_the_range_neither_decides_nor_follows() -> None:
    days = {"from_": "2030-01-01", "to": "2030-02-01", "exposure": "event:chat_started", "goal": "event:purchase"}
    for until, bounded in (("2029-12-31", True), ("2030-01-01", False)):
        query = question(REPORT, NOW, SITE, where=f"event:purchase[#to={until}]", **days)
        assert decided(log(), query, parse_matcher("event:purchase")) != bounded
        assert bool(later_note(query)) != bounded


def test_different_values_of_one_property_are_different_events() -> None:
    query = asked(where="event:search[place=top]")
    assert not decided(log(), query, parse_matcher("event:search[place=foot]"))
    assert decided(log(), query, parse_matcher("event:search[place=top]"))


def test_the_chat_page_says_so_and_what_moves_the_goal_refuses_it_too() -> None:
    told = CHAT.run(log(), question(CHAT, NOW, SITE, goal="event:purchase", all_time="1", where="event:chat_started"))
    assert "so decides the answer. Take it away." in str(told.notes[0])
    with pytest.raises(UserError, match="reached the goal"):
        DRIVERS.run(log(), question(DRIVERS, NOW, SITE, goal="event:purchase", all_time="1", where="segment:Buyers"))


def test_the_plain_comparison_gives_those_never_exposed_as_long_a_time() -> None:
    start = NOW - 60 * DAY
    bought = {"a": [HOUR], "b": [3 * DAY], "c": [], "d": [2 * HOUR, 3 * HOUR], "chatted": [HOUR], "young": [HOUR]}
    events = [E("chatted", start + 1, "event:chat_started")]
    for name, times in bought.items():
        begun = start if name != "young" else NOW - HOUR
        events += [E(name, begun, "page:/"), *(E(name, begun + at, "event:purchase", value=10) for at in times)]
    plan = Plan((parse_matcher("event:chat_started"),), parse_matcher("event:purchase"), DAY, -(2**62), 2**62, NOW)
    for parts in (1, 2):
        told = world(events, as_of=NOW, parts=parts)
        query = Query(site(), None, NOW)
        assert draw(told, query, plan).naive == (0.5, 7.5)
        assert draw(told, query, replace(plan, horizon=HOUR)).naive == (0.4, 4.0)
        # Only what each does in the range begins the time.
        assert draw(told, query, replace(plan, start=start + 3 * DAY)).naive == (1.0, 10.0)
        assert draw(told, query, replace(plan, horizon=90 * DAY)).naive == (None, None)
