"""Which paths have the same sequence of values."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Int64

_BITS = 63


def alike(start: Int64, code: Int64) -> tuple[Int64, Int64]:
    """The sequence of values that each path has, and for each sequence a path that has it.

    Two sequences are the same only where paths are too long for their values to fit into a number.

    Args:
        start, code: as of `Runs`.
    """
    length = np.diff(start)
    # The values from one on as digits, so that sequences of another length have another number; then the path's place.
    base, bits = int(code.max(initial=0)) + 2, len(length).bit_length()
    worth = np.zeros(int(length.max(initial=0)), dtype=np.int64)
    most = 0
    while most < len(worth) and base ** (most + 1) <= 1 << (_BITS - bits):
        worth[most] = base**most
        most += 1
    place = np.arange(len(code))
    place -= np.repeat(start[:-1], length)
    digits = worth[place]
    digits *= code + 1
    number = np.zeros(len(length), dtype=np.int64)
    if len(digits):
        number[length > 0] = np.add.reduceat(digits, start[:-1][length > 0])
    short, long = np.flatnonzero(length <= most), np.flatnonzero(length > most)
    packed = np.sort(number[short] << bits | short)
    path = packed & ((1 << bits) - 1)
    packed >>= bits
    fresh = np.ones(len(packed), dtype=np.bool_)
    fresh[1:] = packed[1:] != packed[:-1]
    example = np.concatenate((path[fresh], long))
    sequence = np.empty(len(length), dtype=np.int64)
    sequence[path] = np.cumsum(fresh) - 1
    sequence[long] = np.arange(len(example) - len(long), len(example))
    return sequence, example
