"""The simulated world: the same for the same seed, and lived in the right order."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from collector.core import event as events
from collector.core.assignment import EXPOSED, assign
from collector.core.times import DAY
from collector.demo.person import Person, Story
from collector.demo.simulate import simulate, stories
from collector.demo.talk import AGENTS
from collector.demo.trail import WireEvent
from collector.demo.world import CHAT_SHARE, HOLDOUT, PROMISE, PROMISE_SHARE, TITLES, World
from collector.ingest.check import OK, check_events


def named(story: Story, name: str) -> list[int]:
    return [happened["at"] for happened in story.events if happened.get("name") == name]


def test_the_same_seed_gives_the_same_events_and_another_seed_others(world: World) -> None:
    small = replace(world, visitors=40)
    found = simulate(small)
    assert simulate(small) == found
    other = simulate(replace(small, seed=8))
    assert not {happened["id"] for happened in other} & {happened["id"] for happened in found}


def test_a_person_is_the_same_in_a_larger_world(world: World, told: list[Story]) -> None:
    smaller = list(stories(replace(world, visitors=40)))
    assert [story.events for story in smaller] == [story.events for story in told[:40]]


def test_ids_are_unique_uuids(found: list[WireEvent]) -> None:
    ids = [happened["id"] for happened in found]
    assert len(set(ids)) == len(ids)
    assert all(UUID(number).version == 4 for number in ids[:500])


def test_times_lie_in_the_world_and_go_up_strictly_on_a_device(world: World, found: list[WireEvent]) -> None:
    times = [happened["at"] for happened in found]
    assert times == sorted(times)
    assert world.start <= times[0]
    assert times[-1] <= world.now
    devices = defaultdict(list)
    for happened in found:
        devices[happened["visitor"]].append(happened["at"])
    assert all(earlier < later for own in devices.values() for earlier, later in pairwise(own))


def test_what_a_page_reports_comes_a_moment_after_it_in_the_browsers_order(found: list[WireEvent]) -> None:
    devices = defaultdict(list)
    for happened in found:
        devices[happened["visitor"]].append(happened)
    before = {"purchase": events.PAGE, "begin_checkout": events.PAGE, "add_to_cart": events.CLICK}
    waits = defaultdict(set)
    for own in devices.values():
        for earlier, later in pairwise(own):
            if later.get("name") in before and later["type"] == events.CUSTOM:
                assert earlier["type"] == before[later["name"]]
                assert earlier["pid"] == later["pid"]
                waits[later["name"]].add(later["at"] - earlier["at"])
    assert set(waits) == set(before)
    assert all(40 <= wait < 400 for some in waits.values() for wait in some)
    assert len(waits["purchase"]) > 50


def test_the_collector_accepts_every_event(found: list[WireEvent]) -> None:
    for start in range(0, len(found), 500):
        checked = check_events(found[start : start + 500], site=1, server=True)
        assert {status for _, status in checked.statuses} == {OK}


def test_every_event_lies_on_a_page_of_the_shop_but_ads_that_are_seen_elsewhere(
    world: World, found: list[WireEvent]
) -> None:
    for happened in found:
        if happened.get("name") == events.AD_SEEN:
            assert "url" not in happened
            continue
        path = happened["url"].removeprefix(world.shop).partition("?")[0]
        assert path in TITLES


def test_all_kinds_of_behaviour_occur(found: list[WireEvent], told: list[Story]) -> None:
    types = Counter(happened["type"] for happened in found)
    for kind in set(events.TYPES) - {events.OUTBOUND, events.CONSENT}:
        assert types[kind] > 0, kind
    names = Counter(happened.get("name") for happened in found)
    wanted = {*events.CHAT_EVENTS, "add_to_cart", "begin_checkout", "signup", "purchase", events.AD_SEEN}
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
        clicks = [happened["at"] for happened in story.events if "utm_medium=retargeting" in happened.get("url", "")]
        assert clicks[0] < named(story, "purchase")[-1]


def test_an_ad_is_clicked_only_by_people_who_left_a_cart(told: list[Story]) -> None:
    for story in told:
        clicks = [happened["at"] for happened in story.events if "utm_medium=retargeting" in happened.get("url", "")]
        assert not clicks or named(story, "add_to_cart")[0] < clicks[0]


def test_comparing_chatters_with_the_others_exaggerates_what_chat_did(world: World, told: list[Story]) -> None:
    without = replace(world, chat_effect=0.0)
    chatters = [place for place, story in enumerate(told) if named(story, "chat_started")]
    bought = [bool(named(story, "purchase")) for story in told]
    rate = sum(bought[place] for place in chatters) / len(chatters)
    others = (sum(bought) - sum(bought[place] for place in chatters)) / (len(bought) - len(chatters))
    counterfactual = sum(bool(named(Person(without, place).tell(), "purchase")) for place in chatters) / len(chatters)
    assert 0.06 < rate - counterfactual < 0.3
    assert rate - others > 1.5 * (rate - counterfactual)


def test_whoever_answers_a_chat_is_named(found: list[WireEvent]) -> None:
    teams = {agent.name: agent.team for agent in AGENTS}
    for happened in found:
        told = happened.get("props", {})
        if happened.get("name") == "chat_agent_joined" or told.get("role") == "agent":
            assert teams[told["agent"]] == told["team"]


def test_ads_are_seen_only_while_away_by_people_who_looked_and_have_not_ordered(told: list[Story]) -> None:
    seen = 0
    for story in told:
        paths = set()
        for happened in story.events:
            if happened["type"] == events.PAGE:
                paths.add(happened["url"].partition("?")[0].rpartition("/")[2])
            if happened.get("name") == events.AD_SEEN:
                seen += 1
                assert paths & {"coffees", "plans", "grind"}
                assert "Chrome/" in happened["ua"]
                assert "thanks" not in paths
    assert seen > 100


def test_when_an_ad_is_seen_does_not_depend_on_its_effect(world: World, told: list[Story]) -> None:
    without = replace(world, seen_effect=0.0)
    saw = [number for number, story in enumerate(told) if named(story, events.AD_SEEN)]
    brought = 0
    for number in saw:
        alone = Person(without, number).tell()
        assert named(alone, events.AD_SEEN)[0] == named(told[number], events.AD_SEEN)[0]
        brought += len(alone.events) < len(told[number].events)
    assert 0.2 < brought / len(saw) < world.seen_effect


def test_two_devices_of_one_person_are_identified_as_the_same_user(told: list[Story]) -> None:
    both = [story for story in told if len({happened["visitor"] for happened in story.events}) == 2]
    assert both
    for story in both:
        users = {(happened["visitor"], happened["name"]) for happened in story.events if happened["type"] == "identify"}
        assert len(users) == 2
        assert len({user for _, user in users}) == 1


def test_the_default_world_has_the_size_that_the_demo_promises(world: World, told: list[Story]) -> None:
    default = World(now=world.now)
    assert 7_500 <= default.visitors <= 9_000
    # Its people are like these, of whom there are fewer.
    assert 130_000 <= sum(len(story.events) for story in told) * default.visitors / len(told) <= 230_000
    assert max(story.events[-1]["at"] for story in told) > world.now - DAY


def test_one_new_device_in_ten_is_never_offered_the_chat_and_both_arms_tell_it(world: World, told: list[Story]) -> None:
    arms: dict[str, Counter[str]] = {"on": Counter(), "off": Counter()}
    for story in told:
        for visitor in {happened["visitor"] for happened in story.events}:
            mine = [happened for happened in story.events if happened["visitor"] == visitor]
            exposed = told_of(mine, HOLDOUT)
            if mine[0]["at"] >= world.holdout_ends:
                assert not exposed
                continue
            assert len(exposed) == 1
            assert exposed[0]["variant"] == assign(visitor, HOLDOUT, CHAT_SHARE)
            arms[exposed[0]["variant"]].update({str(happened.get("name")) for happened in mine})
    assert arms["off"]["chat_shown"] == arms["off"]["chat_started"] == 0
    assert 0.06 < arms["off"][EXPOSED] / len(told) < 0.14
    assert arms["on"]["chat_shown"] == arms["on"][EXPOSED]


def test_half_of_the_devices_that_come_to_the_cart_are_promised_a_day_and_both_arms_tell_it(told: list[Story]) -> None:
    arms: Counter[str] = Counter()
    for story in told:
        for visitor in {happened["visitor"] for happened in story.events}:
            mine = [happened for happened in story.events if happened["visitor"] == visitor]
            exposed = told_of(mine, PROMISE)
            assert len(exposed) == any(happened["url"].endswith("/cart") for happened in mine if "url" in happened)
            arms.update(one["variant"] for one in exposed)
            assert all(one["variant"] == assign(visitor, PROMISE, PROMISE_SHARE) for one in exposed)
    assert 0.35 < arms["on"] / (arms["on"] + arms["off"]) < 0.65


def told_of(mine: list[WireEvent], experiment: str) -> list[dict[str, str]]:
    """What one device's events say of an experiment."""
    props = [happened["props"] for happened in mine if happened.get("name") == EXPOSED]
    return [one for one in props if one["experiment"] == experiment]
