"""An impact question, read: what is the exposure, what the goal, and how long the goal may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from collector.core.event import AD_SEEN
from collector.core.matcher import Matcher

SEED = 20_240_229
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        exposures: the first event of a person that fits any of these is the exposure.
        goal: what counts as reached within `horizon` ms after a moment.
        start, end: moments of comparison lie in `start` <= time < `end`.
        as_of: moments whose horizon ends later are left out, of both groups alike.
        value: the property summed over goals; None takes the event's own value.
        goals: the site's goals, whose names the words use.
        stages: per named stage of the site the matchers that lead into it.
        zone: whose hours of the day and days of the week people are compared at.
        new: only people who first came within the range.
        dose: what is counted within the horizon after an exposure, from it on; None for no doses.
        bands: upper ends of the doses but the last: (1, 3) makes 1, 2-3, 4 and more.
    """

    exposures: tuple[Matcher, ...]
    goal: Matcher
    horizon: int
    start: int
    end: int
    as_of: int
    value: str | None = None
    goals: Sequence[tuple[str, Matcher]] = ()
    stages: Sequence[tuple[str, Sequence[Matcher]]] = ()
    zone: ZoneInfo = UTC
    new: bool = False
    dose: Matcher | None = None
    bands: tuple[int, ...] = (1, 3)

    @property
    def at_start(self) -> bool:
        """True where people are exposed by how a visit begins: moments are then the beginnings of visits."""
        return all(matcher.is_source for matcher in self.exposures)

    @property
    def elsewhere(self) -> bool:
        """True where people are exposed while they are away, by ads that are only seen: moments are then times between
        visits."""
        return bool(self.exposures) and all(is_seen_ad(matcher) for matcher in self.exposures)


def is_seen_ad(matcher: Matcher) -> bool:
    """Whether this means ads that are seen elsewhere, and nothing besides."""
    return matcher.subject == "event" and matcher.pattern == AD_SEEN
