"""What takes several steps over all rows takes them piece by piece: reports tell the same however small the pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.times import DAY
from collector.journeys.part import looked_up, pieces
from collector.reports.registry import reports
from tests.support.effort import examples
from tests.support.visit_oracle import logs, users
from tests.support.worlds import E, question, site, world

NOW = 1_763_000_000_000 + 9 * DAY
SITE = site({"Bought": "event:buy"})
ASKED: Sequence[tuple[str, Mapping[str, str]]] = (
    ("overview", {}),
    ("scorecard", {}),
    ("lifecycle", {}),
    ("retention", {}),
    ("paths", {"goal": "event:buy"}),
    ("paths", {"around": "page:/pricing", "unit": "person"}),
    ("paths", {"start": "page:/pricing", "places": "both"}),
    ("stages", {}),
    ("events", {}),
    ("explore", {"event": "page:/**"}),
    ("aha", {"goal": "any"}),
)


@contextmanager
def pieces_of(rows: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("journeys.part", "reports.kind_counts"):
            patch.setattr(f"collector.{module}.PIECE", rows)
        yield


def told(log: Sequence[E], known: Mapping[str, str], bots: bool) -> list[object]:
    journeys = world(log, known, parts=2)
    found: list[object] = []
    for name, arguments in ASKED:
        report, given_ = reports()[name], {**arguments, "all_time": "1", **({"include_bots": "1"} if bots else {})}
        try:
            result = report.run(journeys, question(report, NOW, SITE, **given_))
        except UserError as error:  # of a report that this little is not enough for
            found.append(str(error))
        else:
            found.append([(block.id, block.rows, block.links) for block in result.blocks])
    return found


@settings(max_examples=examples(30), deadline=None)
@given(logs(), users(), st.booleans(), st.integers(1, 7))
def test_reports_tell_the_same_however_small_the_pieces(
    log: list[E], known: Mapping[str, str], bots: bool, rows: int
) -> None:
    expected = told(log, known, bots)
    with pieces_of(rows):
        assert told(log, known, bots) == expected


@given(st.lists(st.integers(-3, 4), max_size=20), st.integers(1, 25))
def test_what_is_looked_up_in_pieces_is_all_there_in_its_order(places: list[int], rows: int) -> None:
    table = np.array([10, 11, 12, 13, 14], dtype=np.int16)
    with pieces_of(rows):
        found = looked_up(table, np.array(places, dtype=np.int32))
        assert [at for piece in pieces(len(places)) for at in range(len(places))[piece]] == list(range(len(places)))
    assert found.dtype == table.dtype
    assert found.tolist() == [int(table[at]) for at in places]
