"""What comes after a first story, and what the shop pays: there to be found, and telling no other truth of chat."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median

import pytest

from collector.core import event as events
from collector.core.times import DAY
from collector.demo.costs import costs
from collector.demo.person import Story
from collector.demo.simulate import stories
from collector.demo.world import LETTER_BACK, World

WORLD = World(now=1_790_000_000_000, visitors=1_200, seed=7)


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return list(stories(WORLD))


def times(story: Story, name: str) -> list[int]:
    return [happened["at"] for happened in story.events if happened.get("name") == name]


def test_regulars_order_again_in_a_steady_rhythm(told: list[Story]) -> None:
    orders = [times(story, "purchase") for story in told]
    regulars = [own for own in orders if len(own) >= 4]
    assert len(regulars) > 10
    for own in regulars:
        gaps = [later - earlier for earlier, later in pairwise(own[1:])]
        assert 3 * DAY < median(gaps) < 15 * DAY
    assert any(WORLD.now - own[-1] > 2 * (own[-1] - own[-2]) for own in regulars), "nobody has stopped"


def test_orders_are_rated_on_the_way_out(told: list[Story]) -> None:
    rated = [happened for story in told for happened in story.events if happened.get("name") == "nps_rated"]
    assert len(rated) > 30
    assert all(happened["url"].endswith("/thanks") and 0 <= happened["props"]["score"] <= 10 for happened in rated)
    assert all(len(times(story, "nps_rated")) <= len(times(story, "purchase")) for story in told)


def test_a_newsletter_brings_people_who_are_known(told: list[Story]) -> None:
    read = [[happened for happened in story.events if "late-harvest" in happened["url"]] for story in told]
    assert sum(map(bool, read)) > 20
    for story, opened in zip(told, read, strict=True):
        if opened:
            assert WORLD.now - LETTER_BACK * DAY <= opened[0]["at"]
            assert times(story, "signup")[0] < opened[0]["at"]


def test_fewer_leave_the_sign_up_form_since_it_is_shorter(told: list[Story]) -> None:
    def left(since: bool) -> float:
        forms = [
            happened["type"]
            for story in told
            for happened in story.events
            if happened.get("name") == "signup"
            and happened["type"] in (events.FORM_ABANDON, events.FORM)
            and (happened["at"] >= WORLD.shorter_form) == since
        ]
        return forms.count(events.FORM_ABANDON) / len(forms)

    assert left(since=True) < left(since=False) - 0.05


def test_first_chats_and_first_orders_of_a_story_are_those_of_the_person_alone(told: list[Story]) -> None:
    # With no effect of chat nobody is persuaded; whoever orders anyway does so at the same moment.
    without = list(stories(replace(WORLD, chat_effect=0.0)))
    for story, alone in zip(told, without, strict=True):
        assert times(story, "chat_started")[:1] == times(alone, "chat_started")[:1]
        if story.persuaded_by != "chat":
            assert times(story, "purchase") == times(alone, "purchase")


def test_costs_are_the_same_for_the_same_world_and_grow_with_it() -> None:
    bills = costs(WORLD)
    assert bills == costs(WORLD)
    assert {bill.currency for bill in bills} == {"EUR"}
    assert len({bill.day for bill in bills}) == WORLD.days + 1
    assert all(bill.cost > 0 for bill in bills)
    larger = costs(replace(WORLD, visitors=WORLD.visitors * 2))
    assert sum(bill.cost for bill in larger) == pytest.approx(2 * sum(bill.cost for bill in bills), rel=0.01)
