"""The proof's short form: a run or two of every world, which together show a method that is wrong.

A world by itself shows a large error; all of them together, by how far estimates are from the truth of the very people
of the run in standard errors, show small errors that go one way, and intervals that are too narrow or too wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from math import sqrt

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from tests.impact.fresh import SHOPS
from tests.impact.lives import NEVER
from tests.impact.parts import KINDS
from tests.impact.proof import EVERY
from tests.impact.shop import Shop
from tests.impact.trial import MEASURES, AnyWorld, Told, Trial, live, seed, try_once
from tests.impact.worlds import BY_NAME

RUNS = 1
MORE = {"later": 4, "frequent": 4}  # where those compared with are often exposed later
ONE_WAY = ("later", "frequent", "immortal", "habit", "same day")
WARNED = [shop for shop in SHOPS if shop.warned]
RIGHT = [world for world in EVERY.values() if world.holds and not world.refused and world not in WARNED]


@lru_cache
def trials(name: str) -> list[Trial]:
    return [try_once(EVERY[name], run) for run in range(MORE.get(name, RUNS))]


def apart(trial: Trial, measure: str) -> float:
    """How far the answer is from what is true of the run's own people, in standard errors."""
    told = trial.told[measure]
    assert told.estimate is not None
    return (told.estimate - trial.own[measure]) / error(told)


def error(told: Told) -> float:
    return (told.high - told.low) / 2 / 1.96


def all_apart(kind: str) -> list[float]:
    """The same of everything of a kind that was told, over all worlds that must be right."""
    return [apart(trial, measure) for _, trial, measure in said(kind)]


def said(kind: str) -> Iterator[tuple[AnyWorld, Trial, str]]:
    for world in RIGHT:
        for trial in trials(world.name):
            for measure in sorted(trial.told.keys() & trial.own.keys()):
                found = measure if measure in MEASURES else KINDS.get(measure.split(" ")[0], "groups")
                if found == kind:
                    yield world, trial, measure


def cases() -> list[ParameterSet]:
    """Every measure of every world in which the answer must be right."""
    return [
        pytest.param(world, measure, id=f"{world.name}-{measure}")
        for world in RIGHT
        for measure in (MEASURES if world.money else MEASURES[:1])
    ]


@pytest.mark.parametrize(("world", "measure"), cases())
def test_the_answer_is_right_but_for_chance(world: AnyWorld, measure: str) -> None:
    found = [apart(trial, measure) for trial in trials(world.name)]
    assert abs(np.mean(found)) < 3.3 / sqrt(len(found))


def test_the_usual_ways_are_wrong_by_far_more() -> None:
    ours, naive, plain = (
        [abs(getattr(trial.told["rate"], of) - trial.own["rate"]) for _, trial, _ in said("rate")]
        for of in ("estimate", "naive", "plain")
    )
    assert 4 * np.mean(ours) < min(np.mean(naive), np.mean(plain))


@pytest.mark.parametrize("kind", ["rate", "value", "days left", "curve", "groups"])
def test_intervals_are_as_wide_as_they_say_and_errors_go_no_one_way(kind: str) -> None:
    found = np.array(all_apart(kind))
    assert 0.35 < np.mean(found**2) < 0.95  # below 1: a part of each interval is for other people than the run's own
    assert abs(np.mean(found)) < 0.45


def test_who_is_exposed_later_is_made_up_for() -> None:
    found = [apart(trial, "rate") for name in ONE_WAY for trial in trials(name)]
    assert abs(np.mean(found)) < 2.5 / sqrt(len(found))


def test_a_dose_that_what_was_known_before_decides_has_the_effect_it_has() -> None:
    found = [apart(trial, measure) for world, trial, measure in said("doses") if world.name == "messages"]
    assert len(found) == 3
    assert max(map(abs, found)) < 3.3


def test_a_dose_that_grows_with_staying_has_no_effect_told() -> None:
    (habit,) = trials("habit")
    assert not [measure for measure in habit.told if measure.startswith("Dose")]
    assert [measure for measure in habit.own if measure.startswith("Dose")]


@pytest.mark.parametrize("shop", WARNED, ids=lambda shop: shop.name)
def test_where_too_few_stayed_unexposed_the_answer_says_so(shop: Shop) -> None:
    assert all(trial.warned for trial in trials(shop.name))


@pytest.mark.parametrize("world", [world for world in EVERY.values() if world.refused], ids=lambda world: world.name)
def test_where_nobody_is_comparable_there_is_no_answer(world: AnyWorld) -> None:
    assert all(trial.refused for trial in trials(world.name))
    assert all(one.estimate is None for trial in trials(world.name) for one in trial.told.values())


def test_what_nobody_measured_makes_the_answer_wrong_though_less_than_the_plain_comparison() -> None:
    (hidden,) = trials("hidden")
    assert apart(hidden, "rate") > 2.5
    assert (hidden.told["rate"].estimate or 0.0) < hidden.told["rate"].naive


def test_bots_change_nothing_at_all() -> None:
    with_, without = (try_once(replace(BY_NAME["bots"], bots=count, people=1_500), 0).told for count in (200, 0))
    assert with_ == without


def test_without_an_effect_both_lives_are_the_same() -> None:
    for world in EVERY.values():
        if world.null:
            assert not any(trial.own[measure] for trial in trials(world.name) for measure in trial.own)


def test_every_world_has_the_exposures_that_its_words_promise() -> None:
    shares = {}
    for name in ("later", "frequent", "rare", "floor", "habit"):
        lives = live(EVERY[name], seed(EVERY[name], 1))
        shares[name] = (lives.exposed_at != NEVER).mean(), int(lives.counts.sum())
    assert 0.2 < shares["later"][0] < 0.37
    assert 0.37 < shares["frequent"][0] < 0.5
    assert 0.3 < shares["habit"][0] < 0.5
    assert 60 < shares["rare"][1] < 200
    assert 30 < shares["floor"][1] < 60
    assert min(trial.exposed for world in RIGHT for trial in trials(world.name)) > 30
