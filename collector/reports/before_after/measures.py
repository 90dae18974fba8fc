"""What is measured on each side of the day, added up over parts, and how sure the difference is.

A person is the unit: visits and purchases of one person are not independent of each other. Proportions of people:
Newcombe's interval. Ratios of sums over people (attention a visit, bounces of visits, value a person): linearised by
person, with Welch's degrees of freedom; where the ratio is a mean over people this is Welch's interval. Counts: each
person comes or does not, independently of others, so that who came on both sides adds nothing to the spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from collector.journeys.part import Bool, Int32, Int64
from collector.reports.overview_counts import View
from collector.reports.scope import share
from collector.reports.stats import Floats, difference

Z = float(ndtri(0.975))
_SECOND = 1000.0


@dataclass(slots=True)
class Ratio:
    """Sums over people of what is divided (`y`) and by what (`x`), with those of their squares and products."""

    people: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def add(self, x: Floats | Int64, y: Floats | Int64) -> None:
        """Take in people of another part, one entry each; `y` is 0 where there is nothing (`x` 0) to divide by."""
        over, of = x.astype(np.float64, copy=False), y.astype(np.float64, copy=False)
        self.people += int(np.count_nonzero(over))
        self.x += float(over.sum())
        self.y += float(of.sum())
        # Sums of products and not dot products, which wake threads for arrays that one core is done with sooner.
        self.xx += float((over * over).sum())
        self.xy += float((over * of).sum())
        self.yy += float((of * of).sum())

    def add_each(self, people: int, y: Floats) -> None:
        """Take in so many people with 1 to divide by, of whom some have a `y`."""
        whole = float(y.sum())
        self.people += people
        self.x += people
        self.y += whole
        self.xx += people
        self.xy += whole
        self.yy += float(y @ y)

    @property
    def value(self) -> float | None:
        """The ratio."""
        return self.y / self.x if self.x else None

    @property
    def variance(self) -> float | None:
        """Of the ratio, linearised by person; None of fewer than two people."""
        if self.people < 2 or self.value is None:
            return None
        residual = max(self.yy - 2 * self.value * self.xy + self.value**2 * self.xx, 0.0)
        return residual * self.people / (self.people - 1) / self.x**2


@dataclass(slots=True)
class Side:
    """One side of the day.

    goals: people who reached each goal. worth: value a person of each goal; `valued` says whether any event told one.
    """

    people: int = 0
    visits: int = 0
    goals: list[int] = field(default_factory=list)
    bounce: Ratio = field(default_factory=Ratio)
    attention: Ratio = field(default_factory=Ratio)
    worth: list[Ratio] = field(default_factory=list)
    valued: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class Pair:
    """Both sides, who was there on both, and the spread of the two counts."""

    before: Side
    after: Side
    both: int = 0
    visits_spread: float = 0.0

    @property
    def people_spread(self) -> float:
        """Variance of the difference in people: those who came on one side only."""
        return float(self.before.people + self.after.people - 2 * self.both)


@dataclass(frozen=True, slots=True)
class Change:
    """A difference (after less before) with its 95 % interval; None where there is nothing to compare."""

    before: float | None
    after: float | None
    apart: float | None
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no difference out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def measure(before: Sequence[View], after: Sequence[View], goals: int) -> Pair:
    """Both sides, from the same parts in the same order."""
    pair = Pair(_side(goals), _side(goals))
    for old, new in zip(before, after, strict=True):
        was, came_before = _take(pair.before, old)
        now, came_after = _take(pair.after, new)
        pair.both += int(np.count_nonzero(was & now))
        # The sum of the squares of each person's visits after less those before.
        visits = np.zeros(len(was), dtype=np.int32)
        visits[came_before.person] = came_before.visits
        alike = came_after.visits @ visits[came_after.person]
        squares = came_before.visits @ came_before.visits + came_after.visits @ came_after.visits
        pair.visits_spread += float(squares - 2 * alike)
    return pair


class _Came(NamedTuple):
    """The people who began a visit, ascending, and how many they began."""

    person: Int32
    visits: Int64


def _side(goals: int) -> Side:
    return Side(goals=[0] * goals, worth=[Ratio() for _ in range(goals)], valued=[False] * goals)


def _take(side: Side, view: View) -> tuple[Bool, _Came]:
    """Add a part to a side; its people who were there, and those who began visits."""
    part = view.part
    there = np.zeros(len(part.persons), dtype=np.bool_)
    there[view.person] = True
    owner = view.sessions.person[view.begun]
    people = int(np.count_nonzero(there))
    side.people += people
    side.visits += len(owner)
    # Who made no visit has neither visits nor what is divided by them; persons ascend as their visits do.
    first = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1]))[: len(owner)])
    came = _Came(owner[first], np.diff(first, append=len(owner)))
    if len(first):
        engaged = np.add.reduceat(view.sessions.engaged[view.begun], first) / _SECOND
        bounced = np.add.reduceat(view.sessions.bounce[view.begun], first, dtype=np.int64)
        side.attention.add(came.visits, engaged)
        side.bounce.add(came.visits, bounced)
    for at, rows in enumerate(view.goal_rows):
        value = part.value[rows]
        winners, place = np.unique(part.person[rows], return_inverse=True)
        side.goals[at] += len(winners)
        side.valued[at] |= bool((~np.isnan(value)).any())
        side.worth[at].add_each(
            people, np.bincount(place, weights=np.nan_to_num(value), minlength=len(winners)).astype(np.float64)
        )
    return there, came


def of_counts(before: int, after: int, spread: float) -> Change:
    """A difference of counts of independent people."""
    if not before and not after:
        return Change(0, 0, None, None, None)
    half = Z * math.sqrt(spread)
    return Change(before, after, after - before, after - before - half, after - before + half)


def of_shares(before: int, people_before: int, after: int, people_after: int) -> Change:
    """A difference of two proportions of people."""
    if not people_before or not people_after:
        return Change(share(before, people_before), share(after, people_after), None, None, None)
    apart, low, high = (float(one) for one in difference(after, people_after, before, people_before))
    return Change(before / people_before, after / people_after, apart, low, high)


def of_ratios(before: Ratio, after: Ratio) -> Change:
    """A difference of two ratios of sums over people."""
    old, new = before.value, after.value
    if old is None or new is None:
        return Change(old, new, None, None, None)
    a, b = after.variance, before.variance
    if a is None or b is None:
        return Change(old, new, new - old, None, None)
    half = 0.0
    if a + b > 0:
        freedom = (a + b) ** 2 / (a**2 / (after.people - 1) + b**2 / (before.people - 1))
        half = float(stdtrit(freedom, 0.975)) * math.sqrt(a + b)
    return Change(old, new, new - old, new - old - half, new - old + half)
