"""A table of indicators kept as codes: the sums that regressions need, without ever building the wide matrix.

A row has one level of each feature, so that the product of the wide matrix with itself is a count of pairs of levels,
and its product with coefficients is a look-up. Several features share one code, so that a look-up or a count serves
them all: with two dozen features this takes a hundredth of the time and a tenth of the space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Bool, Float64, Int64

Codes: TypeAlias = NDArray[np.uint8]

MOST_CELLS = 128  # of one code: pairs of them are counted in tables that stay near the processor


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
class Pack:
    """Features that share one code of `cells` values.

    features: their places, and `steps`, by which the code grows with a level of each. part: where their coefficients
    lie among those of all packs. wide: a row each value of the code, its indicators.
    """

    features: tuple[int, ...]
    steps: tuple[int, ...]
    cells: int
    part: slice
    wide: Float64


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows by features; level 0 of each is the one that the others are told apart from and has no coefficient.

    shared: one row a pack of features, one column a row of the table. levels: how many levels each feature has.
    columns: of each coefficient in the order of the packs its place in that of the features; back: the other way.
    """

    shared: NDArray[np.integer]
    levels: tuple[int, ...]
    packs: tuple[Pack, ...]
    columns: Int64
    back: Int64

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.shared.shape[1])

    @property
    def width(self) -> int:
        """How many coefficients."""
        return len(self.columns)

    def of(self, pick: Int64) -> Coded:
        """Some of the rows."""
        # As numpy counts and looks up by, since what is picked is counted many times.
        return replace(self, shared=self.shared[:, pick].astype(np.intp))

    def having(self, feature: int, level: int) -> Bool:
        """Which rows have a level of a feature."""
        at, pack = next((at, pack) for at, pack in enumerate(self.packs) if feature in pack.features)
        step = pack.steps[pack.features.index(feature)]
        return np.asarray((np.arange(pack.cells) // step % self.levels[feature] == level)[self.shared[at]])

    def beside(self, other: Coded) -> Coded:
        """The same rows with the features of another table after their own."""
        size, width = len(self.levels), self.width
        packs = [
            replace(
                one,
                features=tuple(at + size for at in one.features),
                part=slice(one.part.start + width, one.part.stop + width),
            )
            for one in other.packs
        ]
        return Coded(
            np.concatenate([self.shared, other.shared]),
            self.levels + other.levels,
            (*self.packs, *packs),
            np.concatenate([self.columns, other.columns + width]),
            np.concatenate([self.back, other.back + width]),
        )

    def dot(self, coefficients: Float64) -> Float64:
        """The table times a vector: a number a row."""
        total, ordered = np.zeros(self.rows), coefficients[self.columns]
        for codes, pack in zip(self.shared, self.packs, strict=True):
            total += (pack.wide @ ordered[pack.part]).take(codes)
        return total

    def sums(self, weight: Float64) -> Float64:
        """The transposed table times a vector: a number a coefficient."""
        found = np.empty(self.width)
        for codes, pack in zip(self.shared, self.packs, strict=True):
            found[pack.part] = np.bincount(codes, weights=weight, minlength=pack.cells) @ pack.wide
        return found[self.back]

    def gram(self, weight: Float64) -> Float64:
        """The transposed table times its weighted rows: coefficients by coefficients."""
        found = np.empty((self.width, self.width))
        for codes, pack in zip(self.shared, self.packs, strict=True):
            counts = np.bincount(codes, weights=weight, minlength=pack.cells)
            found[pack.part, pack.part] = (pack.wide.T * counts) @ pack.wide
        for a, b, codes in self._pairs:
            counts = np.bincount(codes, weights=weight, minlength=a.cells * b.cells).reshape(a.cells, b.cells)
            block = a.wide.T @ counts @ b.wide
            found[a.part, b.part] = block
            found[b.part, a.part] = block.T
        return found[np.ix_(self.back, self.back)]

    def form(self, square: Float64) -> Float64:
        """Each row times a symmetric matrix times the row again: a number a row."""
        total, ordered = np.zeros(self.rows), square[np.ix_(self.columns, self.columns)]
        for codes, pack in zip(self.shared, self.packs, strict=True):
            own = pack.wide @ ordered[pack.part, pack.part]
            total += (own * pack.wide).sum(axis=1).take(codes)
        for a, b, codes in self._pairs:
            total += (a.wide @ (2 * ordered[a.part, b.part]) @ b.wide.T).take(codes)
        return total

    @cached_property
    def _pairs(self) -> list[tuple[Pack, Pack, Int64]]:
        """For every two packs the code of both in each row."""
        packs, codes = self.packs, self.shared.astype(np.int64, copy=False)
        return [(packs[a], packs[b], codes[a] * packs[b].cells + codes[b]) for a in range(len(packs)) for b in range(a)]


def packed(codes: Sequence[Codes] | Codes, levels: Sequence[int], rows: int) -> Coded:
    """A table from the levels of its rows.

    Args:
        codes: for each feature the level of each row, below `levels`. rows: how many there are.
    """
    starts = np.cumsum([0, *(many - 1 for many in levels)])
    packs: list[Pack] = []
    for features in _together(levels):
        packs.append(_pack(features, levels, packs[-1].part.stop if packs else 0))
    shared = np.zeros((len(packs), rows), dtype=np.uint8)
    for row, pack in zip(shared, packs, strict=True):
        for feature, step in zip(pack.features, pack.steps, strict=True):
            row += codes[feature] if step == 1 else codes[feature] * np.uint8(step)
    order = [np.arange(starts[at], starts[at + 1]) for pack in packs for at in pack.features]
    columns = np.concatenate([np.empty(0, dtype=np.int64), *order])
    return Coded(shared, tuple(levels), tuple(packs), columns, np.argsort(columns))


def _together(levels: Sequence[int]) -> list[tuple[int, ...]]:
    """Which features share a code: the next largest goes where it first finds room."""
    found: list[list[int]] = []
    cells: list[int] = []
    for at in sorted(range(len(levels)), key=lambda at: -levels[at]):
        place = next((place for place, many in enumerate(cells) if many * levels[at] <= MOST_CELLS), len(cells))
        if place == len(cells):
            found.append([])
            cells.append(1)
        found[place].append(at)
        cells[place] *= levels[at]
    return [tuple(features) for features in found]


def _pack(features: tuple[int, ...], levels: Sequence[int], begin: int) -> Pack:
    steps, cells = [], 1
    for at in features:
        steps.append(cells)
        cells *= levels[at]
    code = np.arange(cells)
    found = [
        code[:, None] // step % levels[at] == np.arange(1, levels[at]) for at, step in zip(features, steps, strict=True)
    ]
    wide = np.concatenate(found, axis=1).astype(np.float64)
    return Pack(features, tuple(steps), cells, slice(begin, begin + wide.shape[1]), wide)
