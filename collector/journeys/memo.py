"""Answers worth keeping: a small cache bounded by the bytes of the arrays in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TypeVar, cast

import numpy as np

Found = TypeVar("Found")
BUDGET = 256 * 2**20


def _bytes(value: object) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, tuple | list):
        return 64 + sum(_bytes(item) for item in value[:64])
    return 64


class Memo:
    """Remembers what was computed under a key, and forgets what was used longest ago once `budget` bytes are full.

    Safe for threads; two that miss at the same time both compute, and the later answer stays.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._used = 0
        self._lock = Lock()
        self._kept: OrderedDict[object, tuple[object, int]] = OrderedDict()

    def get(self, key: object, make: Callable[[], Found]) -> Found:
        """What is remembered under `key`, else what `make` returns."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(Found, self._kept[key][0])
        made = make()
        size = _bytes(made)
        with self._lock:
            before = self._kept.pop(key, None)
            self._used += size - (before[1] if before else 0)
            self._kept[key] = (made, size)
            while self._used > self._budget and len(self._kept) > 1:
                _, (_, freed) = self._kept.popitem(last=False)
                self._used -= freed
        return made
