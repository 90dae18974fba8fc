"""Paths told apart by their sequence of values, whatever their lengths."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collector.reports.attribution.alike import alike


def told(paths: list[list[int]]) -> tuple[list[int], list[int]]:
    start = np.cumsum([0, *map(len, paths)]).astype(np.int64)
    sequence, example = alike(start, np.array(list(chain.from_iterable(paths)), dtype=np.int64))
    return sequence.tolist(), example.tolist()


@given(st.lists(st.lists(st.integers(0, 3), max_size=5), max_size=30))
def test_paths_have_the_same_sequence_where_and_only_where_their_values_are_the_same(paths: list[list[int]]) -> None:
    sequence, example = told(paths)
    assert [paths[example[one]] for one in sequence] == paths
    assert len(example) == len({tuple(path) for path in paths})


@given(st.lists(st.sampled_from([[], [0], [100], [1] * 40, [100] * 40, [0] * 100]), min_size=1, max_size=30))
def test_paths_too_long_for_a_number_are_one_each_and_the_others_stay_together(paths: list[list[int]]) -> None:
    sequence, example = told(paths)
    assert [paths[example[one]] for one in sequence] == paths
    short = [tuple(path) for path in paths if len(path) < 2]
    assert len(example) == len(set(short)) + len(paths) - len(short)
