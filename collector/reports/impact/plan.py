"""An impact question, read: what is the exposure, what the goal, and how long the goal may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collector.core.matcher import Matcher

MAX_ROWS = 1_500_000  # rows of people never exposed beyond this are sampled by person
SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        exposures: the first event of a person that fits any of these is the exposure.
        goal: what counts as reached within `horizon` ms after a moment.
        value: the property summed over goals; None takes the event's own value.
        goals: the site's goals, whose names the words use.
        start, end: moments of comparison lie in `start` <= time < `end`.
        as_of: moments whose horizon ends later are left out, of both groups alike.
    """

    exposures: tuple[Matcher, ...]
    goal: Matcher
    horizon: int
    start: int
    end: int
    as_of: int
    value: str | None = None
    goals: Sequence[tuple[str, Matcher]] = ()

    @property
    def at_start(self) -> bool:
        """True where people are exposed by how a visit begins: moments are then the beginnings of visits."""
        return all(matcher.is_source for matcher in self.exposures)
