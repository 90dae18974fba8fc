"""The question, read: which goal, what a touch is, how far back, and which model leads."""

from __future__ import annotations

from dataclasses import dataclass

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.reports.params import goal_of

DIMENSIONS = {
    "channel": T("Channel"),
    "source": T("Source"),
    "campaign": T("Campaign"),
    "landing": T("Landing page"),
    "content": T("Content"),
}
TOUCH = "touch"
DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        goal: what counts as a conversion; each such event in `start <= time < end` is one.
        dimension: one of `DIMENSIONS`, or `TOUCH` where touches are events.
        touches: the events that are touches; none where the beginnings of visits are.
        by_matcher: whether touches that are events go by the matcher they fit, and not by their own name.
        lookback: ms before a conversion (its instant included) in which touches count.
        half_life: ms in which the weight of a touch halves in the decay model.
        cut: whether touches up to the previous conversion are left out.
        collapse: whether the same touch several times in a row is one, as late as the last of them.
        model: the one whose conversions, revenue and costs lead.
        value: the property that a conversion is worth; None takes the event's own value.
    """

    goal: Matcher
    dimension: str
    touches: tuple[Matcher, ...]
    by_matcher: bool
    lookback: int
    half_life: int
    cut: bool
    collapse: bool
    model: str
    value: str | None
    start: int
    end: int

    @property
    def lasting(self) -> bool:
        """Whether people are followed for longer than a day."""
        return self.lookback > DAY

    @property
    def heading(self) -> Text:
        """What a value of the dimension is called."""
        return DIMENSIONS.get(self.dimension, T("Touch"))


def lookback_of(query: Query) -> int:
    """How far back touches count, in ms."""
    lookback = query.values["lookback"]
    return lookback if isinstance(lookback, int) else 30 * DAY


def plan_of(query: Query) -> Plan:
    """The question of `query`.

    Raises:
        UserError: no goal is given or set, or what is a touch is the goal as well.
    """
    goal = goal_of(query)
    given = query.values["touch"]
    touches = given if isinstance(given, tuple) else ()
    if goal in touches:
        raise UserError(f"{goal} is both touch and goal.", "Choose touches that come before it.")
    half_life, value = query.values["half-life"], query.values["value"]
    return Plan(
        goal=goal,
        dimension=TOUCH if touches else str(query.values["dimension"]),
        touches=touches,
        by_matcher=query.values["touch-by"] == "matcher",
        lookback=lookback_of(query),
        half_life=half_life if isinstance(half_life, int) else 7 * DAY,
        cut=bool(query.values["cut"]),
        collapse=bool(query.values["collapse"]),
        model=str(query.values["model"]),
        value=value if isinstance(value, str) and value else None,
        start=query.start,
        end=query.end,
    )
