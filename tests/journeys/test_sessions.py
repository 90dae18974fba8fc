"""Where sessions are cut (SEMANTICS 2): every short run of events against a plain loop, and the limits themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from collector.core.event import Source
from collector.core.times import HOUR, MINUTE
from collector.journeys.sessions import session_starts
from tests.support.logs import PAID, REFERRAL, RETARGETING, START
from tests.support.worlds import E, world

# Small limits, so that a few events reach both of them.
GAP, LONGEST = 2, 4
# Dictionary ids of sources: none, two campaigns, and a referrer, which is none.
CAMPAIGNS = frozenset((1, 2))
SOURCES = (-1, 1, 2, 3)


def plainly(times: Sequence[int], sources: Sequence[int]) -> list[bool]:
    """The rule as it is written down."""
    found: list[bool] = []
    begun, own, before = 0, -1, 0
    for at, (time, source) in enumerate(zip(times, sources, strict=True)):
        new_campaign = source in CAMPAIGNS and source != own
        fresh = at == 0 or time - before > GAP or time - begun >= LONGEST or new_campaign
        if fresh:
            begun, own = time, source
        before = time
        found.append(fresh)
    return found


def test_every_short_run_of_events_is_cut_as_the_rule_says() -> None:
    runs = [
        (np.cumsum((0, *gaps)).tolist(), sources)
        for gaps in product(range(GAP + 2), repeat=3)
        for sources in product(SOURCES, repeat=4)
    ]
    visitor = np.repeat(np.arange(len(runs), dtype=np.int32), 4)
    source = np.array([one for _, sources in runs for one in sources], dtype=np.int32)
    starts = session_starts(
        visitor,
        np.array([time for times, _ in runs for time in times], dtype=np.int64),
        source,
        np.isin(source, sorted(CAMPAIGNS)),
        GAP,
        LONGEST,
    )
    found = starts.reshape(len(runs), 4).tolist()
    wrong = [(run, cut) for run, cut in zip(runs, found, strict=True) if cut != plainly(*run)]
    assert wrong == []


def begins(events: Sequence[E], users: dict[str, str] | None = None) -> list[int]:
    """Minutes after the start at which sessions begin, all visitors together."""
    (part,) = world(events, users).parts
    return [(time - START) // MINUTE for time in part.time[part.session_row].tolist()]


def pages(*minutes: float, visitor: str = "v", source: Source | None = None) -> list[E]:
    return [E(visitor, START + int(minute * MINUTE), "page:/", source=source) for minute in minutes]


def test_a_pause_of_thirty_minutes_goes_on_and_a_longer_one_does_not() -> None:
    assert begins(pages(0, 30)) == [0]
    assert begins([*pages(0), E("v", START + 30 * MINUTE + 1, "page:/")]) == [0, 30]


def test_a_session_ends_at_a_day_and_not_at_midnight() -> None:
    assert 0 < START % (24 * HOUR) < 23 * HOUR  # midnight is on the way
    assert begins(pages(*range(0, 24 * 60, 30))) == [0]
    assert begins(pages(*range(0, 24 * 60 + 1, 30))) == [0, 24 * 60]
    assert begins([*pages(*range(0, 24 * 60, 30)), E("v", START + 24 * HOUR - 1, "page:/")]) == [0]


@pytest.mark.parametrize(
    ("then", "cut"), [(RETARGETING, True), (PAID, False), (REFERRAL, False), (None, False)], ids=str
)
def test_only_a_new_campaign_cuts(then: Source | None, cut: bool) -> None:
    log = [*pages(0, source=PAID), *pages(1), *pages(2, source=then), *pages(3)]
    assert begins(log) == ([0, 2] if cut else [0])


def test_each_visitor_of_a_person_has_sessions_of_their_own() -> None:
    log = [*pages(0, 40), *pages(20, visitor="w")]
    assert begins(log, {"v": "ann", "w": "ann"}) == [0, 20, 40]


def test_attention_keeps_no_session_open_and_belongs_to_what_was_looked_at_capped() -> None:
    attention = [E("v", START + minute * MINUTE, "engagement", value=value) for minute, value in ((20, 7e6), (25, 5.0))]
    log = [*pages(0, 31), *attention, E("v", START + 32 * MINUTE, "engagement", value=9_000.0)]
    (part,) = world(log).parts
    assert begins(log) == [0, 31]
    assert part.engaged.tolist() == [30 * MINUTE, 9_000]
