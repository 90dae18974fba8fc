"""What is asked for: from the landing, from a start (to a goal perhaps), to a goal, or around an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.paths.anchors import Anchors, landings, of_steps, without
from collector.reports.paths.landed import landed
from collector.reports.paths.places import Rules
from collector.reports.paths.short import Short
from collector.reports.paths.tape import Tape
from collector.reports.paths.walk import (
    ANCHOR,
    GOAL,
    LEFT,
    MOST_PLACES,
    Codes,
    Question,
    Reach,
    Walks,
    backward,
    onward,
    question_of,
    read,
)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A question about paths: from `start`, to `goal`, or around `around`; from the landing where none of them is."""

    start: Matcher | None
    goal: Matcher | None
    around: Matcher | None
    depth: int

    @property
    def mode(self) -> str:
        """landing, start, goal or around; a start with a goal is a start."""
        return "around" if self.around else "start" if self.start else "goal" if self.goal else "landing"

    @property
    def anchored(self) -> Matcher | None:
        """What the layer that all have in common is, None for landings."""
        return self.around or self.start or self.goal

    @property
    def before(self) -> int:
        """How many layers of places stand before the event that paths are around."""
        return self.depth // 2


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The walks a part of those in the flow, and where there is a goal to come from, of those who never reached it.

    short: visits that are counted together instead of being among the walks.
    """

    plan: Plan
    asked: Question
    walks: Sequence[Walks]
    never: Sequence[Walks]
    short: Sequence[Short] = ()

    @property
    def count(self) -> int:
        """How many are in the flow."""
        return sum(len(one.person) for one in self.walks) + sum(len(one.way) for one in self.short)


def plan_of(query: Query) -> Plan:
    """The plan in a query's values.

    Raises:
        UserError: around an event, and from a start or to a goal.
    """
    start, goal, around = (query.values[name] for name in ("start", "goal", "around"))
    if around is not None and (start is not None or goal is not None):
        raise UserError("Paths go around an event, or from a start to a goal.", "Take one of the two away.")
    given = query.values["depth"]
    depth = given if isinstance(given, int) else 5
    return Plan(
        start if isinstance(start, Matcher) else None,
        goal if isinstance(goal, Matcher) else None,
        around if isinstance(around, Matcher) else None,
        max(depth, 3) if around is not None else depth,  # a place on either side of the event
    )


def follow(journeys: Journeys, query: Query, rules: Rules, each: bool = True) -> Found:
    """Every walk that the question asks for.

    Args:
        each: one by one, and none counted together.
    """
    plan, asked = plan_of(query), question_of(query, rules)
    if plan.mode == "landing":
        # Without goings back a longer visit may be as short.
        each = each or not asked.sessions or asked.loops
        found, short = landed(journeys, query, rules, asked.window, each)
        return Found(plan, asked, [_on(journeys, plan, asked, one) for one in found], (), short)
    steps = tuple(step for step in (plan.around, plan.start, plan.goal) if step is not None)
    anchors = of_steps(journeys, query, steps, asked.window)
    if plan.mode == "around":
        return Found(plan, asked, [_around(journeys, plan, asked, one) for one in anchors], ())
    if plan.mode == "start":
        walks = [_on(journeys, plan, asked, one) for one in anchors]
        return Found(plan, asked, walks, ())
    others = without(landings(journeys, query, rules, asked.window), anchors)
    onwards = Plan(None, None, None, plan.depth)
    return Found(
        plan,
        asked,
        [_to(journeys, plan, asked, one) for one in anchors],
        [_on(journeys, onwards, asked, one) for one in others],
    )


def _on(journeys: Journeys, plan: Plan, asked: Question, anchors: Anchors) -> Walks:
    """Onward from the landing or the start."""
    of, reach = read(journeys, asked, anchors)
    reached = anchors.goal >= 0
    ending = np.where(reached, GOAL, LEFT).astype(of.code.dtype)
    columns = onward(of, reach, ending, MOST_PLACES, asked.loops)
    start = of.code[reach.first - 1] if plan.mode == "landing" else np.full(len(reached), ANCHOR, dtype=of.code.dtype)
    journey = [start, *columns]
    return _walks(
        anchors,
        layers=journey[: plan.depth],
        journey=journey[:MOST_PLACES],
        longer=columns[-1] >= 0,
        seconds=lambda some: _took(asked, of, reach, anchors, some),
        reached=reached if plan.goal else None,
    )


def _to(journeys: Journeys, plan: Plan, asked: Question, anchors: Anchors) -> Walks:
    """Back from the goal."""
    of, reach = read(journeys, asked, anchors)
    columns = backward(of, reach, MOST_PLACES, asked.loops)
    goal = np.full(len(anchors.unit), GOAL, dtype=of.code.dtype)
    return _walks(
        anchors,
        layers=[*columns[: plan.depth - 1][::-1], goal],
        journey=[goal, *columns[: MOST_PLACES - 1]],
        longer=columns[-1] >= 0,
        seconds=lambda some: _came(asked, of, reach, anchors, some),
        reached=None,
    )


def _around(journeys: Journeys, plan: Plan, asked: Question, anchors: Anchors) -> Walks:
    of, reach = read(journeys, asked, anchors)
    before = backward(of, reach, plan.before, asked.loops)[::-1]
    left = np.full(len(anchors.unit), LEFT, dtype=of.code.dtype)
    after = onward(of, reach, left, plan.depth - 1 - plan.before, asked.loops)
    layers = [*before, np.full(len(left), ANCHOR, dtype=of.code.dtype), *after]
    nothing = np.zeros(len(left), dtype=np.bool_)
    return _walks(anchors, layers, layers, nothing, lambda some: np.full(len(some), np.nan), None)


def _took(asked: Question, of: Tape, reach: Reach, anchors: Anchors, some: Int64) -> Float64:
    """Seconds from the anchor to the goal, or to the last view of the last place; NaN where there was no further one.

    What is looked at again after a person's window counts as its end.
    """
    part, goal = anchors.part, anchors.goal[some]
    further = reach.end[some] > reach.first[some]
    if not further.any() and not (goal >= 0).any():
        return np.full(len(some), np.nan)
    last = np.full(len(some), -1, dtype=np.int64)
    last[further] = of.last[reach.end[some][further] - 1]
    last = np.where(goal >= 0, goal, last)
    apart = np.maximum(part.time[np.maximum(last, 0)] - part.time[anchors.row[some]], 0)
    if not asked.sessions:
        apart = np.minimum(apart, asked.window)
    return np.where(last >= 0, apart / SECOND, np.nan)


def _came(asked: Question, of: Tape, reach: Reach, anchors: Anchors, some: Int64) -> Float64:
    """Seconds from the first place (or the beginning of the window in it) to the goal; NaN without a place."""
    part, begin = anchors.part, reach.begin[some]
    walked = reach.before[some] >= begin
    apart = np.zeros(len(some), dtype=np.int64)
    apart[walked] = part.time[anchors.row[some][walked]] - part.time[of.row[begin[walked]]]
    if not asked.sessions:
        apart = np.minimum(apart, asked.window)
    return np.where(walked, apart / SECOND, np.nan)


def _walks(
    anchors: Anchors,
    layers: Sequence[Codes],
    journey: Sequence[Codes],
    longer: Bool,
    seconds: Callable[[Int64], Float64],
    reached: Bool | None,
) -> Walks:
    part = anchors.part
    person: Int64 = part.person[anchors.row].astype(np.int64)
    return Walks(anchors, person, part.time[anchors.row], layers, journey, longer, seconds, reached)
