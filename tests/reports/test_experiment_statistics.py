"""Intervals and plans of experiments, by simulation: they cover as often as they say, also for who looks every day."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, ttest_ind

from collector.reports.experiment import statistics
from collector.reports.experiment.looks import FLOOR_GOALS
from collector.reports.experiment.power import people_needed, power_of, smallest_effect
from collector.reports.stats import difference

RUNS = 2_000


def alarms(rate: float, share: float, a_day: int, days: int = 90) -> tuple[float, float]:
    """How many of experiments without an effect ever show one to somebody who looks every day: always-valid, fixed."""
    rng = np.random.default_rng(5)
    one = rng.binomial(a_day, share, (RUNS, days))
    n, m = one.cumsum(axis=1), (a_day - one).cumsum(axis=1)
    x, y = (rng.binomial(some, rate).cumsum(axis=1) for some in (one, a_day - one))
    seen = np.minimum(x, y) >= FLOOR_GOALS
    apart, low, high = difference(x, n, y, m)
    error2 = statistics.rate_variance(x, n) / np.maximum(n, 1) + statistics.rate_variance(y, m) / np.maximum(m, 1)
    reach = statistics.always(error2, n + m)
    wrong = seen & (np.abs(apart) > reach)
    once = seen & ((low > 0) | (high < 0))
    return float(wrong.any(axis=1).mean()), float(once.any(axis=1).mean())


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
@pytest.mark.parametrize(("share", "a_day"), [(0.5, 20), (0.5, 500), (0.9, 100), (0.1, 500)])
def test_who_looks_every_day_is_misled_by_the_fixed_interval_only(rate: float, share: float, a_day: int) -> None:
    valid, fixed = alarms(rate, share, a_day)
    assert valid <= 0.05 + 2 * (0.05 * 0.95 / RUNS) ** 0.5
    assert fixed > 0.15 or a_day == 20


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(("base", "effect"), [(0.05, 0.0), (0.05, 0.03), (0.3, -0.1)])
def test_the_interval_of_rates_covers(base: float, effect: float, share: float) -> None:
    rng = np.random.default_rng(3)
    n = rng.binomial(3_000, share, 5_000)
    x, y = rng.binomial(n, base + effect), rng.binomial(3_000 - n, base)
    _, low, high = difference(x, n, y, 3_000 - n)
    assert 0.94 <= ((low <= effect) & (effect <= high)).mean() <= 0.965
    assert statistics.rates(int(x[0]), int(n[0]), int(y[0]), int(3_000 - n[0])).low == pytest.approx(low[0])


def test_the_interval_of_money_covers_and_is_welchs() -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(600):
        one = rng.lognormal(3, 1, 900) * (rng.random(900) < 0.2)
        other = rng.lognormal(3, 1, 300) * (rng.random(300) < 0.15)
        found = statistics.means(one, other)
        held += found.low <= 0.05 * np.exp(3.5) <= found.high
    assert 0.92 <= held / 600 <= 0.97
    welch = ttest_ind(one, other, equal_var=False)
    assert (found.low, found.high) == pytest.approx(tuple(welch.confidence_interval()))
    assert found.p == pytest.approx(welch.pvalue)


@pytest.mark.parametrize("offered", [0.15, 0.6])
def test_the_interval_on_those_who_took_it_up_covers_where_it_is_told(offered: float) -> None:
    rng = np.random.default_rng(6)
    held = told = 0
    for _ in range(600):
        treated = rng.random(1_000) < 0.7
        keen = rng.random(1_000) < offered
        bought = rng.random(1_000) < 0.1 + 0.3 * keen + 0.2 * (keen & treated)
        took = (keen & treated).astype(float)
        found = statistics.taken_up(
            bought[treated].astype(float), took[treated], bought[~treated].astype(float), took[~treated]
        )
        told += found.told
        held += found.told and found.effect.low <= 0.2 <= found.effect.high
    assert told == 600
    assert 0.92 <= held / told <= 0.98


def test_an_uptake_by_chance_alone_is_nearly_never_divided_by() -> None:
    rng = np.random.default_rng(8)
    told = 0
    for _ in range(400):
        one, other = (rng.random((2, 300)) < 0.3).astype(float)
        told += statistics.taken_up(one, one, other, other).told
    assert told <= 4  # F >= 10 is a p-value of 0.0016


def test_the_sample_ratio_test_is_pearsons_and_seldom_cries_wolf() -> None:
    assert statistics.sample_ratio([480, 520], [0.5, 0.5]) == pytest.approx(chisquare([480, 520]).pvalue)
    assert statistics.sample_ratio([90, 30, 80], [3, 1, 2]) == pytest.approx(
        chisquare([90, 30, 80], [100, 100 / 3, 200 / 3]).pvalue
    )
    rng = np.random.default_rng(9)
    cried = [
        statistics.sample_ratio([k, 5_000 - k], [0.9, 0.1]) < 0.001 for k in rng.binomial(5_000, 0.9, 3_000).tolist()
    ]
    assert sum(cried) <= 10
    assert np.isnan(statistics.sample_ratio([3, 2], [0.5, 0.5]))
    assert np.isnan(statistics.sample_ratio([300], [1.0]))


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(("base", "effect"), [(0.05, 0.01), (0.3, -0.05), (0.02, 0.01)])
def test_so_many_people_show_the_effect_in_four_of_five_experiments(base: float, effect: float, share: float) -> None:
    people = people_needed(base, effect, share)
    rng = np.random.default_rng(10)
    n = rng.binomial(people, share, 6_000)
    x, y = rng.binomial(n, base + effect), rng.binomial(people - n, base)
    _, low, high = difference(x, n, y, people - n)
    assert ((low > 0) | (high < 0)).mean() == pytest.approx(0.8, abs=0.035)
    assert power_of(base, effect, share, people) == pytest.approx(0.8, abs=0.001)


def test_the_plan_is_what_books_say_and_its_reverse_is_its_reverse() -> None:
    # Fleiss, Levin, Paik 2003, table A.4 without correction: 60 % against 70 %, 5 %, 80 %: 356 in each arm
    assert people_needed(0.6, 0.1, 0.5) == pytest.approx(2 * 356, abs=2)
    effect = smallest_effect(0.05, people_needed(0.05, 0.01, 0.8), 0.8)
    assert effect == pytest.approx(0.01, rel=1e-3)
    assert smallest_effect(0.05, 3, 0.5) is None
    assert smallest_effect(0.05, 0, 0.5) is None
