"""An experiment's question, and its people as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.matcher import Matcher
from collector.journeys.part import Bool, Float64, Int64, Part


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        name: of the experiment. goal, took: what counts as reached, and as taken up (None: nothing is asked).
        horizon: ms that each person has, from the first exposure on, its end inside.
        start, end: whose first exposure is in `start` <= time < `end` is in the experiment.
        as_of: ms UTC up to which events are known.
        value: the property summed over goals; None takes the event's own value.
    """

    name: str
    goal: Matcher
    horizon: int
    start: int
    end: int
    as_of: int
    took: Matcher | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody in the experiment, one element a person.

    Attributes:
        arms: names of the arms, in alphabetical order; `arm` is an index into it: the one first seen in.
        parts: where they are; `part` is an index into it and `person` one into its persons.
        time: ms UTC of the first exposure. share: the share of the arm that it told, NaN for none.
        both: seen in another arm afterwards. mature: the time for the goal is over.
        delay: ms to the first goal within the horizon, infinite for none. value: carried by all goals in it.
        took: took it up within the horizon. before: reached the goal in as long before the first exposure.
        priced: whether any goal carried a value.
    """

    arms: tuple[str, ...]
    parts: tuple[Part, ...]
    part: Int64
    person: Int64
    arm: Int64
    time: Int64
    share: Float64
    both: Bool
    mature: Bool
    delay: Float64
    value: Float64
    took: Bool
    before: Bool
    priced: bool

    @property
    def reached(self) -> Bool:
        """Who reached the goal."""
        found: Bool = np.isfinite(self.delay)
        return found
