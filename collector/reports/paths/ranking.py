"""The commonest whole journeys: the same places one after the other, ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.core.errors import UserError
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.paths.short import Short, commonest_ways
from collector.reports.paths.walk import LEFT, NONE, OFFSET, Walks

_NARROW = 2**31 - 1
MOST_CELLS = 2_000_000  # counted in a table; what would need a larger one is sorted


@dataclass(frozen=True, slots=True)
class Journey:
    """The codes of a journey in the order they are compared in, and whether it goes on beyond them."""

    codes: tuple[int, ...]
    longer: bool

    def __str__(self) -> str:
        return ".".join(map(str, self.codes)) + ("+" if self.longer else "")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A journey, how many made it, and the median of how many seconds it took them, None where nobody knows."""

    journey: Journey
    count: int
    seconds: float | None


def parse_journey(text: str) -> Journey:
    """The journey that a link names.

    Raises:
        UserError: it is none.
    """
    try:
        return Journey(tuple(int(code) for code in text.removesuffix("+").split(".")), text.endswith("+"))
    except ValueError as error:
        raise UserError(f"{text!r} is not a journey.", "Use the link of one in the list of journeys.") from error


def made(one: Walks, journey: Journey) -> Bool:
    """Which walks are this journey."""
    mask: Bool = one.longer == journey.longer
    wanted = [*journey.codes, *[NONE] * (len(one.journey) - len(journey.codes))]
    if len(wanted) > len(one.journey):
        return np.zeros(len(mask), dtype=np.bool_)
    for column, code in zip(one.journey, wanted, strict=True):
        mask &= column == code
    return mask


def commonest(walks: Sequence[Walks], masks: Sequence[Bool], most: int, short: Sequence[Short] = ()) -> list[Ranked]:
    """The journeys that most of the masked walks and of the short visits are, those of one number by their codes.

    A trie is grown place by place. Beginnings that fewer share than made the last of the best so far are left, for
    no journey can be commoner than its beginning.
    """
    best = [_short(short, *way) for way in commonest_ways(short, most)]
    chosen = _Chosen(walks, [np.flatnonzero(mask) for mask in masks])
    best = _grown(chosen, best, most) if chosen.size else best
    return [Ranked(one.journey, one.many, one.seconds()) for one in best]


class _Candidate(NamedTuple):
    """A journey among the best so far, and how to find the median of its seconds."""

    journey: Journey
    many: int
    seconds: Callable[[], float | None]


def _short(short: Sequence[Short], many: int, first: int, second: int) -> _Candidate:
    codes = (first, LEFT) if second == LEFT else (first, second, LEFT)
    return _Candidate(
        Journey(codes, longer=False), many, lambda: _median([one.seconds(first, second) for one in short])
    )


def _grown(chosen: _Chosen, best: list[_Candidate], most: int) -> list[_Candidate]:
    """The best of these and of the journeys of the chosen walks."""
    walks = chosen.walks
    longer, column = chosen.read([one.longer for one in walks]), chosen.column(0)
    alive, prefix = np.arange(chosen.size, dtype=np.int32), np.zeros(1, dtype=np.int32)  # one beginning for all
    levels: list[tuple[Int64, int]] = []
    beginnings = 1
    depth = len(walks[0].journey)
    for at in range(depth):
        following = chosen.column(at + 1) if at + 1 < depth else None
        here = column[alive] if at else column
        wide = int(column.max()) + OFFSET + 1
        size: type[np.signedinteger[Any]] = np.int64 if beginnings * wide * 2 > _NARROW else np.int32
        keys = here.astype(size)
        keys += OFFSET
        keys += prefix.astype(size, copy=False) * wide
        keys *= 2
        if following is None:
            done = np.ones(len(alive), dtype=np.bool_)
            keys += longer[alive]
        else:
            done = (here != NONE) & ((following[alive] if at else following) == NONE)
        over, on = np.flatnonzero(done), np.flatnonzero(~done)
        ended, entries = keys[over], alive[over]
        for key, many in _commonest(ended, most):
            journey = Journey(_spelled(levels, key, wide), bool(key % 2))
            best.append(_Candidate(journey, many, partial(_of_key, chosen, entries, ended, key)))
        best = sorted(best, key=lambda one: (-one.many, one.journey.codes, one.journey.longer))[:most]
        if following is None:
            break
        alive, keys = alive[on], keys[on]
        common, prefix = _kept(keys, best[-1].many if len(best) == most else 1)
        levels.append((common, wide))
        beginnings = len(common)
        on = np.flatnonzero(prefix >= 0)
        alive, prefix, column = alive[on], prefix[on], following
    return best


def _of_key(chosen: _Chosen, entries: NDArray[Any], ended: NDArray[Any], key: int) -> float | None:
    return chosen.median(entries[ended == key])


def _median(took: Sequence[Float64]) -> float | None:
    seconds = np.concatenate(took)
    known = seconds[~np.isnan(seconds)]
    return float(np.median(known)) if len(known) else None


def _spelled(levels: Sequence[tuple[Int64, int]], key: int, wide: int) -> tuple[int, ...]:
    """The codes behind a key, which is of its beginning's number, its last code and whether it goes on."""
    codes = [key // 2 % wide - OFFSET]
    beginning = key // 2 // wide
    for keys, width in reversed(levels):
        before = int(keys[beginning])
        codes.append(before // 2 % width - OFFSET)
        beginning = before // 2 // width
    return tuple(reversed(codes))


def _counts(keys: NDArray[Any]) -> tuple[Int64, Int64]:
    """The numbers that stand in `keys`, ascending, and how often."""
    if len(keys) and int(keys.max()) < MOST_CELLS:
        every = np.bincount(keys)
        found = np.flatnonzero(every)
        return found, every[found]
    return np.unique(keys, return_counts=True)


def _commonest(keys: NDArray[Any], most: int) -> list[tuple[int, int]]:
    """The most frequent numbers, those as frequent as the last of them too, and how often each stands there."""
    found, many = _counts(keys)
    if len(many) > most:
        kept = many >= np.partition(many, len(many) - most)[len(many) - most]
        found, many = found[kept], many[kept]
    # Where no journey is made twice, any of the millions would be as common as another: the lowest codes will do.
    order = np.lexsort((found, -many))[: 10 * most]
    return list(zip(found[order].tolist(), many[order].tolist(), strict=True))


def _kept(keys: NDArray[Any], least: int) -> tuple[Int64, NDArray[Any]]:
    """The numbers that stand in `keys` at least so often, and each key's place among them, -1 for none."""
    found, many = _counts(keys)
    common = found[many >= least]
    if len(keys) and int(keys.max()) < MOST_CELLS:
        table = np.full(int(keys.max()) + 1, -1, dtype=np.int32)
        table[common] = np.arange(len(common))
        return common, table[keys]
    place = np.minimum(np.searchsorted(common, keys), max(len(common) - 1, 0))
    fits = common[place] == keys if len(common) else np.zeros(len(keys), dtype=np.bool_)
    return common, np.where(fits, place, -1)


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """The chosen entries of all walks as one sequence."""

    walks: Sequence[Walks]
    entries: Sequence[Int64]

    @property
    def size(self) -> int:
        return sum(map(len, self.entries))

    def read(self, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """What the arrays, one a part, hold for the entries."""
        found = [
            array if len(which) == len(array) else array[which]
            for array, which in zip(arrays, self.entries, strict=True)
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def column(self, at: int) -> NDArray[Any]:
        return self.read([one.journey[at] for one in self.walks])

    def median(self, numbers: NDArray[Any]) -> float | None:
        """The median of the seconds of those entries (ascending numbers within the sequence) that have any."""
        cuts = np.searchsorted(numbers, np.cumsum([0, *map(len, self.entries)]))
        offset, took = 0, []
        for at, (one, which) in enumerate(zip(self.walks, self.entries, strict=True)):
            took.append(one.seconds(which[numbers[cuts[at] : cuts[at + 1]] - offset]))
            offset += len(which)
        return _median(took)
