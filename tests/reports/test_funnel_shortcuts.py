"""What a funnel's page does at once instead of one by one, against doing it one by one."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.times import DAY, Span
from collector.reports.funnel_actions import _distinct
from collector.reports.funnel_instead import MOST
from collector.reports.funnel_seek import Seek
from collector.reports.funnel_trend import _periods
from tests.support import logs as random_logs
from tests.support.effort import examples
from tests.support.funnels import AB, answer, path
from tests.support.worlds import E, world

PAIRS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 3)), max_size=60)


@settings(max_examples=examples(100), deadline=None)
@given(PAIRS)
def test_each_action_of_a_person_is_kept_once(pairs: list[tuple[int, int]]) -> None:
    action, place = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    found = list(zip(*(kept.tolist() for kept in _distinct(action, place)), strict=True))
    assert sorted(found) == sorted(set(pairs))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia"])
@pytest.mark.parametrize("unit", ["day", "week"])
def test_days_and_weeks_of_entry_are_those_that_searching_finds(zone: str, unit: str) -> None:
    first = date(1971, 12, 20) if zone == "Africa/Monrovia" else date(2026, 3, 20)
    span = Span(first, first + timedelta(days=40), ZoneInfo(zone))
    starts = np.array([start for _, start in span.cuts(unit)], dtype=np.int64)
    near = np.concatenate(
        [starts - 1, starts, starts + 1, np.random.default_rng(1).integers(span.start, span.end, 500)]
    )
    times = near[(near >= span.start) & (near < span.end + DAY)]
    assert _periods(starts, times).tolist() == (np.searchsorted(starts, times, "right") - 1).tolist()


@pytest.mark.parametrize("sessions", [False, True])
@pytest.mark.parametrize("bots", [False, True])
@settings(max_examples=examples(60), deadline=None)
@given(events=st.lists(random_logs.events("uvwabc"), max_size=25))
def test_the_next_event_is_that_which_looking_at_each_finds(events: list[E], sessions: bool, bots: bool) -> None:
    links = {"u": "one", "v": "one"}  # two visitors of one person, whose sessions are mixed
    for part in world(events, links).parts:
        owner = (part.session if sessions else part.person).tolist()
        some, sought = Seek.of(part, np.arange(part.size), sessions, bots).on()
        found = dict(zip(some.tolist(), sought.rows.tolist(), strict=True))
        for row in range(part.size):
            later = (at for at in range(row + 1, part.size) if owner[at] == owner[row] and (bots or not part.bot[at]))
            assert found.get(row) == next(later, None)


def test_of_ways_that_are_equally_common_the_words_decide() -> None:
    whats = ["click:Buy", "click:Buy now", "click:Buy!", "page:/x", "page:/x/y", "page:/x-y"]
    log = []
    for number in range(36):
        acts = (whats[number % 6], whats[number // 6])
        log += path(("event:a", 0), *((what, at) for at, what in enumerate(acts, 1)), visitor=f"v{number}")
    ways = sorted(" → ".join((one, other, "(left)")) for one in whats for other in whats)
    rows = answer(world(log), AB, at="1").block("instead").rows
    assert [row[0] for row in rows] == ways[:MOST]
