"""A table of indicators kept as codes: the sums that regressions need, without ever building the wide matrix.

A row has one level of each feature, so that the product of the wide matrix with itself is a count of pairs of levels,
and its product with coefficients is a look-up. With a dozen features this takes a small part of the time and space.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Float64, Int64

Codes: TypeAlias = NDArray[np.uint8]


class Table(Protocol):
    """What the models ask of a table of features, however it is kept: `rows` by `width` numbers, without a constant."""

    @property
    def rows(self) -> int:
        """How many rows."""

    @property
    def width(self) -> int:
        """How many coefficients."""

    def dot(self, coefficients: Float64) -> Float64:
        """The table times a vector: a number a row."""

    def sums(self, weight: Float64) -> Float64:
        """The transposed table times a vector: a number a coefficient."""

    def gram(self, weight: Float64) -> Float64:
        """The transposed table times its weighted rows: coefficients by coefficients."""

    def form(self, square: Float64) -> Float64:
        """Each row times a square matrix times the row again: a number a row."""


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows by features; level 0 of each is the one that the others are told apart from and has no coefficient.

    codes: one row a feature, one column a row of the table. levels: how many levels each feature has.
    """

    codes: Codes
    levels: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.codes.shape[1])

    @property
    def width(self) -> int:
        """How many coefficients."""
        return sum(self.levels) - len(self.levels)

    def of(self, pick: Int64) -> Coded:
        """Some of the rows."""
        return Coded(self.codes[:, pick], self.levels)

    def dot(self, coefficients: Float64) -> Float64:
        """The table times a vector: a number a row."""
        total, place = np.zeros(self.rows), 0
        for codes, levels in zip(self.codes, self.levels, strict=True):
            total += np.concatenate([[0.0], coefficients[place : place + levels - 1]])[codes]
            place += levels - 1
        return total

    def sums(self, weight: Float64) -> Float64:
        """The transposed table times a vector: a number a coefficient."""
        found = [
            np.bincount(codes, weights=weight, minlength=levels)[1:]
            for codes, levels in zip(self.codes, self.levels, strict=True)
        ]
        return np.concatenate([np.empty(0), *found])

    def gram(self, weight: Float64) -> Float64:
        """The transposed table times its weighted rows: coefficients by coefficients."""
        starts = np.cumsum([0, *(levels - 1 for levels in self.levels)])
        found = np.diag(self.sums(weight))
        for a, b, codes in self._pairs:
            counts = np.bincount(codes, weights=weight, minlength=self.levels[a] * self.levels[b])
            block = counts.reshape(self.levels[a], self.levels[b])[1:, 1:]
            found[starts[a] : starts[a + 1], starts[b] : starts[b + 1]] = block
            found[starts[b] : starts[b + 1], starts[a] : starts[a + 1]] = block.T
        return np.asarray(found)

    def form(self, square: Float64) -> Float64:
        """Each row times a symmetric matrix times the row again: a number a row."""
        starts = np.cumsum([0, *(levels - 1 for levels in self.levels)])
        total = self.dot(np.diagonal(square).copy())
        for a, b, codes in self._pairs:
            table = np.zeros((self.levels[a], self.levels[b]))
            table[1:, 1:] = 2 * square[starts[a] : starts[a + 1], starts[b] : starts[b + 1]]
            total += table.ravel()[codes]
        return total

    @cached_property
    def _pairs(self) -> list[tuple[int, int, NDArray[np.uint16]]]:
        """For every two features the code of both levels in each row."""
        wide = self.codes.astype(np.uint16)
        return [(a, b, wide[a] * np.uint16(self.levels[b]) + wide[b]) for a in range(len(wide)) for b in range(a)]
