"""Answers remembered for texts that come again; long ones come once, and anybody may send as many as they like."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
# Addresses of pages with the parameters of a campaign are shorter.
LONGEST = 512


def remembered(many: int) -> Callable[[Callable[Concatenate[str, P], R]], Callable[Concatenate[str, P], R]]:
    """Remember what a function of a text said about the last `many` texts, of `LONGEST` characters at most."""

    def decorate(function: Callable[Concatenate[str, P], R]) -> Callable[Concatenate[str, P], R]:
        known = lru_cache(maxsize=many)(function)

        @wraps(function)
        def ask(text: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return known(text, *args, **kwargs) if len(text) <= LONGEST else function(text, *args, **kwargs)  # type: ignore[arg-type]

        return ask

    return decorate
