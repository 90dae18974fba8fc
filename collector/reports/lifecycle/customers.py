"""Customers: who reached the goal, when first and last, how many times and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.lifecycle.asked import Active, Asked


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """Who in a part reached the goal before the range ended, ever: one entry each, ascending by person.

    person: index into `part.persons`. row: of the last time they did. times: how many. value: the sum of what these
    carried, 0 for nothing. valued: how many of them carried anything.
    """

    part: Part
    person: Int64
    row: Int64
    times: Int64
    value: Float64
    valued: int

    @property
    def last(self) -> Int64:
        """ms UTC of the last time."""
        return self.part.time[self.row]


def customers(journeys: Journeys, active: Active, query: Query, question: Asked) -> Customers:
    """The customers of a part; nobody where there is no goal."""
    check()
    part = active.part
    rows = np.empty(0, dtype=np.int64)
    if question.goal is not None:
        rows = journeys.rows(part, question.goal, query.include_bots)
        rows = rows[(part.time[rows] < question.end) & active.chosen[part.person[rows]]]
    person = part.person[rows].astype(np.int64)
    last = np.append(person[1:] != person[:-1], True) if len(rows) else np.empty(0, dtype=np.bool_)
    places = np.flatnonzero(last)
    value = part.value[rows]
    known: Bool = ~np.isnan(value)
    of = np.repeat(np.arange(len(places)), np.diff(places, prepend=-1))
    total = np.bincount(of, np.where(known, value, 0.0), len(places)).astype(np.float64)
    return Customers(
        part, person[places], rows[places], np.diff(places, prepend=-1), total, int(np.count_nonzero(known))
    )


def carry_value(found: Sequence[Customers]) -> bool:
    """Whether the goal says what it is worth, at least now and then."""
    return any(one.valued for one in found)
