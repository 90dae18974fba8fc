"""The path of each conversion, and of everybody in the range who did not convert, as columns over all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.once import once

FEW_VALUES = 12  # of which every set may be counted in a table


@dataclass(frozen=True, eq=False)
class Runs:
    """Touches of several paths one behind the other: path p has `start[p]:start[p + 1]`; `code` is their value."""

    start: Int64
    code: Int64

    @once
    def length(self) -> Int64:
        """How many touches each path has."""
        return np.diff(self.start)

    @once
    def owner(self) -> Int64:
        """The path of each touch."""
        return np.repeat(np.arange(len(self.start) - 1), self.length)

    def some(self, paths: Int64) -> Runs:
        """Only these paths, in this order."""
        return spread(self.start[paths], self.start[paths + 1], self.code)[0]

    @once
    def once_each(self) -> Int64:
        """For each path and each value in it one touch, the first."""
        pair = self.owner * (int(self.code.max(initial=0)) + 1) + self.code
        # The same value several times in a row needs no sorting.
        fresh = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1]))[: len(pair)])
        return fresh[np.unique(pair[fresh], return_index=True)[1]]

    @once
    def sets(self) -> Int64:
        """For each path the set of its values, value v as the bit `1 << v`; for up to `FEW_VALUES` of them."""
        found = np.zeros(len(self.length), dtype=np.int64)
        some = np.flatnonzero(self.length)
        if len(some):
            found[some] = np.bitwise_or.reduceat(np.left_shift(1, self.code), self.start[some])
        return found


NO_RUNS = Runs(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Paths with how many conversions each led to, and what those are worth together (None where nobody knows)."""

    runs: Runs
    many: Int64
    worth: Float64 | None

    @once
    def many_of_touch(self) -> Float64:
        """For each touch how many conversions its path led to."""
        return np.repeat(self.many.astype(np.float64), self.runs.length)


@dataclass(frozen=True, eq=False)
class Conversions:
    """Conversions of some persons of one part in order; neighbours with the same touches share their path.

    row: of the part. worth: NaN for none. lag: ms from the first touch to the conversion, -1 for none.
    many: how many conversions each of `runs` led to, at least one. before: ms from each touch to the path's last.
    direct: of each touch. sequence: of values of each path, one of `sequences`. example: for each of those a path.
    """

    part: Part
    row: Int64 | Int32
    worth: Float64
    lag: Int64
    many: Int64
    runs: Runs
    before: Int64
    direct: Bool
    sequence: Int64
    example: Int64

    @once
    def path(self) -> Int64:
        """The path of each conversion, one of `runs`."""
        return np.repeat(np.arange(len(self.many)), self.many)

    @once
    def length(self) -> Int64:
        """How many touches led to each conversion."""
        return np.repeat(self.runs.length, self.many)

    @once
    def weighed(self) -> Weighed:
        """Each of `runs`."""
        worth = None if np.isnan(self.worth).all() else sums(self.path, np.nan_to_num(self.worth), len(self.many))
        return Weighed(self.runs, self.many, worth)

    @once
    def sequences(self) -> Weighed:
        """The different sequences of values that paths have: far fewer than paths, and most models need no more."""
        worth, count = self.weighed.worth, len(self.example)
        return Weighed(
            self.runs.some(self.example),
            sums(self.sequence, self.many, count).astype(np.int64),
            None if worth is None else sums(self.sequence, worth, count),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Everything that models are made from; codes are indices into `values`.

    unconverted: persons of each part of `parts` who were touched in the range and did not convert in it.
    lost: their paths, one each.
    """

    values: Sequence[str]
    found: Sequence[Conversions]
    lost: Sequence[Runs]
    unconverted: Sequence[tuple[Part, Int64]] = field(default_factory=tuple)

    @property
    def count(self) -> int:
        """How many conversions there are."""
        return sum(len(one.row) for one in self.found)


def spread(first: Int64, end: Int64, code: Int64) -> tuple[Runs, Int64]:
    """Slices of one list, one behind the other, and the place in the list of each."""
    start = np.concatenate(([0], np.cumsum(end - first))).astype(np.int64)
    place = ranges(first, end)
    return Runs(start, code[place]), place


def first_touch(runs: Runs) -> Int64:
    """The first touch of each path that has any."""
    return runs.start[:-1][runs.length > 0]


def last_touch(runs: Runs) -> Int64:
    """The last touch of each path that has any."""
    return runs.start[1:][runs.length > 0] - 1


def by_value(runs: Runs, amount: Float64 | Int64, count: int, divided: bool = False) -> Float64:
    """For each value the sum of an amount a path over the paths that it is on.

    Args:
        divided: equally among the different values of each path.
    """
    if count > FEW_VALUES:
        owner = runs.owner[runs.once_each]
        each = amount[owner]
        if divided:
            each = each / np.bincount(owner, minlength=len(amount))[owner]
        return np.bincount(runs.code[runs.once_each], each, count).astype(np.float64)
    of_set = np.bincount(runs.sets, amount, 1 << count)
    holds = np.arange(1 << count)[:, None] >> np.arange(count) & 1
    shares = of_set / np.maximum(holds.sum(axis=1), 1) if divided else of_set
    return np.asarray(shares @ holds)


def sums(group: NDArray[np.signedinteger], amount: Float64 | Int64, count: int) -> Float64:
    """The sum of an amount over each group."""
    return np.bincount(group, amount, count).astype(np.float64, copy=False)
