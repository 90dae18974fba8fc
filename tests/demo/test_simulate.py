"""The simulated world: the same for the same seed, and lived in the right order."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest

from collector.core import event as events
from collector.core.assignment import EXPOSED, assign
from collector.core.times import DAY
from collector.demo.person import Story
from collector.demo.simulate import simulate, stories
from collector.demo.trail import WireEvent
from collector.demo.world import CHAT_SHARE, HOLDOUT, TITLES, World
from collector.ingest.check import OK, check_events

WORLD = World(now=1_790_000_000_000, visitors=900, seed=7)


@pytest.fixture(scope="module")
def found() -> list[WireEvent]:
    return simulate(WORLD)


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return list(stories(WORLD))


def named(story: Story, name: str) -> list[int]:
    return [happened["at"] for happened in story.events if happened.get("name") == name]


def test_the_same_seed_gives_the_same_events_and_another_seed_others(found: list[WireEvent]) -> None:
    assert simulate(WORLD) == found
    other = simulate(replace(WORLD, seed=8))
    assert not {happened["id"] for happened in other} & {happened["id"] for happened in found}


def test_a_person_is_the_same_in_a_larger_world(told: list[Story]) -> None:
    smaller = list(stories(replace(WORLD, visitors=40)))
    assert [story.events for story in smaller] == [story.events for story in told[:40]]


def test_ids_are_unique_uuids(found: list[WireEvent]) -> None:
    ids = [happened["id"] for happened in found]
    assert len(set(ids)) == len(ids)
    assert all(UUID(number).version == 4 for number in ids[:500])


def test_times_lie_in_the_world_and_go_up_strictly_per_page_of_a_device(found: list[WireEvent]) -> None:
    times = [happened["at"] for happened in found]
    assert times == sorted(times)
    assert WORLD.start <= times[0]
    assert times[-1] <= WORLD.now
    pages = defaultdict(list)
    for happened in found:
        if happened["type"] == events.PAGE:
            pages[happened["visitor"]].append(happened["at"])
    assert all(earlier < later for own in pages.values() for earlier, later in pairwise(own))


def test_the_collector_accepts_every_event(found: list[WireEvent]) -> None:
    for start in range(0, len(found), 500):
        checked = check_events(found[start : start + 500], site=1, server=True)
        assert {status for _, status in checked.statuses} == {OK}


def test_every_page_is_a_page_of_the_shop_and_every_event_lies_on_one(found: list[WireEvent]) -> None:
    for happened in found:
        path = happened["url"].removeprefix(WORLD.shop).partition("?")[0]
        assert path in TITLES


def test_all_kinds_of_behaviour_occur(found: list[WireEvent], told: list[Story]) -> None:
    types = Counter(happened["type"] for happened in found)
    for kind in set(events.TYPES) - {events.OUTBOUND, events.CONSENT}:
        assert types[kind] > 0, kind
    names = Counter(happened.get("name") for happened in found)
    wanted = {*events.CHAT_EVENTS, "add_to_cart", "begin_checkout", "signup", "purchase"}
    assert wanted <= set(names)
    assert names["add_to_cart"] > names["purchase"]
    assert any(len(named(story, "purchase")) > 1 for story in told)
    assert any(happened["visitor"].startswith("bot-") for happened in found)


def test_a_chat_and_an_ad_come_before_the_order_they_led_to(told: list[Story]) -> None:
    by_chat = [story for story in told if story.persuaded_by == "chat" and named(story, "purchase")]
    assert by_chat
    assert all(named(story, "chat_started")[0] < named(story, "purchase")[-1] for story in by_chat)
    by_ad = [story for story in told if story.persuaded_by == "retargeting" and named(story, "purchase")]
    assert by_ad
    for story in by_ad:
        clicks = [happened["at"] for happened in story.events if "utm_medium=retargeting" in happened["url"]]
        assert clicks[0] < named(story, "purchase")[-1]


def test_an_ad_is_clicked_only_by_people_who_left_a_cart(told: list[Story]) -> None:
    for story in told:
        clicks = [happened["at"] for happened in story.events if "utm_medium=retargeting" in happened["url"]]
        assert not clicks or named(story, "add_to_cart")[0] < clicks[0]


def test_comparing_chatters_with_the_others_exaggerates_what_chat_did() -> None:
    world = replace(WORLD, visitors=1_500)
    with_chat, without = list(stories(world)), list(stories(replace(world, chat_effect=0.0)))
    chatters = [place for place, story in enumerate(with_chat) if named(story, "chat_started")]
    bought = [bool(named(story, "purchase")) for story in with_chat]
    rate = sum(bought[place] for place in chatters) / len(chatters)
    others = (sum(bought) - sum(bought[place] for place in chatters)) / (len(bought) - len(chatters))
    counterfactual = sum(bool(named(without[place], "purchase")) for place in chatters) / len(chatters)
    assert 0.04 < rate - counterfactual < 0.25
    assert rate - others > 2 * (rate - counterfactual)


def test_two_devices_of_one_person_are_identified_as_the_same_user(told: list[Story]) -> None:
    both = [story for story in told if len({happened["visitor"] for happened in story.events}) == 2]
    assert both
    for story in both:
        users = {(happened["visitor"], happened["name"]) for happened in story.events if happened["type"] == "identify"}
        assert len(users) == 2
        assert len({user for _, user in users}) == 1


def test_the_default_world_has_the_size_that_the_demo_promises() -> None:
    found = simulate(World(now=WORLD.now))
    assert 140_000 <= len(found) <= 200_000
    assert len({happened["visitor"] for happened in found}) > 7_900
    assert found[-1]["at"] > WORLD.now - DAY


def test_one_device_in_ten_is_never_offered_the_chat_and_both_arms_tell_it(told: list[Story]) -> None:
    arms: dict[str, Counter[str]] = {"on": Counter(), "off": Counter()}
    for story in told:
        for visitor in {happened["visitor"] for happened in story.events}:
            mine = [happened for happened in story.events if happened["visitor"] == visitor]
            exposed = [happened["props"] for happened in mine if happened.get("name") == EXPOSED]
            assert len(exposed) == 1
            assert exposed[0]["variant"] == assign(visitor, HOLDOUT, CHAT_SHARE)
            arms[exposed[0]["variant"]].update({str(happened.get("name")) for happened in mine})
    assert arms["off"]["chat_shown"] == arms["off"]["chat_started"] == 0
    assert 0.06 < arms["off"][EXPOSED] / len(told) < 0.14
    assert arms["on"]["chat_shown"] == arms["on"][EXPOSED]
