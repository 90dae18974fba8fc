"""How many people did each thing, how often and when last: counted along the order of kinds that a part keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple

import numpy as np

from collector.core.event import PAGE, Kind
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.scope import K, coded, distinct_people, page_path

# A range with less of the part's rows than one in so many is counted by its rows alone.
SPARSE = 6


class KindCounts(NamedTuple, Generic[K]):
    """For each label of kinds: different people, rows, and the latest of them (ms UTC)."""

    labels: Sequence[K]
    people: Int64
    times: Int64
    last: Int64


def type_and_name(kind: Kind) -> tuple[str, str]:
    """What a kind is counted as: pages by path."""
    return kind.type, page_path(kind.name) if kind.type == PAGE else kind.name


def kind_counts(journeys: Journeys, part: Part, inside: Bool, include_bots: bool) -> KindCounts[tuple[str, str]]:
    """The rows inside (a mask over the part's) by type and name; kinds with the same label are one.

    Args:
        include_bots: whether rows of bots may be inside.
    """
    return _counted(part, inside, include_bots, lambda number: type_and_name(journeys.kinds[number]))


def _counted(part: Part, inside: Bool, include_bots: bool, name: Callable[[int], K]) -> KindCounts[K]:
    if include_bots or np.count_nonzero(inside) * SPARSE < part.size:
        rows = np.flatnonzero(inside)
        codes, labels = coded(part.kind[rows], name)
        people = distinct_people(codes, part.person[rows].astype(np.int64), len(labels))
        last = np.full(len(labels), part.origin, dtype=np.int64)
        np.maximum.at(last, codes, part.time[rows])
        return KindCounts(labels, people, np.bincount(codes, minlength=len(labels)), last)
    return _along_kinds(part, inside, name)


def _along_kinds(part: Part, inside: Bool, name: Callable[[int], K]) -> KindCounts[K]:
    """Persons ascend within a kind, so that the first row of each is told by the row before it, without sorting."""
    kept = inside[part.kind_rows]
    times = _runs(kept, part.kind_start)
    kinds = np.flatnonzero(times)
    times = times[kinds]
    keys = part.kind_keys if kept.all() else part.kind_keys[kept]
    if not len(keys):
        return KindCounts([], times, times, times)
    edges = np.concatenate(([0], np.cumsum(times)))
    begin = edges[:-1]
    person = keys >> part.shift
    fresh = np.empty(len(keys), dtype=np.bool_)
    np.not_equal(person[1:], person[:-1], out=fresh[1:])
    fresh[begin] = True
    people = _runs(fresh, edges)
    person <<= part.shift
    last = np.maximum.reduceat(np.subtract(keys, person, out=person), begin) + part.origin
    codes, labels = coded(kinds, name)
    if len(labels) == len(kinds):
        return KindCounts(labels, people, times, last)
    return _joined(part, inside, kinds, codes, KindCounts(labels, people, times, last))


def _runs(mask: Bool, edges: Int64) -> Int64:
    """How many are true between each edge and the next one."""
    return np.array([np.count_nonzero(mask[start:end]) for start, end in pairwise(edges.tolist())], dtype=np.int64)


def _joined(part: Part, inside: Bool, kinds: Int64, codes: Int64, by_kind: KindCounts[K]) -> KindCounts[K]:
    """The counts of kinds put together by label. Whoever did two kinds of one label is one person."""
    size = len(by_kind.labels)
    times, people = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    last = np.full(size, part.origin, dtype=np.int64)
    np.add.at(times, codes, by_kind.times)
    np.add.at(people, codes, by_kind.people)
    np.maximum.at(last, codes, by_kind.last)
    several = np.flatnonzero(np.bincount(codes, minlength=size) > 1)
    for label in several.tolist():
        runs = [part.kind_rows[part.kind_start[kind] : part.kind_start[kind + 1]] for kind in kinds[codes == label]]
        rows = np.concatenate(runs)
        people[label] = len(np.unique(part.person[rows[inside[rows]]]))
    return KindCounts(by_kind.labels, people, times, last)
