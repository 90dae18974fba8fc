"""Steps that may be skipped: the funnel of the others, and both ways counted again in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.ask import ask
from collector.reports.funnel_outcome import plan_of
from tests.support import oracle
from tests.support.effort import examples
from tests.support.funnels import START, column, path
from tests.support.logs import INSTANTS
from tests.support.logs import MINUTE as A_MINUTE
from tests.support.worlds import E, question, site, world

NOW = START + 60 * DAY
STEPS = ["event:a", "event:o", "event:b"]


def asked(journeys: Journeys, now: int = NOW, **more: str | list[str]) -> Result:
    told = {"step": STEPS, "all_time": "1", "optional": "2"} | more
    given = {name.replace("_", "-"): [text] if isinstance(text, str) else list(text) for name, text in told.items()}
    return ask(funnel.REPORT, journeys, given, site(), now)[1]


def behind(journeys: Journeys, link: object, now: int) -> int:
    assert isinstance(link, tuple)
    given: dict[str, list[str]] = {}
    for name, text in link:
        given.setdefault(name, []).append(text)
    return len(ask(funnel.REPORT, journeys, given, site(), now)[1].block("people").rows)


def test_an_optional_step_costs_nobody_their_place() -> None:
    log = [
        *path(("event:a", 0), ("event:o", 1), ("event:b", 2), visitor="through"),
        *path(("event:a", 0), ("event:b", 2), visitor="past"),
        *path(("event:a", 0), ("event:b", 2), ("event:o", 3), visitor="late"),
        *path(("event:o", 0), ("event:a", 1), visitor="early"),
        *path(("event:a", 0), ("event:o", HOUR), visitor="lost"),
        *path(("event:a", 0), ("event:o", 15 * DAY), visitor="too late"),
    ]
    result = asked(world(log, parts=2))
    assert column(result.block("steps"), "people") == [6, 3]
    block = result.block("optional")
    assert block.rows[0][:9] == [2, "“o”", 1, 2, 1, 0.5, 4, 2, 0.5]
    assert "optional" not in [one.id for one in asked(world(log), optional=[]).blocks]


def test_exclusions_keep_the_numbers_of_the_steps_as_given() -> None:
    journeys = world(path(("event:a", 0), ("event:x", HOUR), ("event:b", 2 * HOUR)))
    assert column(asked(journeys, exclude="event:x@1-3").block("steps"), "people") == [0, 0]
    with pytest.raises(UserError):
        asked(journeys, exclude="event:x@1-2")


@pytest.mark.parametrize("more", [{"optional": "3"}, {"optional": "4"}, {"order": "any"}, {"order": "strict"}])
def test_what_cannot_be_skipped_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(UserError):
        asked(world(path(("event:a", 0))), NOW, **more)


@pytest.mark.parametrize("unit", ["person", "session"])
@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_both_ways_are_what_counting_by_hand_finds(unit: str, data: st.DataObject) -> None:
    one = st.builds(
        E, visitor=st.sampled_from("uvw"), time=st.sampled_from(INSTANTS), what=st.sampled_from(STEPS[:2] + STEPS)
    )
    # Of one instant only one event a visitor, so that which came first is plain.
    events = list({(e.visitor, e.time): e for e in data.draw(st.lists(one, max_size=20))}.values())
    window, now = data.draw(st.sampled_from([2, 60])) * A_MINUTE, INSTANTS[-1] + 100 * MINUTE
    journeys = world(events, parts=data.draw(st.sampled_from([1, 2])))
    asking = question(funnel.REPORT, now, step=STEPS, optional="2", window=f"{window // MINUTE}m", all_time="1")
    groups: dict[object, list[oracle.Seen]] = {}
    for seen in oracle.sessions(events):
        groups.setdefault(seen.session if unit == "session" else seen.event.visitor, []).append(seen)
    wanted = [0, 0, 0, 0]
    for group in groups.values():
        for found in oracle.funnel([group], plan_of(asking)):
            end = found.times[1] - 1 if len(found.times) > 1 else found.times[0] + window
            did = any(e.event.what == "event:o" and found.times[0] < e.time <= end for e in group)
            wanted[0 if did else 2] += 1
            wanted[1 if did else 3] += len(found.times) > 1
    block = asked(journeys, now, window=f"{window // MINUTE}m", unit=unit).block("optional")
    names = ("through", "went_on", "past", "past_on")
    assert [column(block, name)[0] for name in names] == wanted
    links = block.draw["cell_links"]
    assert isinstance(links, dict)
    assert [behind(journeys, links[name][0], now) for name in names] == wanted
