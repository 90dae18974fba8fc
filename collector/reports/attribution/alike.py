"""Which paths have the same sequence of values."""

from __future__ import annotations

import numpy as np

from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Int64

_BITS, _TABLE = 63, 1 << 18


def alike(start: Int64, code: Int64) -> tuple[Int64, Int64]:
    """The sequence of values that each path has, and for each sequence a path that has it.

    Two sequences are the same only where paths are too long for their values to fit into a number.

    Args:
        start, code: as of `Runs`.
    """
    number, fits = _numbers(start, code)
    few, some, long = np.flatnonzero(number < _TABLE), np.flatnonzero(fits & (number >= _TABLE)), np.flatnonzero(~fits)
    sequence = np.empty(len(number), dtype=np.int64)
    # The least numbers, which are those of most paths, by a table; the others by sorting.
    met = np.zeros(_TABLE, dtype=np.bool_)
    met[number[few]] = True
    sequence[few] = (np.cumsum(met) - 1)[number[few]]
    example = np.empty(np.count_nonzero(met), dtype=np.int64)
    example[sequence[few]] = few
    bits = len(number).bit_length()
    packed = np.sort(number[some] << bits | some)
    path = packed & ((1 << bits) - 1)
    packed >>= bits
    fresh = np.ones(len(packed), dtype=np.bool_)
    fresh[1:] = packed[1:] != packed[:-1]
    sequence[path] = np.cumsum(fresh) - 1 + len(example)
    example = np.concatenate((example, path[fresh], long))
    sequence[long] = np.arange(len(example) - len(long), len(example))
    return sequence, example


def _numbers(start: Int64, code: Int64) -> tuple[Int64, Bool]:
    """For each path a number that tells its sequence from every other, and whether it fits beside the path's place."""
    length = np.diff(start)
    # The values from one on as digits, so that sequences of another length have another number.
    base, room = int(code.max(initial=0)) + 2, 1 << (_BITS - len(length).bit_length())
    worth = np.zeros(int(length.max(initial=0)), dtype=np.int64)
    most = 0
    while most < len(worth) and base ** (most + 1) <= room:
        worth[most] = base**most
        most += 1
    digits = worth[ranges(np.zeros_like(length), length)]
    digits *= code + 1
    number = np.zeros(len(length), dtype=np.int64)
    if len(digits):
        number[length > 0] = np.add.reduceat(digits, start[:-1][length > 0])
    fits = length <= most
    number[~fits] = _TABLE  # those that are too long are told by their place
    return number, fits
