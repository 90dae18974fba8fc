"""Intervals, quantiles and corrections that reports share, on whole arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

Floats = NDArray[np.float64]
_DIGITS = 12  # bits that numbers are told apart by before they are sorted


def wilson(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion (E. B. Wilson 1927, without continuity correction).

    Returns:
        Lower and upper bounds, NaN where there were no trials. Equal to
        `scipy.stats.binomtest(k, n).proportion_ci(confidence, method="wilson")`, for whole arrays at once.
    """
    hits, total = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = hits / total
        scale = 1 + z * z / total
        centre = (rate + z * z / (2 * total)) / scale
        half = z / scale * np.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    low = np.where(hits == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(hits == total, 1.0, np.minimum(centre + half, 1.0))
    none = total == 0
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def difference(
    hits_a: ArrayLike, trials_a: ArrayLike, hits_b: ArrayLike, trials_b: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Difference of two proportions a - b with its 95 % interval (Newcombe 1998, method 10: from two Wilsons)."""
    a, n, b, m = (np.asarray(given, dtype=np.float64) for given in (hits_a, trials_a, hits_b, trials_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate_a, rate_b = a / n, b / m
    (low_a, high_a), (low_b, high_b) = wilson(a, n), wilson(b, m)
    apart = rate_a - rate_b
    low = apart - np.sqrt((rate_a - low_a) ** 2 + (high_b - rate_b) ** 2)
    high = apart + np.sqrt((high_a - rate_a) ** 2 + (rate_b - low_b) ** 2)
    return apart, low, high


def chi_squared(hits_a: ArrayLike, trials_a: ArrayLike, hits_b: ArrayLike, trials_b: ArrayLike) -> Floats:
    """p-values of Pearson's chi-squared test (1 degree of freedom) that two proportions are the same.

    NaN where a cell of the fourfold table is expected to hold fewer than 5, for there the test does not hold.
    """
    a, n, b, m = (np.asarray(given, dtype=np.float64) for given in (hits_a, trials_a, hits_b, trials_b))
    total, hits = n + m, a + b
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = total * (a * (m - b) - b * (n - a)) ** 2 / (n * m * hits * (total - hits))
        least = np.minimum(n, m) * np.minimum(hits, total - hits) / total
    return np.where(least >= 5, chdtrc(1, statistic), np.nan)


def holm(p_values: ArrayLike) -> Floats:
    """p-values corrected for their number (S. Holm 1979); NaNs are no tests and stay."""
    given = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    corrected = np.full(given.shape, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(given[order] * np.arange(len(order), 0, -1)), 1.0)
    return corrected


def quantile(values: NDArray[np.int64] | Floats, share: float) -> float | None:
    """The quantile by linear interpolation between order statistics (R's type 7); None of nothing."""
    return float(np.quantile(values, share)) if len(values) else None


def quantile_of_pieces(pieces: Sequence[NDArray[np.int64]], share: float) -> float | None:
    """`quantile` of whole numbers from 0 on that are many: only those as great as the ones in question are sorted."""
    total = sum(map(len, pieces))
    if not total:
        return None
    low = int((total - 1) * share)
    shift = max(max(int(piece.max(initial=0)) for piece in pieces).bit_length() - _DIGITS, 0)
    ends = np.cumsum(sum((np.bincount(piece >> shift, minlength=2**_DIGITS) for piece in pieces), np.int64(0)))
    first, last = np.searchsorted(ends, (low, min(low + 1, total - 1)), side="right").tolist()
    kept = [piece[(piece >> shift >= first) & (piece >> shift <= last)] for piece in pieces]
    near, place = np.sort(np.concatenate(kept)), low - (int(ends[first - 1]) if first else 0)
    between = (total - 1) * share - low
    return float(near[place] + (near[min(place + 1, len(near) - 1)] - near[place]) * between)


def quantile_of_counts(counts: NDArray[np.int64], share: float) -> float | None:
    """`quantile` of the numbers from 0 on, each as often as it is counted."""
    ends = np.cumsum(counts)
    if not len(ends) or not ends[-1]:
        return None
    place = (int(ends[-1]) - 1) * share
    low = int(place)
    below, above = np.searchsorted(ends, (low, min(low + 1, int(ends[-1]) - 1)), side="right").tolist()
    return float(below + (above - below) * (place - low))


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """p-values corrected so that of those below 5 % one in twenty is expected to be chance (Benjamini, Hochberg 1995).

    NaNs are no tests and stay. Equal to `scipy.stats.false_discovery_control(p, method="bh")`.
    """
    given = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    scaled = given[order] * len(order) / np.arange(1, len(order) + 1)
    corrected = np.full(given.shape, np.nan)
    corrected[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return corrected


def odds_ratio(
    hits_a: ArrayLike, trials_a: ArrayLike, hits_b: ArrayLike, trials_b: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Odds of a over odds of b with their interval (Woolf 1955; half a case added to each cell)."""
    a, n, b, m = (np.asarray(given, dtype=np.float64) for given in (hits_a, trials_a, hits_b, trials_b))
    cells = np.stack(np.broadcast_arrays(a, n - a, b, m - b)) + 0.5
    log = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    reach = float(ndtri(0.5 + confidence / 2)) * np.sqrt((1 / cells).sum(axis=0))
    return np.exp(log), np.exp(log - reach), np.exp(log + reach)
