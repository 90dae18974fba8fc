"""Places among rows that ranks tell, against a search."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.journeys.ranks import Ranks
from tests.support.effort import examples


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 200), st.data())
def test_ranks_tell_the_places_that_a_search_finds(size: int, data: st.DataObject) -> None:
    marked = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    rows, every = np.flatnonzero(marked), np.arange(size + 1, dtype=np.int32)
    assert Ranks.of(rows, size).places(every).tolist() == np.searchsorted(rows, every).tolist()
