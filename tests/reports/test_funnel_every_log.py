"""Every log of a few events, each of one person, against the fold that tries every chain (SEMANTICS 5).

Random logs seldom meet the ends of a window and events of one instant at once; here nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from collector.core.matcher import parse_matcher
from collector.core.query import Exclusion
from collector.journeys.journeys import Journeys
from collector.reports import funnel
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan
from tests.support import oracle
from tests.support.effort import THOROUGH
from tests.support.logs import MINUTE, START
from tests.support.worlds import E, question, world

WINDOW = MINUTE
# The beginning of a window, its last instant, and the one after it; sessions do not end meanwhile.
INSTANTS = (0, 1, WINDOW, WINDOW + 1) if THOROUGH else (0, WINDOW, WINDOW + 1)
MOST = 4 if THOROUGH else 3
WHATS = ("event:x", "event:y", "event:z")
Found = tuple[tuple[int, ...], int]

STEPS = (
    ("event:x", "event:y"),
    ("event:x", "event:x"),
    ("event:x", "event:y", "event:z"),
    ("event:x", "event:y", "event:x"),
    ("event:x", "any"),
    ("any", "event:x", "event:*"),
)
EXCLUDED = ("", "event:z@1-2", "event:y@1-2")


@lru_cache(maxsize=1)
def logs() -> Mapping[str, Sequence[E]]:
    """All logs of one to `MOST` events, by the visitor whose they are."""
    cells = list(product(INSTANTS, WHATS))
    chosen = [log for size in range(1, MOST + 1) for log in combinations_with_replacement(cells, size)]
    return {
        f"v{number}": [E(f"v{number}", START + time, what) for time, what in log] for number, log in enumerate(chosen)
    }


@lru_cache(maxsize=1)
def seen() -> Mapping[str, Sequence[oracle.Seen]]:
    """The same as the oracle sees them."""
    return {visitor: oracle.sessions(log) for visitor, log in logs().items()}


@lru_cache(maxsize=1)
def everybody() -> Journeys:
    """All of them at one site."""
    return world([event for log in logs().values() for event in log])


def plan_of(steps: Sequence[str], order: str, exclude: str, end: int) -> Plan:
    text, _, pair = exclude.partition("@")
    excluded = (Exclusion(parse_matcher(text), int(pair[0]), int(pair[2])),) if exclude else ()
    return Plan(tuple(map(parse_matcher, steps)), WINDOW, order, excluded, START, end)


def answered(plan: Plan) -> Mapping[str, Found]:
    """Times of the steps that each person reached, and of the last attempt that nothing spoiled."""
    journeys = everybody()
    asked = question(funnel.REPORT, START + 10 * MINUTE, step=list(map(str, plan.steps)), all_time="1")
    found = outcome(journeys, asked, plan)
    keys = journeys.people.keys(found.code.tolist())
    times: list[list[int]] = [[] for _ in found.reach]
    for step in range(found.size):
        for entrant, time in zip(np.flatnonzero(found.reach > step).tolist(), found.time[step].tolist(), strict=True):
            times[entrant].append(time - START)
    ends = zip(found.code.tolist(), times, found.last.tolist(), strict=True)
    return {keys[code]: (tuple(steps), max(last - START, -1)) for code, steps, last in ends}


def expected(plan: Plan) -> Mapping[str, Found]:
    found = {}
    for visitor, log in seen().items():
        for answer in oracle.funnel([log], plan):
            last = -1 if answer.last is None else answer.last - START
            found[visitor] = tuple(time - START for time in answer.times), last
    return found


@pytest.mark.parametrize("exclude", EXCLUDED)
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_every_log_of_a_few_events_is_told_as_trying_everything_tells_it(order: str, exclude: str) -> None:
    for steps in STEPS:
        # The range holds all instants, or ends with the first: what follows it may only go on.
        for end in (START + 2 * WINDOW, START + 1) if not exclude else (START + 2 * WINDOW,):
            plan = plan_of(steps, order, exclude, end)
            found, wanted = answered(plan), expected(plan)
            wrong = {key: (found.get(key), wanted.get(key)) for key in wanted.keys() | found.keys()}
            wrong = {key: pair for key, pair in wrong.items() if pair[0] != pair[1]}
            shown = next(iter(wrong), "")
            assert wrong == {}, (plan, [(e.what, e.time - START) for e in logs().get(shown, ())], wrong[shown])
