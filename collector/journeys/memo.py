"""Answers worth keeping: caches that share one bound on the bytes of what they hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import count
from threading import Lock
from typing import TypeVar, cast, overload
from weakref import WeakSet

import numpy as np

from collector.journeys.room import room_for_memory

Found = TypeVar("Found")
BUDGET = 256 * 2**20
# What one question of each report leaves takes 51 bytes a row of the benchmarks' sites of 10 and of 30 million events.
# With half of that, half of the work of asking them all again was making again what the others had pushed out.
ROW = 56
# What a Python object takes at least, and how many of a long list are looked at: its others are taken to be like them.
_OBJECT, _LOOKED_AT = 64, 64


def size_of(value: object) -> int:
    """Bytes that a value keeps in memory, about: its arrays once each and whole, but for those mapped from a file."""
    return _size(value, set())


def _size(value: object, seen: set[int]) -> int:
    if isinstance(value, np.ndarray):
        return _array(value, seen)
    if isinstance(value, str | bytes):
        return _OBJECT + len(value)
    if isinstance(value, Mapping):
        return _OBJECT + _items(list(value.keys()), seen) + _items(list(value.values()), seen)
    if isinstance(value, Sequence | set | frozenset):
        return _OBJECT + _items(value if isinstance(value, Sequence) else list(value), seen)
    if is_dataclass(value) and not isinstance(value, type):
        return _OBJECT + sum(_size(getattr(value, field.name), seen) for field in fields(value))
    return _OBJECT


def _items(values: Sequence[object], seen: set[int]) -> int:
    looked_at = values[:_LOOKED_AT]
    found = sum(_size(value, seen) for value in looked_at)
    return found if len(values) <= _LOOKED_AT else found * len(values) // _LOOKED_AT


def _array(array: object, seen: set[int]) -> int:
    """A slice keeps the whole array alive that it is a slice of."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    if not isinstance(array, np.ndarray) or id(array) in seen:
        return 0
    seen.add(id(array))
    return array.nbytes


class Budget:
    """The bytes that some memos may hold together: beyond them what was used longest ago is forgotten.

    The latest answer stays even where it is too great by itself. Safe for threads.

    Args:
        most: those bytes.
        limit: up to which they grow with the largest site.
    """

    def __init__(self, most: int = BUDGET, limit: int = 0) -> None:
        self.most, self.limit = most, limit
        self.lock = Lock()
        self._memos: WeakSet[Memo] = WeakSet()
        self._turns = count()

    @property
    def used(self) -> int:
        """The bytes of all that is remembered now."""
        with self.lock:
            return self._used()

    def serve(self, rows: int) -> None:
        """Have room for what questions to a site of so many rows leave to the next ones, as far as the limit allows."""
        self.most = max(self.most, min(rows * ROW, self.limit))

    def join(self, memo: Memo) -> None:
        """Have a memo share the budget, for as long as somebody else knows it."""
        with self.lock:
            self._memos.add(memo)

    def turn(self) -> int:
        """A number greater than all before it, which tells what was used when."""
        return next(self._turns)

    def cut(self) -> None:
        """Forget what is too much; to be called under the lock."""
        over = self._used() - self.most
        while over > 0:
            holding = [memo for memo in self._memos if len(memo)]
            if sum(map(len, holding)) < 2:
                return
            over -= min(holding, key=lambda memo: memo.oldest).forget()

    def _used(self) -> int:
        return sum(memo.used for memo in self._memos)


# What the reports of one process remember together.
PROCESS = Budget()


def allow(most: int, workers: int) -> None:
    """Set what this process remembers: `most` bytes, or with 0 what its sites need and one of `workers` may take."""
    limit = most or room_for_memory(workers)
    PROCESS.most, PROCESS.limit = min(most or BUDGET, limit), limit


class Memo:
    """Remembers what was computed under a key, as long as the budget that it shares allows.

    Whoever asks must be able to compute it again. Safe for threads; two that miss at the same time both compute, and
    the later answer stays.
    """

    def __init__(self, budget: Budget = PROCESS) -> None:
        self.used = 0
        self._budget = budget
        self._kept: OrderedDict[object, tuple[object, int, int]] = OrderedDict()
        budget.join(self)

    @overload
    def get(self, key: object) -> object: ...

    @overload
    def get(self, key: object, make: Callable[[], Found]) -> Found: ...

    def get(self, key: object, make: Callable[[], Found] | None = None) -> Found | None:
        """What is remembered under `key`, else what `make` returns; None where there is neither."""
        with self._budget.lock:
            if key in self._kept:
                found, size, _ = self._kept.pop(key)
                self._kept[key] = found, size, self._budget.turn()
                return cast(Found, found)
        if make is None:
            return None
        made = make()
        self[key] = made
        return made

    def __setitem__(self, key: object, made: object) -> None:
        size = size_of(made)
        with self._budget.lock:
            before = self._kept.pop(key, None)
            self._kept[key] = made, size, self._budget.turn()
            self.used += size - (before[1] if before else 0)
            self._budget.cut()

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def oldest(self) -> int:
        """The turn in which that was used which was used longest ago."""
        return next(iter(self._kept.values()))[2]

    def forget(self) -> int:
        """Forget what was used longest ago, under the budget's lock; its bytes."""
        _, (_, size, _) = self._kept.popitem(last=False)
        self.used -= size
        return size
