"""Impact in worlds whose truth is known: the plain comparison is fooled, the answer is not, too little is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.times import DAY, MINUTE
from collector.reports.impact import REPORT
from collector.reports.impact.balancing import tilt, tilted
from collector.reports.impact.coded import packed
from collector.reports.impact.crossings import crossed
from collector.reports.impact.drawn import draw
from collector.reports.impact.engine import Answer, answer
from collector.reports.impact.estimate import e_value
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import make_tape
from tests.support.effects import NOW, START, World, tell
from tests.support.effort import examples
from tests.support.visit_oracle import SOURCES
from tests.support.worlds import E, question, site, world

SEEDS = 20
PLAN = Plan((parse_matcher("event:chat_started"),), parse_matcher("event:purchase"), 14 * DAY, -(2**62), 2**62, NOW)
QUERY = Query(site(), None, NOW)


@dataclass(frozen=True, slots=True)
class Seen:
    """Over many seeds: mean error in the rate, mean of the naive difference, share of intervals that hold the truth."""

    error: float
    naive: float
    truth: float
    covered: float
    shut_out_zero: float


def over_seeds(of: World) -> Seen:
    rows = []
    for seed in range(SEEDS):
        told = tell(of, seed)
        found = answer(told.journeys, QUERY, PLAN)
        rate, naive = found.rate, found.naive[0]
        assert rate is not None
        assert naive is not None
        low, high = float(rate.low[-1]), float(rate.high[-1])
        holds, apart = low <= told.truth <= high, low > 0 or high < 0
        rows.append((rate.difference[-1] - told.truth, rate.exposed[-1] - naive, told.truth, holds, apart))
    return Seen(*(float(column) for column in np.mean(np.array(rows, dtype=np.float64), axis=0)))


def test_where_chat_changes_nothing_the_naive_comparison_claims_ten_points_and_the_answer_none() -> None:
    seen = over_seeds(World())
    assert seen.naive > 0.08
    assert abs(seen.error) < 0.02
    assert seen.covered >= 0.83
    assert seen.shut_out_zero <= 0.17


def test_a_true_effect_of_about_ten_points_is_found() -> None:
    seen = over_seeds(World(effect=0.14))
    assert 0.08 < seen.truth < 0.14
    assert seen.naive > seen.truth + 0.08
    assert abs(seen.error) < 0.02
    assert seen.covered >= 0.83
    assert seen.shut_out_zero > 0.4


def test_time_survived_until_exposure_is_not_counted_as_an_effect() -> None:
    # Chats come at random and buying does not depend on anything: those who stay longer merely have more of both.
    seen = over_seeds(World(people=800, chat_base=-2.5, chat_slope=0.0, buy_slope=0.0, buy_base=-2.0, again=0.75))
    assert seen.naive > 0.03
    assert abs(seen.error) < 0.02
    assert seen.covered >= 0.83


def ask(of: World, seed: int = 1, parts: int = 1, **arguments: str) -> Result:
    given = {"exposure": "event:chat_started", "goal": "event:purchase", "all_time": "1"} | arguments
    return REPORT.run(tell(of, seed, parts).journeys, question(REPORT, NOW, site(), **given))


def column(result: Result, block: str, name: str) -> list[object]:
    found = result.block(block)
    at = [column.name for column in found.columns].index(name)
    return [row[at] for row in found.rows]


def test_the_blocks_have_the_promised_shape_and_agree_with_each_other() -> None:
    result = ask(World(effect=0.14))
    effect = result.block("effect")
    names = ["measure", "exposed", "naive", "counterfactual", "difference", "low", "high", "lift", "incremental"]
    assert [column.name for column in effect.columns] == names
    assert [row[0] for row in effect.rows] == ["rate", "value"]
    rate = dict(zip(names, effect.rows[0], strict=True))
    exposed, without, difference = (float(str(rate[name])) for name in ("exposed", "counterfactual", "difference"))
    used = dict(zip(column(result, "used", "status"), column(result, "used", "people"), strict=True))
    assert difference == pytest.approx(exposed - without)
    assert rate["incremental"] == pytest.approx(difference * float(str(used["matched"])))
    assert rate["lift"] == pytest.approx(difference / without)
    last = result.block("curve").rows[-1]
    assert last[0] == 14.0
    assert last[1:3] == pytest.approx([exposed, without])
    assert [column.name for column in result.block("checks").columns] == [
        "check",
        "value",
        "threshold",
        "ok",
        "meaning",
    ]
    assert max(abs(float(str(after))) for after in column(result, "balance", "smd_after")) < 0.1
    assert max(abs(float(str(before))) for before in column(result, "balance", "smd_before")) > 0.3


def test_the_same_question_has_the_same_answer_however_the_people_are_split() -> None:
    one, two = (ask(World(effect=0.14), parts=parts).block("effect").rows[0] for parts in (1, 3))
    assert one[0] == two[0]
    assert list(one[1:]) == pytest.approx(list(two[1:]), rel=1e-3)


def test_the_people_lists_are_as_long_as_the_numbers_say() -> None:
    result = ask(World(), people="matched")
    used = dict(zip(column(result, "used", "status"), column(result, "used", "people"), strict=True))
    assert len(result.block("people").rows) == used["matched"]
    for status, count in used.items():
        assert len(ask(World(), people=str(status)).block("people").rows) == count
    left = ask(World(), people="left_out")
    assert len(left.block("people").rows) == sum(int(str(n)) for s, n in used.items() if s != "matched")


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (World(people=150), "Too few people"),
        (World(people=1_000, chat_base=50.0), "Too few people to compare with"),
        (World(people=700, chat_base=-4.0, buy_base=-50.0), "Too few goals"),
    ],
)
def test_below_the_floors_there_is_no_number_but_a_sentence_with_what_is_needed(of: World, words: str) -> None:
    result = ask(of)
    assert words in str(result.headline)
    assert result.block("effect").rows[0][1:] == [None] * 8
    assert result.block("curve").rows == []
    assert "naive" not in [block.id for block in result.blocks]


def test_people_without_anybody_alike_are_no_ground_for_an_answer() -> None:
    # All who are exposed came by email and saw /offer; nobody else did.
    events = []
    for n in range(300):
        at, exposed = START + n * 20 * MINUTE, n % 3 == 0
        events.append(E(f"v{n}", at, "page:/offer" if exposed else "page:/", source=SOURCES[2] if exposed else None))
        events.append(E(f"v{n}", at + 1_000, "event:chat_started" if exposed else "page:/b"))
        if n % 4 == 0:
            events.append(E(f"v{n}", at + 60_000, "event:purchase"))
    query = question(REPORT, NOW, site(), exposure="event:chat_started", goal="event:purchase", all_time="1")
    result = REPORT.run(world(events, as_of=NOW), query)
    assert result.block("effect").rows[0][1:] == [None] * 8
    assert result.headline is not None


def test_a_goal_that_nobody_reaches_without_it_tells_nothing_about_it() -> None:
    events = []
    for n in range(900):
        at = START + n * 20 * MINUTE
        events.append(E(f"v{n}", at, "page:/"))
        if n % 3 == 0:
            events.append(E(f"v{n}", at + 1_000, "event:chat_started"))
            events.append(E(f"v{n}", at + 60_000, "event:purchase"))
    query = question(REPORT, NOW, site(), exposure="event:chat_started", goal="event:purchase", all_time="1")
    result = REPORT.run(world(events, as_of=NOW), query)
    assert "nobody to compare with reached" in str(result.headline)
    assert result.block("effect").rows[0][1:] == [None] * 8


def test_weights_do_not_vanish_beside_a_moment_that_cannot_count() -> None:
    x = packed(np.array([[2, 1, 1]], dtype=np.uint8), (3,), 3)
    weights = tilted(np.array([0.0, 1.0, 1.0]), x, np.array([0.0, 900.0]), 4.0)
    assert weights.tolist() == [0.0, 2.0, 2.0]


def small(*extra: E) -> Answer:
    events = [E("a", START, "page:/"), E("a", START + 1_000, "event:chat_started"), *extra]
    return answer(world(events, as_of=NOW), QUERY, PLAN)


def test_a_goal_before_the_exposure_and_an_exposure_too_young_are_left_out_with_the_reason() -> None:
    found = small(
        E("b", START, "event:purchase"),
        E("b", START + 1, "event:chat_started"),
        E("c", NOW - DAY, "page:/"),
        E("c", NOW - DAY + 1, "event:chat_started"),
    )
    assert (found.exposed, len(found.reasons["converted"]), len(found.reasons["open"])) == (1, 1, 1)


def test_only_the_first_exposure_counts_and_bots_do_not() -> None:
    found = small(E("a", START + DAY, "event:chat_started"), E("bot", START, "event:chat_started", bot=1))
    assert found.exposed == 1


def test_a_sample_of_the_unexposed_stands_for_all_of_them() -> None:
    told = tell(World(effect=0.14), 5)
    whole, drawn = (
        make_tape(told.journeys, QUERY, PLAN, draw(told.journeys, QUERY, PLAN, rows=rows)) for rows in (10**9, 1_000)
    )
    assert drawn.none < whole.none
    assert drawn.scale.sum() == pytest.approx(whole.people, rel=0.12)
    assert np.count_nonzero(drawn.exposed < drawn.none) == np.count_nonzero(whole.exposed < whole.none)


def test_the_goal_must_be_given_or_set_and_must_not_be_the_exposure() -> None:
    journeys = tell(World(people=50), 1).journeys
    with pytest.raises(UserError, match="No goal"):
        REPORT.run(journeys, question(REPORT, NOW, site(), exposure="event:chat_started"))
    with pytest.raises(UserError, match="both what happened and the goal"):
        REPORT.run(journeys, question(REPORT, NOW, site({"Chat": "event:a"}), exposure="event:a"))


def test_the_e_value_is_that_of_the_paper() -> None:
    # VanderWeele & Ding 2017: a risk ratio of 3.9 has an E-value of 7.26.
    assert e_value(0.39, 0.1) == pytest.approx(7.26, abs=0.01)
    assert e_value(0.1, 0.39) == pytest.approx(7.26, abs=0.01)
    assert e_value(0.0, 0.1) is None


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000))
def test_balanced_weights_have_the_means_that_are_asked_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = packed(rng.integers(0, 2, (3, 400)).astype(np.uint8), (2, 2, 2), 400)
    base = rng.random(400) + 0.1
    target = 0.3 + 0.4 * rng.random(3)
    weight = tilted(base, x, tilt(target, x, base), 50.0)
    assert weight.sum() == pytest.approx(50.0)
    assert x.sums(weight) / 50 == pytest.approx(target, abs=2e-3)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 14), max_size=7))
def test_sums_over_codes_are_those_of_the_wide_matrix(seed: int, levels: list[int]) -> None:
    rng = np.random.default_rng(seed)
    codes = np.array([rng.integers(0, one, 30) for one in levels], dtype=np.uint8).reshape(len(levels), 30)
    x = packed(codes, levels, 30)
    wide = np.array(
        [row == level for row, one in zip(codes, levels, strict=True) for level in range(1, one)], dtype=np.float64
    ).reshape(x.width, 30)
    weight, coefficients = rng.random(30), rng.random(x.width)
    assert x.dot(coefficients) == pytest.approx(coefficients @ wide)
    assert x.sums(weight) == pytest.approx(wide @ weight)
    assert x.gram(weight) == pytest.approx((wide * weight) @ wide.T)
    square = rng.random((x.width, x.width))
    square += square.T
    assert x.form(square) == pytest.approx(np.einsum("ij,jk,ki->i", wide.T, square, wide))
    pick = np.array([3, 5, 7])
    assert x.of(pick).dot(coefficients) == pytest.approx(coefficients @ wide[:, pick])
    for feature, (row, many) in enumerate(zip(codes, levels, strict=True)):
        assert x.having(feature, many - 1).tolist() == (row == many - 1).tolist()
    both, twice = x.beside(x), np.concatenate([wide, wide])
    assert both.levels == (*levels, *levels)
    assert both.sums(weight) == pytest.approx(twice @ weight)
    assert both.gram(weight) == pytest.approx((twice * weight) @ twice.T)


def test_two_levels_that_stand_apart_together_become_a_feature_of_their_own() -> None:
    # Each of both is as frequent on either side; having both or neither marks the exposed.
    case, control = np.arange(400), np.arange(400, 1_200)
    first = np.arange(1_200) % 2
    second = np.where(np.arange(1_200) < 400, first, np.arange(1_200) // 2 % 2)
    x = packed(np.array([first, second], dtype=np.uint8), (2, 2), 1_200)
    wider = crossed(x, case, control, np.ones(800))
    assert wider.levels == (2, 2, 2)
    assert wider.having(2, 1).tolist() == (first & second).astype(bool).tolist()
    assert crossed(x, control, control, np.ones(800)) is x


def test_an_ad_that_was_only_seen_is_no_visit_to_compare_with() -> None:
    plan = replace(PLAN, exposures=(parse_matcher("source:email"),))
    events = [
        E("a", START, "event:ad_impression", source=SOURCES[1]),
        E("a", START + DAY, "page:/"),
        E("a", START + 2 * DAY, "page:/", source=SOURCES[2]),
    ]
    tape = answer(world(events, as_of=NOW), QUERY, plan).tape
    assert tape.arrives.tolist() == [False, True, True]
