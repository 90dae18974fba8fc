"""The commonest whole journeys: the same places one after the other, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.core.errors import UserError
from collector.journeys.part import Bool, Float64
from collector.reports.paths.walk import NONE, OFFSET, Walks

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


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


def commonest(walks: Sequence[Walks], masks: Sequence[Bool], most: int) -> list[Ranked]:
    """The journeys that most of the masked walks are, those of one number by their codes.

    Journeys are told apart by 64 bits made from their places, and then counted place by place.
    """
    marks = [_marks(one)[mask] for one, mask in zip(walks, masks, strict=True)]
    ordered = np.sort(np.concatenate(marks)) if marks else np.empty(0, dtype=np.uint64)
    if not len(ordered):
        return []
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(begins, len(ordered)))
    # Those as common as the last that is shown are looked at too: which of them is shown is for their codes to say.
    least = np.partition(counts, len(counts) - most)[len(counts) - most] if len(counts) > most else 1
    common = np.flatnonzero(counts > least)
    edge = np.flatnonzero(counts == least)
    chosen = ordered[begins[np.concatenate((common, edge[: max(4 * most, 100)]))]]
    return _counted(walks, masks, marks, np.sort(chosen), most)


def _marks(one: Walks) -> NDArray[np.uint64]:
    mark = one.longer.astype(np.uint64)
    for column in one.journey:
        mark *= _FACTOR
        mark += (column + OFFSET).astype(np.uint64)
        mark ^= mark >> np.uint64(31)
    return mark


def _counted(
    walks: Sequence[Walks],
    masks: Sequence[Bool],
    marks: Sequence[NDArray[np.uint64]],
    chosen: NDArray[np.uint64],
    most: int,
) -> list[Ranked]:
    """The journeys behind the marks, counted by their places: marks that are the same by chance do not count."""
    spelled: dict[int, list[int]] = {}
    groups, took = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.float64)]
    for one, mask, own in zip(walks, masks, marks, strict=True):
        place = np.minimum(np.searchsorted(chosen, own), len(chosen) - 1)
        fits = chosen[place] == own
        group, entry = place[fits], np.flatnonzero(mask)[fits]
        for number, first in zip(*np.unique(group, return_index=True), strict=True):
            spelled.setdefault(int(number), _spelling(one, int(entry[first])))
        meant = np.array([spelled.get(number, [NONE] * (len(one.journey) + 1)) for number in range(len(chosen))])
        same = one.longer[entry] == meant[group, -1]
        for at, column in enumerate(one.journey):
            same &= column[entry] == meant[group, at]
        groups.append(group[same])
        took.append(one.seconds[entry[same]])
    every, seconds = np.concatenate(groups), np.concatenate(took)
    counts = np.bincount(every, minlength=len(chosen))
    found = [(-int(counts[number]), _journey(codes), number) for number, codes in spelled.items()]
    found.sort(key=lambda row: (row[0], row[1].codes, row[1].longer))
    return [Ranked(journey, -count, _median(seconds[every == number])) for count, journey, number in found[:most]]


def _spelling(one: Walks, entry: int) -> list[int]:
    return [*(int(column[entry]) for column in one.journey), int(one.longer[entry])]


def _journey(spelling: Sequence[int]) -> Journey:
    codes = list(spelling[:-1])
    while codes and codes[-1] == NONE:
        codes.pop()
    return Journey(tuple(codes), bool(spelling[-1]))


def _median(seconds: Float64) -> float | None:
    known = seconds[~np.isnan(seconds)]
    return float(np.median(known)) if len(known) else None
