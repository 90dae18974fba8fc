"""How an impact is told: the sentence, figures counted up to everybody, checks with what they mean."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.special import stdtrit

from collector.core.blocks import Block
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY
from collector.reports.impact.blocks import effect_block, number_blocks
from collector.reports.impact.checks import caution, checks_block
from collector.reports.impact.coded import packed
from collector.reports.impact.engine import Answer, answer
from collector.reports.impact.estimate import Effect, Sample, fit
from collector.reports.impact.estimate import effect as estimated
from collector.reports.impact.in_all import in_all, people_used
from collector.reports.impact.plan import Plan
from collector.reports.impact.words import headline, notes
from tests.support.effects import NOW, World, tell
from tests.support.worlds import site

PLAN = Plan((parse_matcher("event:chat_started"),), parse_matcher("event:purchase"), 14 * DAY, -(2**62), 2**62, NOW)


@cache
def known() -> Answer:
    return answer(tell(World(people=900, effect=0.3), 1).journeys, Query(site(), None, NOW), PLAN)


def effect(difference: float, low: float, high: float) -> Effect:
    return Effect(*(np.array([number]) for number in (0.5, 0.5 - difference, difference, low, high)))


def told(rate: tuple[float, float, float], value: tuple[float, float, float] | None = None) -> Answer:
    """The same answer with another effect on each of 100 people."""
    found, matched = known(), known().matched
    assert matched is not None
    some = replace(matched, case=matched.case[:100])
    money = None if value is None else effect(*value)
    return replace(found, matched=some, rate=effect(*rate), value=money, refused="")


_MORE = "people reached “purchase” because of chat than would have without it, between"


@pytest.mark.parametrize(
    ("rate", "value", "said"),
    [
        ((0.41, 0.18, 0.64), None, f"About 41 more {_MORE} 18 and 64;"),
        ((0.41, 0.18, 0.64), (23, 5, 41), "18 and 64, and about 2,300 more in revenue, between 500 and 4,100;"),
        (
            (0.41, 0.18, 0.64),
            (3, -5, 11),
            "18 and 64, and no clear change of revenue, between 500 less and 1,100 more;",
        ),
        ((-0.2, -0.3, -0.1), None, f"About 20 fewer {_MORE} 10 and 30;"),
        ((-0.2, -0.3, -0.1), (-3, -5, -1), "10 and 30, and about 300 less in revenue, between 100 and 500;"),
        ((0.1, -0.1, 0.3), None, "No clear effect of chat on “purchase”: between 10 fewer and 30 more, of 100 people;"),
        ((0.012, 0.003, 0.021), None, "About one person more reached “purchase” because of chat"),
        ((0.004, 0.001, 0.021), None, "without it, between less than one and 2;"),
        ((0.004, 0.001, 0.021), None, "Not even one person more reached"),
    ],
)
def test_the_sentence_holds_the_number_its_interval_and_what_the_plain_comparison_would_claim(
    rate: tuple[float, float, float], value: tuple[float, float, float] | None, said: str
) -> None:
    sentence = str(headline(told(rate, value)))
    assert said in sentence
    assert sentence.count("the plain comparison would claim") == 1


def test_where_everybody_was_exposed_sooner_or_later_no_plain_comparison_is_told() -> None:
    found = told((0.4, 0.2, 0.6))
    alone = replace(found, crowd=replace(found.crowd, naive=(None, None)), reasons={"open": np.array([3])})
    assert str(headline(alone)).endswith("between 20 and 60.")
    assert "One exposed person is left out because" in " ".join(map(str, notes(alone)))


def compared(reached: int, others: int) -> Effect:
    """Of 50 exposed and of 2,000 others alike how many reached the goal."""
    cases, controls = (
        Sample((np.arange(people) < won)[:, None].astype(float), packed([], [], people), first + np.arange(people))
        for people, won, first in ((50, reached, 0), (2_000, others, 50))
    )
    found = estimated(fit(cases, controls, np.full(2_000, 50 / 2_000), (np.zeros((50, 1)), np.zeros((2_000, 1)))))
    assert found is not None
    return found


def test_that_none_of_few_reached_a_rare_goal_shows_no_effect() -> None:
    # Their own spread is none, which made it fewer for sure in every such answer where it changed nothing.
    none, half = compared(0, 30), compared(25, 1_000)
    assert none.difference[0] == pytest.approx(-0.015)
    assert 0 < none.high[0] < 0.03
    assert compared(0, 400).high[0] < -0.1
    assert half.high[0] == pytest.approx(stdtrit(49, 0.975) * np.sqrt(0.25 / 50 + 0.25 / 2_000), rel=0.01)


def test_a_page_of_its_own_calls_what_happened_by_its_own_name() -> None:
    assert "because of an agent's answer" in str(headline(told((0.4, 0.2, 0.6)), T("an agent's answer")))


def test_where_a_part_of_the_exposed_was_drawn_they_are_counted_up_and_it_is_said() -> None:
    whole = told((0.4, 0.2, 0.6), (2.0, 1.0, 3.0))
    half = replace(whole, crowd=replace(whole.crowd, exposed=800, share=0.5))
    assert people_used(half) == 2 * people_used(whole) == 200
    twice = in_all(half, half.rate)
    assert twice is not None
    assert (twice.difference, twice.low, twice.high) == pytest.approx((80, 40, 120))
    assert effect_block(half).rows[0][-1] == pytest.approx(80)
    assert {block.id: block.rows[0][0] for block in number_blocks(half)} == pytest.approx(
        {block.id: block.rows[0][0] for block in number_blocks(whole)} | {"incremental": 80, "revenue": 400.0}
    )
    assert "Of 800 exposed people 400, drawn by chance, were looked at" in " ".join(map(str, notes(half)))
    assert "drawn by chance" not in " ".join(map(str, notes(whole)))


def test_where_the_others_were_drawn_it_is_said_for_how_many_each_stands() -> None:
    found = told((0.4, 0.2, 0.6))
    drawn = [replace(one, scale=np.full(len(one.scale), 12.5)) for one in found.crowd.drawn]
    sampled = replace(found, crowd=replace(found.crowd, drawn=drawn))
    assert "each of whom stands for up to 12.5" in " ".join(map(str, notes(sampled)))


def checks(block: Block) -> dict[object, list[object]]:
    return {row[0]: [*row[1:], *hint] for row, hint in zip(block.rows, block.draw["told"], strict=True)}  # type: ignore[call-overload]


def test_each_check_has_its_threshold_which_way_it_goes_and_what_it_means() -> None:
    block = checks_block(known())
    found = checks(block)
    for value, threshold, ok, meaning, way, _ in found.values():
        assert str(meaning).endswith(".")
        assert (way == "") == (threshold is None) == (ok is None)
        if ok is not None:
            assert ok == (value >= threshold if way == "least" else value <= threshold)  # type: ignore[operator]
    bad = sum(ok is False for _, _, ok, *_ in found.values())
    asked = sum(ok is not None for _, _, ok, *_ in found.values())
    said = (
        f"All {asked} checks are met."
        if not bad
        else f"One of {asked} checks is not met: take the number with care."
        if bad == 1
        else f"{bad} of {asked} checks are not met: take the number with care."
    )
    assert str(block.note) == said


def test_a_check_that_is_missed_says_what_that_means_and_is_counted() -> None:
    found = known()
    apart = replace(found.balance[0], after=0.25)
    block = checks_block(replace(found, balance=[apart, *found.balance[1:]]))
    row = checks(block)["Largest difference left"]
    assert row[0] == 0.25
    assert row[2] is False
    assert "still differ" in str(row[3])
    assert "not met" in str(block.note)
    assert "not met" in str(caution(replace(found, balance=[apart]))[0])


def test_where_there_is_no_answer_the_checks_say_what_is_missing() -> None:
    found = answer(tell(World(people=150), 1).journeys, Query(site(), None, NOW), PLAN)
    row = checks(checks_block(found))["Exposed people used"]
    assert row[2:4] == [False, "More of them are needed."]
    assert number_blocks(found) == []
