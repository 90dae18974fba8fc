"""What the dropped did instead, counted again in plain Python, with the people of each row."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.times import DAY, HOUR, MINUTE
from collector.reports import funnel
from collector.reports.ask import ask
from collector.reports.funnel_outcome import plan_of
from tests.support import oracle
from tests.support.effort import examples
from tests.support.funnels import AB, answer, path
from tests.support.logs import INSTANTS
from tests.support.worlds import E, question, site, world

WHATS = ["event:a", "event:a", "event:b", "page:/x", "page:/y"]


def test_the_next_three_acts_and_the_late_are_told() -> None:
    log = [
        *path(("event:a", 0), ("page:/x", 1), ("page:/y", 2), ("page:/x", 3), ("page:/y", 4), visitor="u"),
        *path(("event:a", 0), ("page:/x", 1), visitor="v"),
        *path(("event:a", 0), ("event:b", 15 * DAY), visitor="w"),
        *path(("event:a", 0), ("event:b", HOUR), visitor="went"),
    ]
    result = answer(world(log, parts=2), AB)
    assert result.block("instead").rows == [
        ["event:b → (left)", 1, 1 / 3],
        ["page:/x → (left)", 1, 1 / 3],
        ["page:/x → page:/y → page:/x", 1, 1 / 3],
    ]
    assert result.block("late").rows == [[1, 1 / 3, 15 * 86_400.0]]
    assert "late" not in [one.id for one in answer(world(log), AB, order="any").blocks]


@pytest.mark.parametrize("unit", ["person", "session"])
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_ways_of_the_dropped_are_what_counting_by_hand_finds(unit: str, data: st.DataObject) -> None:
    one = st.builds(E, visitor=st.sampled_from("uvw"), time=st.sampled_from(INSTANTS), what=st.sampled_from(WHATS))
    events = list({(e.visitor, e.time): e for e in data.draw(st.lists(one, max_size=20))}.values())
    window, now = data.draw(st.sampled_from([2, 60])), INSTANTS[-1] + 100 * MINUTE
    journeys = world(events, parts=data.draw(st.sampled_from([1, 2])))
    asking = question(funnel.REPORT, now, step=AB, window=f"{window}m", all_time="1")
    groups: dict[object, list[oracle.Seen]] = {}
    for seen in oracle.sessions(events):
        groups.setdefault(seen.session if unit == "session" else seen.event.visitor, []).append(seen)
    ways: Counter[str] = Counter()
    late = 0
    for group in groups.values():
        for found in oracle.funnel([group], plan_of(asking)):
            if len(found.times) > 1 or found.last is None or found.last + window * MINUTE > now:
                continue
            rest = [e.event.what for e in group if e.time > found.times[0]][:3]
            ways[" → ".join([*rest, *(["(left)"] if len(rest) < 3 else [])])] += 1
            visitor = group[0].event.visitor
            late += any(e.what == "event:b" and e.visitor == visitor and e.time > found.times[0] for e in events)
    result = answer(journeys, AB, now, at="1", window=f"{window}m", unit=unit)
    block = result.block("instead")
    assert {str(row[0]): row[1] for row in block.rows} == dict(ways) or len(ways) > len(block.rows) == 10
    assert result.block("late").rows[0][0] == late
    linked = [(link, row[1]) for link, row in zip(block.links, block.rows, strict=True)][:2]
    linked.append((result.block("late").links[0], late))
    for link, number in linked:
        given: dict[str, list[str]] = {}
        for name, text in link or ():
            given.setdefault(name, []).append(text)
        assert len(ask(funnel.REPORT, journeys, given, site(), now)[1].block("people").rows) == number
