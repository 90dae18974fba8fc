"""The rules of a funnel's chain, one by one: windows, ranges, ties, attempts, orders, and who counts."""

from __future__ import annotations

import pytest

from collector.core.event import Source
from collector.core.times import DAY, HOUR, MINUTE
from tests.support.funnels import AB, START, answer, column, path, people
from tests.support.worlds import E, world


def test_the_window_ends_inclusively() -> None:
    journeys = world(path(("event:a", 0), ("event:b", DAY)))
    assert people(journeys, AB, window="1d") == [1, 1]
    assert people(world(path(("event:a", 0), ("event:b", DAY + 1))), AB, window="1d") == [1, 0]


def test_the_window_is_two_weeks_where_none_is_given() -> None:
    assert people(world(path(("event:a", 0), ("event:b", 14 * DAY))), AB) == [1, 1]
    assert people(world(path(("event:a", 0), ("event:b", 14 * DAY + 1))), AB) == [1, 0]


def test_entrants_are_those_whose_first_step_is_in_range_and_they_may_convert_after_it() -> None:
    journeys = world([*path(("event:a", 0), ("event:b", 3 * DAY)), *path(("event:a", DAY), visitor="w")])
    assert people(journeys, AB, from_="2023-11-15", to="2023-11-15") == [1, 1]
    assert people(journeys, AB, from_="2023-11-16", to="2023-11-16") == [1, 0]


def test_the_range_is_cut_at_midnight_of_the_site() -> None:
    journeys = world(path(("event:a", 0)))
    found = answer(journeys, ["event:a"], zone="America/New_York", from_="2023-11-14", to="2023-11-14")
    assert column(found.block("steps"), "people") == [1]


def test_a_later_attempt_counts_where_the_first_does_not_arrive() -> None:
    journeys = world(path(("event:a", 0), ("event:a", 10 * DAY), ("event:b", 11 * DAY)))
    found = answer(journeys, AB, window="2d")
    assert column(found.block("steps"), "people") == [1, 1]
    assert column(found.block("steps"), "median_seconds") == [None, 86_400.0]


def test_times_come_from_the_first_chain_that_gets_furthest() -> None:
    journeys = world(
        path(("event:a", 0), ("event:b", HOUR), ("event:a", DAY), ("event:b", DAY + MINUTE), ("event:c", 30 * DAY))
    )
    found = answer(journeys, [*AB, "event:c"], window="3d")
    assert column(found.block("steps"), "median_seconds") == [None, 3_600.0, None]


def test_one_event_fills_one_step() -> None:
    steps = ["page:/x", "page:/*"]
    assert people(world(path(("page:/x", 0))), steps) == [1, 0]
    assert people(world(path(("page:/x", 0), ("page:/x", 0))), steps) == [1, 1]
    assert people(world(path(("event:a", 0), ("event:a", 1))), ["event:a"] * 3) == [1, 1, 0]


@pytest.mark.parametrize("log", [[("event:b", 0), ("event:a", 0)], [("event:a", 0), ("event:b", 0)]])
def test_events_of_one_instant_fill_steps_in_either_order(log: list[tuple[str, int]]) -> None:
    for order in ("ordered", "strict", "any"):
        assert people(world(path(*log)), AB, order=order) == [1, 1]


def test_a_rare_last_step_may_share_its_instant_with_the_step_before() -> None:
    log = [one for n in range(3) for one in path(("event:a", 0), ("event:b", 1), visitor=f"v{n}")]
    assert people(world([*log, *path(("event:c", 1), visitor="v1")]), [*AB, "event:c"]) == [3, 3, 1]


def test_strict_is_broken_by_any_other_event_but_not_by_attention() -> None:
    between = path(("event:a", 0), ("event:x", 1), ("event:b", 2))
    assert people(world(between), AB, order="strict") == [1, 0]
    attention = path(("event:a", 0), ("engagement:", 1), ("event:b", 2))
    assert people(world(attention), AB, order="strict") == [1, 1]


def test_in_any_order_the_window_begins_with_whichever_step_came_first() -> None:
    journeys = world(path(("event:b", 0), ("event:a", HOUR)))
    assert people(journeys, AB, order="any", window="1h") == [1, 1]
    assert people(journeys, AB, order="any", window="59m") == [1, 0]
    assert people(journeys, AB, order="ordered") == [1, 0]


def test_a_person_whose_every_attempt_is_spoiled_leaves_the_funnel() -> None:
    spoiled = path(("event:a", 0), ("event:x", 1), ("event:b", 2))
    assert people(world(spoiled), AB, exclude="event:x@1-2") == [0, 0]
    assert people(world(spoiled), AB, exclude="event:x@1-2", order="any") == [1, 0]
    again = [*spoiled, *path(("event:a", 3), ("event:b", 4))]
    assert people(world(again), AB, exclude="event:x@1-2") == [1, 1]


def test_an_excluded_event_spoils_up_to_the_end_of_the_window_and_not_after() -> None:
    journeys = world(path(("event:a", 0), ("event:x", DAY)))
    assert people(journeys, AB, exclude="event:x@1-2", window="1d") == [0, 0]
    assert people(journeys, AB, exclude="event:x@1-2", window="23h") == [1, 0]


def test_sessions_count_each_for_itself() -> None:
    log = path(("event:a", 0), ("event:b", MINUTE), ("event:a", DAY), ("event:b", 2 * DAY))
    assert people(world(log), AB, unit="session") == [2, 1]
    assert people(world(log), AB) == [1, 1]


def test_a_step_can_be_a_source() -> None:
    ad = Source("retargeting", "meta", "retargeting", campaign_mark=True)
    log = [E("v", START, "page:/", source=ad), E("v", START + 1, "event:a"), E("w", START, "page:/")]
    assert people(world(log), ["source:retargeting", "event:a"]) == [1, 1]


def test_bots_are_left_out_unless_asked_for() -> None:
    journeys = world([E("v", START, "event:a", bot=1), E("w", START, "event:a")])
    for step in ("event:a", "event:*", "any", "source:direct"):
        assert people(journeys, [step]) == [1], step
        assert people(journeys, [step], include_bots="1") == [2], step
        assert people(journeys, [step]) == [1], step


def test_people_can_be_chosen_by_what_they_did_at_any_time() -> None:
    log = [*path(("event:a", 0), ("event:vip", 9 * DAY)), *path(("event:a", 0), visitor="w")]
    assert people(world(log), ["event:a"], where="event:vip") == [1]
    assert people(world(log), ["event:a"], where_not="event:vip", unit="session") == [1]
