"""Draws that stay: one event or person more leaves nearly everybody drawn who was."""

from __future__ import annotations

import numpy as np

from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.times import DAY, HOUR
from collector.reports.impact.drawn import draw
from collector.reports.impact.lots import lots
from collector.reports.impact.plan import Plan
from tests.support.worlds import E, site, world

NOW = 1_900_000_000_000


def test_lots_are_even_and_each_is_its_own_whatever_stands_beside_it() -> None:
    person, place = np.divmod(np.arange(100_000), 20)
    found = lots(person, place)
    counts = np.bincount((found * 20).astype(np.int64), minlength=20)
    assert found.min() >= 0
    assert found.max() < 1
    assert np.abs(counts - 5_000).max() < 5 * np.sqrt(5_000)
    for other in (lots(person, place, 1), lots(person + 1, place), np.roll(found, 1)):
        assert abs(np.corrcoef(found, other)[0, 1]) < 0.02
    some = np.array([70_001, 3])
    assert lots(person[some], place[some]).tolist() == found[some].tolist()


def test_who_is_drawn_stays_drawn_as_people_and_events_come() -> None:
    before = [E(f"v{n}", NOW + n * 1_000 + at, "page:/") for n in range(400) for at in range(3)]
    first = [E("new", NOW - HOUR, "page:/", bot=0), E("v0", NOW + DAY, "page:/")]
    plan = Plan((parse_matcher("event:chat"),), parse_matcher("event:purchase"), DAY, -(2**62), 2**62, NOW + 9 * DAY)
    drawn = []
    for log in (before, [*before, *first]):
        told = world(log, as_of=NOW + 9 * DAY)
        [one] = draw(told, Query(site(), None, NOW), plan, rows=600).drawn
        drawn.append(set(one.part.persons[one.place].tolist()))
    assert 150 < len(drawn[0]) < 250
    assert len(drawn[0] ^ drawn[1]) <= 5
