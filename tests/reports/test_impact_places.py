"""Where somebody was when they were exposed: before what leads to the exposure, and at no place where nobody is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from collector.core.event import Kind
from collector.core.matcher import parse_matcher
from collector.core.query import Query
from collector.core.times import DAY, MINUTE
from collector.journeys.journeys import Journeys
from collector.reports.impact.drawn import draw
from collector.reports.impact.forerunners import without_forerunners
from collector.reports.impact.moments import Moments, find_moments
from collector.reports.impact.places import LEVELS, places
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape, make_tape
from tests.support.effects import NOW, START
from tests.support.worlds import E, site, world

PLAN = Plan((parse_matcher("event:chat_started"),), parse_matcher("event:purchase"), 14 * DAY, -(2**62), 2**62, NOW)
QUERY = Query(site(), None, NOW)
CHAT = ("click:Ask us", "event:chat_opened", "event:chat_started")


def visits(of: Sequence[tuple[int, Sequence[str]]]) -> Journeys:
    """So many people each with a visit of these events."""

    def told() -> Iterator[E]:
        for sort, (people, events) in enumerate(of):
            for who in range(people):
                yield from (E(f"{sort}-{who}", START + at * MINUTE, what) for at, what in enumerate(events))

    return world(list(told()), as_of=NOW)


def looked_at(journeys: Journeys) -> tuple[Tape, Moments]:
    plain = make_tape(journeys, QUERY, PLAN, draw(journeys, QUERY, PLAN))
    tape = without_forerunners(journeys, PLAN, plain)
    return tape, find_moments(tape, PLAN)


def names(journeys: Journeys, tape: Tape, moments: Moments, which: np.ndarray) -> set[str]:
    """The kinds of the rows that these moments come after."""
    kinds = [journeys.kinds[int(number)] for number in tape.kind[moments.row[which]]]
    return {f"{kind.type}:{kind.name}" for kind in kinds}


def test_an_exposure_is_where_somebody_was_before_what_leads_to_it() -> None:
    journeys = visits(
        [
            (20, ("page:/plans", *CHAT)),
            (10, (*CHAT, "page:/plans")),  # a visit that begins by it
            (40, ("page:/plans", "event:chat_opened", "page:/cart")),  # most leave it again
            (30, ("page:/cart", "event:noted", "page:/plans")),
            (10, ("page:/cart", "event:noted", "event:chat_started")),  # that comes before other things more often
        ]
    )
    tape, moments = looked_at(journeys)
    assert len(moments.case) == 40
    arriving = ~moments.after[moments.case]
    assert np.count_nonzero(arriving) == 10
    assert names(journeys, tape, moments, moments.case[~arriving]) == {"page:/plans", "event:noted"}
    assert names(journeys, tape, moments, moments.after) == {"page:/plans", "page:/cart", "event:noted"}
    assert {journeys.kinds[int(number)] for number in tape.kind[tape.leads]} >= {
        Kind("click", "Ask us"),
        Kind("event", "chat_opened"),
    }


def test_where_chance_cannot_be_why_nobody_is_exposed_nobody_is_compared() -> None:
    journeys = visits(
        [
            (40, ("page:/plans", "event:chat_started")),
            (100, ("page:/plans", "click:Next", "page:/paid", "event:purchase")),
            (1, ("page:/plans", "page:/rare")),
        ]
    )
    tape, moments = looked_at(journeys)
    page, act = places(journeys, tape, moments)
    level = {
        next(iter(names(journeys, tape, moments, np.array([at])))): (int(page.codes[at]), int(act.codes[at]))
        for at in np.flatnonzero(moments.after)
    }
    assert level["page:/plans"] == (2, 2)
    assert level["page:/paid"][0] == LEVELS - 1
    assert level["page:/rare"][0] == 1  # no exposure there says nothing
    assert level["click:Next"] == (2, LEVELS - 1)
    assert not page.codes[~moments.after].any()
