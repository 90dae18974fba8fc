"""Intervals, tests and quantiles against what scipy and the literature give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from collector.reports.stats import (
    chi_squared,
    difference,
    holm,
    quantile,
    quantile_of_counts,
    quantile_of_pieces,
    wilson,
)
from tests.support.effort import examples


def test_wilson_is_the_interval_that_scipy_gives() -> None:
    for hits, total in [(0, 10), (3, 10), (10, 10), (1, 1), (500, 1_000)]:
        low, high = wilson(hits, total)
        expected = binomtest(hits, total).proportion_ci(method="wilson")
        assert (float(low), float(high)) == pytest.approx((expected.low, expected.high))
    assert math.isnan(float(wilson(0, 0)[0]))


def test_proportions_are_compared_as_scipy_does() -> None:
    p = chi_squared([30], [100], [45], [90])
    assert p[0] == pytest.approx(chi2_contingency([[30, 70], [45, 45]], correction=False).pvalue)
    assert math.isnan(chi_squared([1], [10], [45], [90])[0])
    apart, low, high = difference([56], [70], [48], [80])
    # Newcombe 1998, table II, example (a), method 10.
    assert (apart[0], low[0], high[0]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_many_tests_are_corrected_for_their_number() -> None:
    corrected = holm([0.01, np.nan, 0.04, 0.03])
    assert corrected[[0, 2, 3]] == pytest.approx([0.03, 0.06, 0.06])
    assert math.isnan(corrected[1])


def test_a_quantile_lies_between_two_values() -> None:
    assert quantile(np.array([1, 2, 3, 4]), 0.5) == 2.5
    assert quantile(np.array([], dtype=np.int64), 0.5) is None


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.integers(0, 20), st.integers(0, 2**40)), max_size=8), max_size=4),
    st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
)
def test_a_quantile_of_many_numbers_is_that_of_all_of_them_sorted(pieces: list[list[int]], share: float) -> None:
    arrays = [np.array(piece, dtype=np.int64) for piece in pieces]
    whole = quantile(np.array([number for piece in pieces for number in piece], dtype=np.int64), share)
    assert quantile_of_pieces(arrays, share) == pytest.approx(whole)
    small = np.array([number for piece in pieces for number in piece if number <= 20], dtype=np.int64)
    assert quantile_of_counts(np.bincount(small), share) == pytest.approx(quantile(small, share))
