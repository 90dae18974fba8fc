"""Paths as sequences: which are the commonest, and how one is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from collector.core.errors import UserError
from collector.journeys.part import Bool, Int16, Int64
from collector.reports.attribution.answer import Answer
from collector.reports.attribution.paths import NO_RUNS, Runs
from collector.reports.named import NO_TOUCH
from collector.reports.threads import each

MOST_TOUCHES = 10
ARROW, MORE = " → ", "…"
_NOTHING = -1
_MOST, _BITS = 2**62, 63


@dataclass(frozen=True, slots=True)
class Path:
    """A path's last touches in order, as codes; `longer` where there were others before them."""

    codes: tuple[int, ...]
    longer: bool


def table(runs: Runs) -> Int16:
    """A row a path: its last touches from the last one back, -1 where there are no more; then whether it is longer."""
    length = runs.length
    rows = np.full((len(length), MOST_TOUCHES + 1), _NOTHING, dtype=np.int16, order="F")
    there = np.arange(len(length))
    for back in range(MOST_TOUCHES):
        there = there[length[there] > back]
        rows[there, back] = runs.code[runs.start[there + 1] - 1 - back]
    rows[:, MOST_TOUCHES] = length > MOST_TOUCHES
    return rows


def tables(pieces: Sequence[Runs]) -> Int16:
    """The same of several, one behind the other."""
    return np.concatenate(each(table, pieces) or [table(NO_RUNS)])


def numbered(rows: Int16) -> Int64:
    """A number for each row of `table`: the same for the same row and for no other."""
    base = int(rows.max(initial=_NOTHING)) + 2
    number, room = np.zeros(len(rows), dtype=np.int64), 1
    for column in range(rows.shape[1]):
        if room * base > _MOST:
            # Digits of one number until it is full; then the numbers there are make place by being counted up.
            _, number = np.unique(number, return_inverse=True)
            room = len(rows)
        number *= base
        number += rows[:, column]
        number += 1
        room *= base
    return number


def commonest(numbers: Int64, many: Int64, most: int) -> tuple[Int64, Int64, int]:
    """The numbers that count most, those of one count ascending; how often each does; how many different there are.

    Args:
        many: how often each entry counts.
    """
    different, counts = _counted(numbers, many)
    least = np.partition(counts, len(counts) - most)[len(counts) - most] if len(counts) > most else 0
    candidates = np.flatnonzero(counts >= least)
    top = candidates[np.argsort(-counts[candidates], kind="stable")[:most]]
    return different[top], counts[top], len(different)


def _counted(numbers: Int64, many: Int64) -> tuple[Int64, Int64]:
    """The different numbers, ascending, and how often each counts."""
    if not len(numbers):
        return numbers, many
    bits = int(many.max()).bit_length()
    if int(numbers.max()).bit_length() + bits < _BITS:
        # Sorted with what it counts in its last bits: numbers alone are sorted several times faster than their order.
        packed = np.sort(numbers << bits | many)
        ordered, weights = packed >> bits, packed & ((1 << bits) - 1)
    else:
        order = np.argsort(numbers)
        ordered, weights = numbers[order], many[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[first], np.add.reduceat(weights, first)


def sequence(row: Int16) -> Path:
    """The sequence of a row of `table`."""
    codes = [code for code in row[:MOST_TOUCHES].tolist() if code != _NOTHING]
    return Path(tuple(reversed(codes)), bool(row[MOST_TOUCHES]))


def fits(runs: Runs, wanted: Path) -> Bool:
    """Which paths end so."""
    codes = tuple(reversed(wanted.codes))
    row = [*codes, *[_NOTHING] * (MOST_TOUCHES - len(codes)), int(wanted.longer)]
    found: Bool = (table(runs) == np.array(row)).all(axis=1)
    return found


def written(answer: Answer, found: Path) -> str:
    """A sequence for people: the same several times in a row is written once with how often."""
    if not found.codes:
        return NO_TOUCH
    told = [MORE] if found.longer else []
    for code, again in groupby(found.codes):
        many = len(list(again))
        name = str(answer.called(answer.paths.values[code]))
        told.append(name if many == 1 else f"{name} ×{many}")
    return ARROW.join(told)


def argument(answer: Answer, found: Path) -> str:
    """A sequence as an argument that finds it again in another state of the view."""
    names: list[str | None] = [answer.paths.values[code] for code in found.codes]
    return json.dumps([None, *names] if found.longer else names, ensure_ascii=False)


def read(answer: Answer, text: str) -> Path:
    """The sequence that an argument names.

    Raises:
        UserError: it is none, or holds values that are not met here.
    """
    wrong = UserError("There is no such path.", "Use the link of one in the list of paths.")
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(names, list):
        raise wrong
    longer = bool(names) and names[0] is None
    codes = [_code(answer.paths.values, name) for name in (names[1:] if longer else names)]
    if len(codes) > MOST_TOUCHES or _NOTHING in codes:
        raise wrong
    return Path(tuple(codes), longer)


def _code(values: Sequence[str], name: object) -> int:
    return values.index(name) if isinstance(name, str) and name in values else _NOTHING
