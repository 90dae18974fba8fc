"""The path of each conversion, and of everybody in the range who did not convert, as columns over all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.once import once


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

    @once
    def once_each(self) -> Int64:
        """For each path and each value in it one touch, the first."""
        pair = self.owner * (int(self.code.max(initial=0)) + 1) + self.code
        # The same value several times in a row needs no sorting.
        fresh = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1]))[: len(pair)])
        return fresh[np.unique(pair[fresh], return_index=True)[1]]


@dataclass(frozen=True, slots=True, eq=False)
class Conversions:
    """Conversions of one part with their paths.

    row: of the part. before: ms from each touch to its conversion. direct: of each touch. worth: NaN for none.
    lag: ms from the first touch to the conversion, -1 for none.
    """

    part: Part
    row: Int64
    worth: Float64
    runs: Runs
    before: Int64
    direct: Bool
    lag: Int64


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


def first_touch(runs: Runs) -> Int64:
    """The first touch of each path that has any."""
    return runs.start[:-1][runs.length > 0]


def last_touch(runs: Runs) -> Int64:
    """The last touch of each path that has any."""
    return runs.start[1:][runs.length > 0] - 1
