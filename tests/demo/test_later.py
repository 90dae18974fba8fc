"""What comes after a first story, and what the shop pays: there to be found, and telling no other truth of chat."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median

import pytest

from collector.core import event as events
from collector.core.times import DAY
from collector.demo.costs import costs
from collector.demo.person import Person, Story
from collector.demo.world import LETTER_BACK, World


def times(story: Story, name: str) -> list[int]:
    return [happened["at"] for happened in story.events if happened.get("name") == name]


def left(told: list[Story], form: str, day: int, since: bool = False) -> float:
    """The share of those who began a form, before a day or since it, that left it."""
    ends = [
        happened["type"]
        for story in told
        for happened in story.events
        if happened.get("name") == form
        and happened["type"] in (events.FORM_ABANDON, events.FORM)
        and (happened["at"] >= day) == since
    ]
    return ends.count(events.FORM_ABANDON) / len(ends)


def test_regulars_order_again_in_a_steady_rhythm(world: World, told: list[Story]) -> None:
    orders = [times(story, "purchase") for story in told]
    regulars = [own for own in orders if len(own) >= 4]
    assert len(regulars) > 5
    for own in regulars:
        gaps = [later - earlier for earlier, later in pairwise(own[1:])]
        assert 3 * DAY < median(gaps) < 15 * DAY
    assert any(world.now - own[-1] > 2 * (own[-1] - own[-2]) for own in regulars), "nobody has stopped"


def test_orders_are_rated_on_the_way_out(told: list[Story]) -> None:
    rated = [happened for story in told for happened in story.events if happened.get("name") == "nps_rated"]
    assert len(rated) > 30
    assert all(happened["url"].endswith("/thanks") and 0 <= happened["props"]["score"] <= 10 for happened in rated)
    assert all(len(times(story, "nps_rated")) <= len(times(story, "purchase")) for story in told)


def test_a_newsletter_brings_people_who_are_known(world: World, told: list[Story]) -> None:
    read = [[happened for happened in story.events if "late-harvest" in happened.get("url", "")] for story in told]
    assert sum(map(bool, read)) > 5
    for story, opened in zip(told, read, strict=True):
        if opened:
            assert world.now - LETTER_BACK * DAY <= opened[0]["at"]
            assert times(story, "signup")[0] < opened[0]["at"]


def test_fewer_leave_the_sign_up_form_since_it_is_shorter(world: World, told: list[Story]) -> None:
    assert left(told, "signup", world.shorter_form, since=True) < left(told, "signup", world.shorter_form) - 0.05


def test_fewer_leave_the_checkout_since_it_is_one_page(world: World, told: list[Story]) -> None:
    assert left(told, "checkout", world.one_page, since=True) < left(told, "checkout", world.one_page) - 0.05


def test_first_chats_and_first_orders_of_a_story_are_those_of_the_person_alone(world: World, told: list[Story]) -> None:
    # With no effect of chat nobody is persuaded; whoever orders anyway does so at the same moment.
    without = replace(world, chat_effect=0.0)
    chatters = [number for number, story in enumerate(told) if times(story, "chat_started")]
    assert len(chatters) > 50
    for number in chatters + list(range(40)):
        story, alone = told[number], Person(without, number).tell()
        assert times(story, "chat_started")[:1] == times(alone, "chat_started")[:1]
        if story.persuaded_by != "chat":
            assert times(story, "purchase") == times(alone, "purchase")


def test_costs_are_the_same_for_the_same_world_and_grow_with_it(world: World) -> None:
    bills = costs(world)
    assert bills == costs(world)
    assert {bill.currency for bill in bills} == {"EUR"}
    assert len({bill.day for bill in bills}) == world.days + 1
    assert all(bill.cost > 0 for bill in bills)
    larger = costs(replace(world, visitors=world.visitors * 2))
    assert sum(bill.cost for bill in larger) == pytest.approx(2 * sum(bill.cost for bill in bills), rel=0.01)
