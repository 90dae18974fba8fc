"""Work on several pieces at a time: numpy lets go of the interpreter's lock while it searches and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from collector.core.deadline import check

THREADS = 2  # of one question, so that others are answered beside it
Piece = TypeVar("Piece")
Found = TypeVar("Found")


def each(work: Callable[[Piece], Found], pieces: Sequence[Piece]) -> list[Found]:
    """What `work` makes of each piece, in their order; ends between two of them where nobody waits any longer."""
    if len(pieces) == 1:
        return [work(pieces[0])]
    found = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for one in pool.map(work, pieces):
                check()
                found.append(one)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # leaving it would wait for all that are still to come
    return found
