"""Nodes and links: how many were at which place of each layer, and went from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.journeys.part import Bool, Int64
from collector.reports.paths.modes import Found
from collector.reports.paths.walk import ANCHOR, BEGAN, GOAL, LEFT, NONE, OFFSET, Codes, Walks

OTHER = -6
_SPECIAL = (BEGAN, GOAL, ANCHOR, LEFT)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The nodes of one step: the most visited places, then `OTHER`, then what is no place.

    codes: of each node. counts: how many were there. slot: by code + `OFFSET` the node, `len(codes)` for none.
    """

    codes: Sequence[int]
    counts: Sequence[int]
    slot: NDArray[Any]

    def nodes(self, column: Codes) -> NDArray[Any]:
        """The node of each walk at this step."""
        found: NDArray[Any] = self.slot[column + OFFSET]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The layers, and between layer n and n + 1 how many went from node to node: `links[n][from, to]`."""

    layers: Sequence[Layer]
    links: Sequence[Int64]

    def between(self, layer: int, start: int, end: int) -> int:
        """How many went from one code of a layer to one of the next."""
        here, there = self.layers[layer].codes, self.layers[layer + 1].codes
        return int(self.links[layer][here.index(start), there.index(end)]) if start in here and end in there else 0


class _Columns(NamedTuple):
    """The codes of some at each step, and how many each entry stands for: one where that is None."""

    layers: Sequence[Codes]
    many: Int64 | None

    def counts(self, at: int, size: int) -> Int64:
        found = np.bincount(self.layers[at] + OFFSET, self.many, minlength=size)
        return found.astype(np.int64, copy=False)


def flow_of(found: Found, top: int) -> Flow:
    """The flow of all walks, with the `top` places of each layer by name and the rest together."""
    depth = len(found.walks[0].layers) if found.walks else 0
    every = [_Columns(one.layers, None) for one in found.walks]
    every += [_Columns(one.columns(depth), one.many) for one in found.short]
    highest = max((int(column.max()) for one in every for column in one.layers if len(column)), default=0)
    size = max(highest, 0) + OFFSET + 1
    layers = [_layer(sum((one.counts(at, size) for one in every), _none(size)), size, top) for at in range(depth)]
    links = [
        sum((_pairs(one, at, layers) for one in every), _none((len(layers[at].codes), len(layers[at + 1].codes))))
        for at in range(depth - 1)
    ]
    return Flow(layers, links)


def _none(shape: int | tuple[int, int]) -> Int64:
    return np.zeros(shape, dtype=np.int64)


def _layer(counts: Int64, size: int, top: int) -> Layer:
    present = np.flatnonzero(counts[OFFSET:])
    ranked = present[np.lexsort((present, -counts[OFFSET:][present]))]
    codes = ranked[:top].tolist()
    slot = np.zeros(size, dtype=np.int8)
    rest = ranked[top:]
    if len(rest):
        slot[OFFSET:] = len(codes)
        codes.append(OTHER)
    for place, code in enumerate(codes[:top]):
        slot[code + OFFSET] = place
    for code in _SPECIAL:
        if counts[code + OFFSET]:
            slot[code + OFFSET] = len(codes)
            codes.append(code)
    slot[NONE + OFFSET] = len(codes)
    many = [int(counts[rest + OFFSET].sum()) if code == OTHER else int(counts[code + OFFSET]) for code in codes]
    return Layer(codes, many, slot)


def _pairs(one: _Columns, at: int, layers: Sequence[Layer]) -> Int64:
    here, there = layers[at], layers[at + 1]
    wide = len(there.codes) + 1
    # Most walks are short: what both columns leave empty need not be counted.
    both = np.flatnonzero((one.layers[at] != NONE) & (one.layers[at + 1] != NONE))
    pair = here.nodes(one.layers[at][both]).astype(np.int16)
    pair *= wide
    pair += there.nodes(one.layers[at + 1][both])
    many = None if one.many is None else one.many[both]
    counts = np.bincount(pair, many, minlength=(len(here.codes) + 1) * wide).reshape(-1, wide)
    return counts[: len(here.codes), : len(there.codes)].astype(np.int64)


def at_node(one: Walks, flow: Flow, layer: int, code: int) -> Bool:
    """Which walks were at a node."""
    of = flow.layers[layer]
    if code not in of.codes:
        return np.zeros(len(one.person), dtype=np.bool_)
    found: Bool = of.nodes(one.layers[layer]) == of.codes.index(code)
    return found
