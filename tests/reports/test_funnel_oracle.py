"""The funnel against a fold that tries every chain, on random logs full of ties and overlapping steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.matcher import parse_matcher
from collector.core.query import Exclusion
from collector.journeys.journeys import Journeys
from collector.reports import funnel, funnel_chain, funnel_quick
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan
from tests.support import oracle
from tests.support.effort import examples
from tests.support.logs import INSTANTS, MATCHERS, MINUTE, logs
from tests.support.worlds import E, question, world

USERS: Mapping[str, str] = {"v": "ann", "w": "ann"}
NOW = INSTANTS[-1] + 10 * MINUTE


def plans(order: str) -> st.SearchStrategy[Plan]:
    def with_exclusions(steps: list[str]) -> st.SearchStrategy[Plan]:
        matchers = tuple(map(parse_matcher, steps))
        pairs = [(a, b) for a in range(1, len(steps)) for b in range(a + 1, len(steps) + 1)]
        exclusion = st.builds(
            lambda text, pair: Exclusion(parse_matcher(text), *pair),
            st.sampled_from(MATCHERS),
            st.sampled_from(pairs or [(1, 2)]),
        )
        return st.builds(
            lambda window, exclude, start, end: Plan(matchers, window, order, tuple(exclude), start, end),
            st.sampled_from([MINUTE, 2 * MINUTE, 40 * MINUTE, 5_000 * MINUTE]),
            st.lists(exclusion, max_size=2 if pairs else 0),
            st.sampled_from([-(2**62), INSTANTS[1], INSTANTS[4]]),
            st.sampled_from([2**62, INSTANTS[5]]),
        )

    few = st.lists(st.sampled_from(MATCHERS), min_size=1, max_size=4)
    return st.one_of(few, st.lists(st.sampled_from(("event:x", "event:y", "page:/")), min_size=2, max_size=4)).flatmap(
        with_exclusions
    )


Told = tuple[tuple[int, ...], int, int, tuple[int, ...]]


def expected(events: Sequence[E], plan: Plan, unit: str, bots: bool) -> list[Told]:
    """Of each entrant the times of the steps, of the first and the last attempt, and of each step's first arrival."""
    seen = [one for one in oracle.sessions(events) if bots or not one.event.bot]
    groups: dict[object, list[oracle.Seen]] = {}
    for one in seen:
        owner: object = one.session if unit == "session" else USERS.get(one.event.visitor, one.event.visitor)
        groups.setdefault(owner, []).append(one)
    told = []
    for group in groups.values():
        for answer in oracle.funnel([group], plan):
            arrived = [answer.begun, *(_arrived(group, plan, step, answer) for step in range(2, len(answer.times) + 1))]
            told.append((answer.times, answer.begun, -1 if answer.last is None else answer.last, tuple(arrived)))
    return sorted(told)


def _arrived(group: Sequence[oracle.Seen], plan: Plan, step: int, answer: oracle.Answer) -> int:
    """When the funnel that ends with this step is passed for the first time."""
    if plan.order == "any" or step == len(plan.steps):
        return answer.times[step - 1]
    exclude = tuple(one for one in plan.exclude if one.before <= step)
    (first,) = oracle.funnel([group], replace(plan, steps=plan.steps[:step], exclude=exclude))
    return first.times[step - 1]


def answered(journeys: Journeys, plan: Plan, unit: str, bots: bool) -> list[Told]:
    query = question(
        funnel.REPORT,
        NOW,
        step=list(map(str, plan.steps)),
        unit=unit,
        order=plan.order,
        include_bots="1" if bots else "0",
        all_time="1",
    )
    found = outcome(journeys, query, plan)
    times: list[list[int]] = [[] for _ in found.reach]
    for step in range(found.size):
        there = np.flatnonzero(found.reach > step)
        for entrant, time, row in zip(there.tolist(), found.time[step].tolist(), found.row[step].tolist(), strict=True):
            times[entrant].append(time)
            part = found.parts[found.part[entrant]]
            assert part.time[row] == time
            assert part.persons[part.person[row]] == found.code[entrant]
    arrived: list[list[int]] = [[] for _ in found.reach]
    for step in range(1, found.size + 1):
        there = np.flatnonzero(found.reach >= step)
        for entrant, time, row in zip(there.tolist(), *map(np.ndarray.tolist, found.arrived(step, there)), strict=True):
            arrived[entrant].append(time)
            part = found.parts[found.part[entrant]]
            assert (part.time[row], part.persons[part.person[row]]) == (time, found.code[entrant])
    begun, last = found.begun[0].tolist(), found.last.tolist()
    return sorted((tuple(times[at]), begun[at], max(last[at], -1), tuple(arrived[at])) for at in range(len(times)))


@pytest.fixture(autouse=True, scope="module", params=[(funnel_chain.SLICE, funnel_quick.RANKED), (3, 0)])
def _ways(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whole, with places told by ranks; and cut into slices of a few events, with places searched for."""
    kept = funnel_chain.SLICE, funnel_quick.RANKED
    funnel_chain.SLICE, funnel_quick.RANKED = request.param
    yield
    funnel_chain.SLICE, funnel_quick.RANKED = kept


@pytest.mark.parametrize("unit", ["person", "session"])
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_every_chain_agrees_with_trying_everything(order: str, unit: str, data: st.DataObject) -> None:
    plan, events, bots = data.draw(plans(order)), data.draw(logs(8)), data.draw(st.booleans())
    parts = data.draw(st.sampled_from([1, 2]))
    journeys = world(events, USERS, parts=parts)
    assert answered(journeys, plan, unit, bots) == expected(events, plan, unit, bots)
