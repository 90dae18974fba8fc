"""The aha moment: rules one by one, random logs against slow counts, and worlds whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Block, Cell, Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.times import DAY, HOUR
from collector.reports.aha import REPORT
from collector.reports.aha.early import DAYS
from collector.reports.aha.newcomers import halves, newcomers
from collector.reports.aha.search import TIMES, Action, best, count
from tests.support.effort import examples
from tests.support.worlds import E, question, site, world

START = 1_760_000_000_000
NOW = START + 60 * DAY
SITE = site({"Purchase": "event:purchase"})


def ask(events: Sequence[E], more: Mapping[str, str] | None = None, parts: int = 1) -> Result:
    asked: dict[str, str] = {"all_time": "1", **(more or {})}
    return REPORT.run(world(events, None, NOW, parts), question(REPORT, NOW, SITE, **asked))


def named(block: Block) -> list[dict[str, Cell]]:
    names = [column.name for column in block.columns]
    return [dict(zip(names, row, strict=True)) for row in block.rows]


def people(number: int, invites: Sequence[int], chance: float, other: float, seed: int = 1) -> list[E]:
    """So many newcomers; with three invitations or more in three days they buy with `chance`, else with `other`."""
    rng = random.Random(seed)
    found = []
    for at in range(number):
        name, begun = f"u{at}", START + rng.randrange(20) * DAY
        times = rng.choice(invites)
        found.append(E(name, begun, "page:/"))
        found += [E(name, begun + HOUR * (n + 1), "event:invite") for n in range(times)]
        found += [E(name, begun + HOUR * 30, "event:noise") for _ in range(rng.randrange(3))]
        if rng.random() < (chance if times >= 3 else other):
            found.append(E(name, begun + 9 * DAY, "event:purchase"))
    return found


def test_the_action_that_matters_is_found_with_its_count_and_its_days() -> None:
    result = ask(people(2_000, (0, 1, 2, 3, 4, 5), 0.5, 0.1))
    top = named(result.block("actions"))[0]
    assert (top["action"], top["times"]) == ("event:invite", 3)
    assert top["rate"] == pytest.approx(0.5, abs=0.06)
    assert top["others"] == pytest.approx(0.1, abs=0.04)
    rates = [row["rate"] for row in named(result.block("often"))]
    assert isinstance(rates[2], float)
    assert isinstance(rates[3], float)
    assert rates[3] > rates[2] + 0.2
    assert "event:noise" not in [row["action"] for row in named(result.block("actions")) if row["p_value"] < 0.05]  # type: ignore[operator]


def test_where_nothing_matters_seldom_anything_is_called_so() -> None:
    alarms = 0
    for seed in range(20):
        result = ask(people(600, (0, 1, 2, 3, 4), 0.2, 0.2, seed))
        alarms += any(
            isinstance(row["p_value"], float) and row["p_value"] < 0.05 for row in named(result.block("actions"))
        )
    assert alarms <= 3, "one in twenty is what the test allows by chance"


def test_what_was_done_after_the_first_days_does_not_count() -> None:
    late = [
        E("u", START, "page:/"),
        E("u", START + 7 * DAY + 1, "event:x"),
        E("v", START, "page:/"),
        E("v", START + 7 * DAY, "event:x"),
    ]
    assert counted(late, "event:x", "event:purchase")[2, 0].sum() == 1


def test_who_reached_it_in_the_first_days_is_not_counted_for_they_could_have_done_it_after() -> None:
    early = [E("u", START, "page:/"), E("u", START + HOUR, "event:purchase"), E("u", START + 2 * HOUR, "event:x")]
    assert counted(early, "event:x", "event:purchase").sum() == 0
    assert counted([*early, E("u", START + 8 * DAY, "page:/")], "event:x", "any")[2, 0].tolist() in (
        [0, 1, 0, 0],
        [0, 0, 0, 1],
    )


def test_whose_time_is_not_over_is_not_counted() -> None:
    fresh = [E("u", NOW - 14 * DAY + 1, "page:/"), E("v", NOW - 14 * DAY, "page:/")]
    assert counted(fresh, "page:/", "event:purchase")[2, 0].sum() == 1


def test_halves_are_halves_and_stay_the_same() -> None:
    codes = np.arange(100_000, dtype=np.int64)
    assert 0.49 < halves(codes).mean() < 0.51
    assert 0.49 < halves(codes * 2).mean() < 0.51, "also of anonymous visitors, whose codes are even"
    assert (halves(codes[::-1])[::-1] == halves(codes)).all()


def test_too_few_people_are_told_and_a_list_needs_an_action() -> None:
    result = ask([E("u", START, "page:/"), E("u", START + HOUR, "event:x")])
    assert not result.block("actions").rows
    assert "stands out" in str(result.headline)
    with pytest.raises(UserError, match="No action"):
        ask([], {"people": "did"})


def test_every_number_is_as_long_as_its_list_of_people() -> None:
    events = people(1_000, (0, 1, 2, 3), 0.4, 0.1)
    result = ask(events)
    block = result.block("actions")
    assert block.rows
    for row, link in zip(named(block), block.links, strict=True):
        arguments = {name: text for name, text in link or () if name in ("people", "group")}
        listed = ask(events, {**arguments, "limit": "5000"}, parts=2).block("people")
        assert listed.draw["total"] == len(listed.rows) == row["people"]
    often = result.block("often")
    arrived: Any = often.draw["cell_links"]
    assert [row["times"] for row in named(often)] == ["0", "1", "2", "3"]
    for row, link, reached in zip(named(often), often.links, arrived["reached"], strict=True):
        for pairs, column in ((link, "people"), (reached, "reached")):
            arguments = {name: text for name, text in pairs or () if name in ("people", "group")}
            listed = ask(events, {**arguments, "limit": "1"}, parts=2).block("people")
            assert listed.draw["total"] == row[column]
            assert f"so often ({row['times']})" in str(listed.title)


def test_every_key_number_is_as_long_as_its_list_of_people() -> None:
    events = [*people(200, (0, 1, 2, 3), 0.4, 0.1), E("late", NOW - DAY, "page:/")]
    result = ask(events)
    (row,), draw = named(result.block("summary")), result.block("summary").draw
    began, counted_, rate = row["began"], row["counted"], row["rate"]
    assert isinstance(began, int)
    assert isinstance(counted_, int)
    assert isinstance(rate, float)
    numbers = {"began": began, "counted": counted_, "rate": round(rate * counted_)}
    assert 0 < numbers["rate"] < numbers["counted"] < numbers["began"]
    links: Any = draw["cell_links"]
    assert set(links) == set(numbers)
    for name, number in numbers.items():
        arguments = {one: text for one, text in links[name][0] if one in ("people", "group")}
        assert ask(events, arguments, parts=2).block("people").draw["total"] == number


def test_impact_is_asked_with_the_goal_the_time_and_the_people_of_the_finding_and_not_of_coming_back() -> None:
    events = people(600, (0, 1, 2, 3, 4, 5), 0.6, 0.1)
    block = ask(events, {"horizon": "9d", "where": "page:/"}).block("actions")
    leads, at = block.draw["leads"], block.draw["stands_out"]
    assert isinstance(leads, dict)
    assert isinstance(at, int)
    asked = (("exposure", "event:invite"), ("goal", "event:purchase"), ("horizon", "9d"), ("dose", "event:invite"))
    assert leads["action"][1][at] == (*asked, ("all-time", "1"), ("where", "page:/"))
    begun = ask(events, {"start": "page:/"}).block("actions")
    assert "asks of everybody" in str(begun.note)
    back = ask(events, {"goal": "any"}).block("actions")
    assert "leads" not in back.draw
    assert "whoever does anything" in str(back.note)


def counted(
    events: Sequence[E], action: str, goal: str, parts: int = 1
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    journeys = world(events, None, NOW, parts)
    query = question(REPORT, NOW, SITE, all_time="1")
    found = [newcomers(journeys, part, query, parse_matcher("any"), parse_matcher(goal)) for part in journeys.each()]
    states = [one.states(DAYS, 7 * DAY, NOW, goal == "any") for one in found]
    asked = Action(parse_matcher(action))
    count(journeys, found, states, [asked], DAYS)
    return asked.counts


def logs() -> st.SearchStrategy[list[E]]:
    one = st.builds(
        E,
        visitor=st.sampled_from("uvwxyz"),
        time=st.builds(
            lambda day, hour: START + day * DAY + hour * HOUR,
            st.sampled_from((0, 1, 2, 3, 4, 7, 8, 10, 14, 15, 50)),
            st.sampled_from((0, 1)),
        ),
        what=st.sampled_from(("page:/", "event:x", "event:x", "event:purchase")),
        bot=st.sampled_from((0, 0, 0, 1)),
    )
    return st.lists(one, max_size=30)


@settings(max_examples=examples(300), deadline=None)
@given(
    logs(),
    st.sampled_from(("event:x", "page:/", "any")),
    st.sampled_from(("event:purchase", "any")),
    st.sampled_from((1, 2)),
)
def test_a_slow_count_finds_the_same(events: list[E], action: str, goal: str, parts: int) -> None:
    expected = np.zeros((len(DAYS), len(TIMES), 4), dtype=np.int64)
    visitors = list(dict.fromkeys(event.visitor for event in events))
    for number, visitor in enumerate(visitors, 1):
        mine = [event for event in events if event.visitor == visitor and not event.bot]
        if not mine:
            continue
        start = min(event.time for event in mine)
        held = int(halves(np.array([number * 2], dtype=np.int64))[0])
        wanted = [event.time for event in mine if goal == "any" or event.what == goal]
        for d, within in enumerate(DAYS):
            early = any(start <= time <= start + within for time in wanted)
            if start + within + 7 * DAY > NOW or (early and goal != "any"):
                continue
            reached = any(start + within < time <= start + within + 7 * DAY for time in wanted)
            times = sum(start <= e.time <= start + within and action in ("any", e.what) for e in mine)
            for n, least in enumerate(TIMES):
                expected[d, n, int(reached) + 2 * held] += times >= least
    assert (counted(events, action, goal, parts) == expected).all()


def test_the_best_form_is_chosen_on_one_half_and_told_by_the_other() -> None:
    action = Action(parse_matcher("event:x"))
    everybody = np.array([[500, 500, 500, 500]] * len(DAYS))
    action.counts = np.zeros((len(DAYS), len(TIMES), 4), dtype=np.int64)
    action.counts[0, 0] = (100, 300, 200, 200)
    action.counts[1, 2] = (50, 150, 10, 300)
    found = best(action, everybody)
    assert found is not None
    assert (found.day, found.times) == (0, 1), "the other half would say otherwise"
    assert (found.did, found.did_reached, found.others, found.others_reached) == (400, 200, 600, 300)
    assert found.phi == pytest.approx(0)
