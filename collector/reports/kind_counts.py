"""How many people did each thing, how often and when last: counted along the order of kinds that a part keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple

import numpy as np

from collector.core.event import PAGE, Kind
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import PIECE, Bool, Int64, Part
from collector.reports.scope import K, coded, distinct_people, page_path

# A range with less of the part's rows than one in so many is counted by its rows alone.
SPARSE = 6
# Where less than one row in so many is left out, the counts of all, which the part keeps, are asked for first.
FEW = 10


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
    found = _of_kinds(part, inside)
    kinds = np.flatnonzero(found.times)
    people, times, last = (column[kinds] for column in found)
    codes, labels = coded(kinds, name)
    by_kind = KindCounts(labels, people, times, last)
    return by_kind if len(labels) == len(kinds) else _joined(part, inside, kinds, codes, by_kind)


class _OfKinds(NamedTuple):
    """For each kind id different people, rows, and the latest of them."""

    people: Int64
    times: Int64
    last: Int64


def _of_kinds(part: Part, inside: Bool) -> _OfKinds:
    left_out = len(part.kind_rows) - np.count_nonzero(inside)
    if left_out * FEW < part.size:
        whole = part.memo.get("kinds of all", lambda: _walked(part, part.bot == 0))
        if not left_out:
            return whole
        less = _without(part, inside, whole)
        if less is not None:
            return less
    return _walked(part, inside)


def _without(part: Part, inside: Bool, whole: _OfKinds) -> _OfKinds | None:
    """The counts of all less those of the few rows outside; None unless these are all of their persons' rows."""
    rows = np.flatnonzero(~inside & (part.bot == 0))
    person, kind = part.person[rows], part.kind[rows]
    gone = np.flatnonzero(np.bincount(person, minlength=len(part.persons)))
    if inside[ranges(part.person_row[gone], part.person_row[gone + 1])].any():
        return None
    kinds, persons = len(whole.times), len(part.persons)
    pairs = np.unique(kind.astype(np.int64) * persons + person)
    times = whole.times - np.bincount(kind, minlength=kinds)
    theirs = np.full(kinds, part.origin, dtype=np.int64)
    np.maximum.at(theirs, kind, part.time[rows])
    last = whole.last.copy()
    for at in np.flatnonzero((theirs == last) & (times > 0)).tolist():
        mine = part.kind_rows[part.kind_start[at] : part.kind_start[at + 1]]
        last[at] = part.time[mine[inside[mine]]].max()
    return _OfKinds(whole.people - np.bincount(pairs // persons, minlength=kinds), times, last)


def _walked(part: Part, inside: Bool) -> _OfKinds:
    """Persons ascend within a kind, so that the first row of each is told by the row before it, without sorting."""
    found = [_walk(part, inside, kinds) for kinds in _in_pieces(part.kind_start)]
    return _OfKinds(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _in_pieces(kind_start: Int64) -> Iterator[slice]:
    """All kinds, at a time those of which the rows fit a processor's cache."""
    place = kind_start[:-1] // PIECE
    cuts = [0, *(np.flatnonzero(place[1:] != place[:-1]) + 1).tolist(), len(place)]
    return (slice(first, last) for first, last in pairwise(cuts))


def _walk(part: Part, inside: Bool, some: slice) -> _OfKinds:
    edges = part.kind_start[some.start : some.stop + 1]
    rows = slice(int(edges[0]), int(edges[-1]))
    kept, keys = inside.take(part.kind_rows[rows]), part.kind_keys[rows]
    times = _runs(kept, edges - edges[0])
    people, last = np.zeros(len(times), dtype=np.int64), np.full(len(times), part.origin, dtype=np.int64)
    keys = keys if kept.all() else keys[kept]
    if not len(keys):
        return _OfKinds(people, times, last)
    kinds = np.flatnonzero(times)
    edges = np.concatenate(([0], np.cumsum(times[kinds])))
    begin = edges[:-1]
    person = keys >> part.shift
    fresh = np.empty(len(keys), dtype=np.bool_)
    np.not_equal(person[1:], person[:-1], out=fresh[1:])
    fresh[begin] = True
    people[kinds] = _runs(fresh, edges)
    person <<= part.shift
    last[kinds] += np.maximum.reduceat(np.subtract(keys, person, out=person), begin)
    return _OfKinds(people, times, last)


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
