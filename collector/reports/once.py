"""A property that is computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


class once(Generic[Found]):  # noqa: N801 - it is used like `property`
    """Like `functools.cached_property`, but without its lock, which until Python 3.12 is one for all instances.

    Values are kept in the instance's `__dict__`; two threads that ask at once may both compute.
    """

    def __init__(self, make: Callable[[Any], Found]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type | None = None) -> Found:
        if instance is None:
            return self  # type: ignore[return-value]
        found: Found = self._make(instance)
        instance.__dict__[self._name] = found
        return found
