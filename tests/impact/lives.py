"""What is known of simulated people: their events, when they were exposed, and what came of it with and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from collector.core.times import DAY
from collector.journeys.part import Bool, Float64, Int64

START = 1_763_337_600_000  # Monday 17 Nov 2025, 00:00 UTC
NEVER = -1
POINTS = 14  # of the curve
RATE, LEFT, MONEY = POINTS - 1, POINTS, POINTS + 1  # columns of what came of it


@dataclass(slots=True)
class Rows:
    """Events as columns, in the order they were drawn."""

    person: list[Int64] = field(default_factory=list)
    time: list[Int64] = field(default_factory=list)
    kind: list[Int64] = field(default_factory=list)
    source: list[Int64] = field(default_factory=list)
    device: list[Int64] = field(default_factory=list)
    value: list[Float64] = field(default_factory=list)
    engaged: list[Int64] = field(default_factory=list)

    def add(self, person: Int64, time: Int64, kind: Int64, source: Int64, mobile: Bool, value: Float64 | None) -> None:
        """One event of each of these people, without attention; `value` is None where no event is worth anything."""
        self.person.append(person)
        self.time.append(time)
        self.kind.append(kind)
        self.source.append(source)
        self.device.append(mobile.astype(np.int64))
        self.value.append(np.full(len(person), np.nan) if value is None else value)


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """Of each person: time of the first exposure (ms, NEVER) and whether it counts (no goal before it, horizon over,
    asked for); what came of it within the horizon as it was, and as it would have been without (a row each: goal
    reached by each point of the curve, days left when it was, money); goal reached and money paid at any time;
    `first_visit`, a code of what was done in it. `groups`: who of the exposed is in what group, by what was known
    before or by the dose, called as the report calls it. inside: those the question is asked of.
    """

    exposed_at: Int64
    counts: Bool
    was: Float64
    would: Float64
    ever: Bool
    spent: Float64
    first_visit: Int64
    groups: Mapping[str, Bool]
    inside: Bool
    rows: Rows


class After:
    """What comes of exposures, as it is drawn, or as chances add up."""

    def __init__(self, people: int, horizon: int) -> None:
        self.horizon = horizon
        self.by = np.zeros((people, POINTS + 2))
        self.reached = np.zeros(people)

    def add(self, who: Int64, delay: Int64, chance: Float64, money: Float64) -> None:
        """The goal at `delay` ms after exposures.

        Args:
            who: different people. chance: of the goal, for those not there yet; 1 and 0 where it was drawn.
            money: paid by then, or its mean.
        """
        fresh = (1 - self.reached[who]) * chance
        point = np.clip(-(-delay * POINTS // self.horizon) - 1, 0, POINTS - 1)
        self.by[who, point] += fresh
        self.by[who, LEFT] += fresh * (self.horizon - delay) / DAY
        self.by[who, MONEY] += money
        self.reached[who] += fresh

    def told(self) -> Float64:
        """The rows of `Lives.was`."""
        self.by[:, :POINTS] = np.cumsum(self.by[:, :POINTS], axis=1)
        return self.by
