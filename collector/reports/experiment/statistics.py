"""Differences between two arms that chance made, on sums only: of any arm's numbers, one array element a comparison.

Sources: Newcombe 1998 (rates), Welch 1947 (means), Fieller 1954 for the effect on those who took it up (the ratio of
two differences; Imbens and Angrist 1994), Fabijan et al. 2019 (sample ratio), Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 2024 (looking
every day).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri, stdtr, stdtrit

from collector.reports.stats import chi_squared, difference

Floats = NDArray[np.float64]
ALPHA = 0.05
# Below this the uptake of the two arms differs too little to divide by (Staiger, Stock 1997).
WEAK = 10.0
# The number of people at which the interval that stays valid is tightest; fixed, for it must not follow the data.
TUNED_FOR = 5_000
_RHO2 = (-2 * np.log(ALPHA) + np.log(-2 * np.log(ALPHA)) + 1) / TUNED_FOR


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval and the p-value of no difference; NaN where it cannot be told."""

    estimate: float
    low: float
    high: float
    p: float = float("nan")


def told(number: float) -> float | None:
    """A number as a cell: nothing where it is none."""
    return None if np.isnan(number) else number


def rates(hits: int, people: int, hits_off: int, people_off: int) -> Interval:
    """Difference of two rates: Newcombe's interval and Pearson's test (none where fewer than 5 are expected)."""
    apart, low, high = difference(hits, people, hits_off, people_off)
    return Interval(float(apart), float(low), float(high), float(chi_squared(hits, people, hits_off, people_off)))


def means(values: Floats, values_off: Floats) -> Interval:
    """Difference of two means: Welch's interval and test, each arm with its own spread."""
    n, m = len(values), len(values_off)
    if n < 2 or m < 2:
        return Interval(np.nan, np.nan, np.nan)
    apart = float(values.mean() - values_off.mean())
    one, other = float(values.var(ddof=1)) / n, float(values_off.var(ddof=1)) / m
    if not one + other:
        return Interval(apart, np.nan, np.nan)
    free = (one + other) ** 2 / (one**2 / (n - 1) + other**2 / (m - 1))
    error = (one + other) ** 0.5
    reach = float(stdtrit(free, 1 - ALPHA / 2)) * error
    return Interval(apart, apart - reach, apart + reach, float(2 * stdtr(free, -abs(apart) / error)))


@dataclass(frozen=True, slots=True)
class Uptake:
    """The effect on those who took it up because it was offered, and how many more did."""

    difference: float
    strength: float
    effect: Interval

    @property
    def told(self) -> bool:
        """Whether the arms differ enough in uptake to tell an effect on those who took it up."""
        return self.strength >= WEAK


def taken_up(outcome: Floats, took: Floats, outcome_off: Floats, took_off: Floats) -> Uptake:
    """The difference of outcomes over the difference of uptakes (Wald; two-stage least squares), Fieller's interval.

    It holds if being assigned changes the outcome through the uptake alone and nobody does the opposite.
    """
    n, m = len(outcome), len(outcome_off)
    if n < 2 or m < 2:
        return Uptake(np.nan, 0.0, Interval(np.nan, np.nan, np.nan))
    spread = np.cov(outcome, took) / n + np.cov(outcome_off, took_off) / m
    more, more_took = float(outcome.mean() - outcome_off.mean()), float(took.mean() - took_off.mean())
    of_took = float(spread[1, 1])
    strength = more_took**2 / of_took if of_took else (np.inf if more_took else 0.0)
    if strength < WEAK:
        return Uptake(more_took, strength, Interval(np.nan, np.nan, np.nan))
    z2 = float(ndtri(1 - ALPHA / 2)) ** 2
    square = more_took**2 - z2 * of_took
    middle = more_took * more - z2 * float(spread[0, 1])
    root = max(middle**2 - square * (more**2 - z2 * float(spread[0, 0])), 0.0) ** 0.5
    return Uptake(more_took, strength, Interval(more / more_took, (middle - root) / square, (middle + root) / square))


def sample_ratio(counts: ArrayLike, shares: ArrayLike) -> float:
    """p-value that arms of these sizes come of these shares (chi-squared); NaN where fewer than 5 are expected."""
    found, planned = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    found, planned = found[planned > 0], planned[planned > 0]
    if len(found) < 2:
        return float("nan")
    expected = found.sum() * planned / planned.sum()
    if expected.min() < 5:
        return float("nan")
    return float(chdtrc(len(found) - 1, ((found - expected) ** 2 / expected).sum()))


def rate_variance(hits: ArrayLike, people: ArrayLike) -> Floats:
    """Variance of one person's outcome; with a success and a failure added, so that few are not taken for none."""
    rate = (np.asarray(hits, dtype=np.float64) + 1) / (np.asarray(people, dtype=np.float64) + 2)
    return rate * (1 - rate)


def always(error2: ArrayLike, people: ArrayLike) -> Floats:
    """Half the width of the interval that holds at every look at once, with 95 %.

    Args:
        error2: squared standard error of the estimate at each look.
        people: how many people it rests on then.
    """
    error, count = np.asarray(error2, dtype=np.float64), np.asarray(people, dtype=np.float64) * _RHO2
    with np.errstate(divide="ignore", invalid="ignore"):
        widened: Floats = np.sqrt(error * 2 * (count + 1) / count * np.log(np.sqrt(count + 1) / ALPHA))
    return widened
