"""An effect on a person counted up to all who were exposed and could be compared."""

from __future__ import annotations

from dataclasses import dataclass

from collector.reports.impact.engine import Answer
from collector.reports.impact.estimate import Effect


@dataclass(frozen=True, slots=True)
class InAll:
    """A difference in all, with the ends of its 95 % interval."""

    difference: float
    low: float
    high: float


def people_used(found: Answer) -> float:
    """Exposed people who could be compared; where a part of the exposed was drawn, how many these stand for."""
    return 0.0 if found.matched is None else len(found.matched.case) / found.crowd.share


def in_all(found: Answer, effect: Effect | None) -> InAll | None:
    """The effect by the end of the horizon on all of them; None where there is none."""
    people = people_used(found)
    if effect is None or not people or found.refused:
        return None
    return InAll(*(float(column[-1]) * people for column in (effect.difference, effect.low, effect.high)))
