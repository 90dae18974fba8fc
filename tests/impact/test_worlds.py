"""The proof's short form: a few runs of every world, which show a wrong method but not a few points of coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from tests.impact.proof import COLUMNS, batch, table
from tests.impact.simulate import NEVER, World, simulate
from tests.impact.summary import summarise, wilson
from tests.impact.trial import MEASURES, Told, Trial, seed, truth_of, try_once
from tests.impact.worlds import BY_NAME, WORLDS

RUNS = 6
TRUTH_PEOPLE = 40_000


@lru_cache
def trials(name: str) -> list[Trial]:
    return [try_once(BY_NAME[name], run) for run in range(RUNS)]


@dataclass(frozen=True, slots=True)
class Error:
    """The mean error over the runs, what it may be by chance (one standard error), and the usual ways' errors."""

    bias: float
    chance: float
    naive: float
    plain: float


@lru_cache
def errors(name: str) -> dict[str, Error]:
    found, world = {}, BY_NAME[name]
    for measure, truth in truth_of(world, TRUTH_PEOPLE).items():
        told = [trial.told[measure] for trial in trials(name)]
        assert all(one.estimate is not None for one in told)
        one_run = float(np.mean([one.high - one.low for one in told])) / 2 / 1.96
        chance = float(np.hypot(one_run / np.sqrt(RUNS), truth.error))
        means = (float(np.mean([getattr(one, of) for one in told])) for of in ("estimate", "naive", "plain"))
        bias, naive, plain = (mean - truth.effect for mean in means)
        found[measure] = Error(bias, chance, naive, plain)
    return found


def cases() -> list[ParameterSet]:
    """Every measure of every world in which the answer must be right."""
    found = []
    for world in WORLDS:
        if world.holds and not world.refused:
            measures = MEASURES if world.money else MEASURES[:1]
            found += [pytest.param(world, measure, id=f"{world.name}-{measure}") for measure in measures]
    return found


@pytest.mark.parametrize(("world", "measure"), cases())
def test_the_answer_is_right_but_for_chance_and_nearer_than_the_usual_ways(world: World, measure: str) -> None:
    error = errors(world.name)[measure]
    assert abs(error.bias) < 4 * error.chance, error
    assert abs(error.bias) < min(abs(error.naive), abs(error.plain)), error


@pytest.mark.parametrize("world", [world for world in WORLDS if world.refused], ids=lambda world: world.name)
def test_where_nobody_is_comparable_there_is_no_answer(world: World) -> None:
    assert [bool(trial.refused) for trial in trials(world.name)] == [True] * RUNS
    assert all(one.estimate is None for trial in trials(world.name) for one in trial.told.values())


def test_what_nobody_measured_makes_the_answer_wrong_though_less_than_the_plain_comparison() -> None:
    error = errors("hidden")["rate"]
    assert error.bias > 4 * error.chance
    assert error.bias < error.naive


def test_bots_change_nothing_at_all() -> None:
    world = BY_NAME["bots"]
    with_, without = (try_once(of, 0).told for of in (world, replace(world, bots=0)))
    assert with_ == without


def test_the_truth_from_hazards_is_that_of_the_lives_that_were_drawn() -> None:
    world = replace(BY_NAME["later"], people=40_000)
    truth, lives = truth_of(world, 40_000), simulate(world, seed(world, 0))
    for measure, gain in (("rate", lives.reached - lives.reached_without), ("value", lives.paid - lives.paid_without)):
        gain = gain[lives.counts]
        error = float(np.hypot(truth[measure].error, gain.std() / np.sqrt(len(gain))))
        assert abs(gain.mean() - truth[measure].effect) < 4 * error


def test_without_an_effect_both_lives_are_the_same() -> None:
    for world in WORLDS:
        if world.null:
            lives = simulate(world, seed(world, 0))
            assert np.array_equal(lives.reached, lives.reached_without)
            assert np.array_equal(lives.paid, lives.paid_without)


def test_every_world_has_the_exposures_that_its_words_promise() -> None:
    shares = {}
    for world in WORLDS:
        lives = simulate(world, seed(world, 0))
        shares[world.name] = (lives.exposed_at != NEVER).mean(), int(lives.counts.sum())
    assert 0.2 < shares["later"][0] < 0.37
    assert 0.37 < shares["frequent"][0] < 0.5
    assert 60 < shares["rare"][1] < 200
    assert min(exposed for _, exposed in shares.values()) > 60


def test_a_run_is_the_same_whichever_process_does_it() -> None:
    (alone,) = batch(("fading", 1, 2))
    assert batch(("fading", 0, 2))[1].told == alone.told
    assert alone.told == trials("fading")[1].told


def test_the_interval_of_a_share_is_that_of_the_books() -> None:
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263 by the score method without correction.
    share = wilson(81, 263)
    assert (share.of, share.low, share.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)


def test_limits_are_missed_by_wrong_answers_and_by_them_only() -> None:
    world = BY_NAME["none"]
    truth = truth_of(world, 2_000)["rate"]

    def missed(of: World, hits: int) -> tuple[str, ...]:
        right, wrong = Told(0.0, -1.0, 1.0, 0.0, 0.0), Told(3.0, 2.0, 4.0, 0.0, 0.0)
        made = [Trial(100, "", 0.1, {"rate": right if run < hits else wrong}) for run in range(200)]
        return summarise(of, "rate", truth, made).missed

    assert missed(world, 190) == ()
    assert missed(world, 170) == ("coverage low", "false alarms")
    assert missed(world, 200) == ("coverage high",)
    assert missed(replace(world, holds=False), 195) == ("looks right, so the world has lost its trap",)
    assert missed(replace(world, holds=False), 20) == ()
    assert missed(replace(world, refused=True), 190) == ("not refused",)


def test_the_table_has_a_row_for_each_measure() -> None:
    truths = truth_of(BY_NAME["none"], 2_000)
    lines = table([summarise(BY_NAME["none"], name, truth, trials("none")) for name, truth in truths.items()])
    cells = [line.count("|") - 1 for line in lines.splitlines()]
    assert cells == [len(COLUMNS)] * 4
