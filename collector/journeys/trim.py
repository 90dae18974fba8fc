"""Memory that questions needed for a moment, given back to the system."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


@cache
def _trimmer() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`, None where the C library has none."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found


def give_back() -> None:
    """Have the C library give free memory back to the system.

    By itself it keeps most of what arrays of up to 32 MiB took, for the next ones: hundreds of MiB after a large
    question. Taking it again costs a tenth of such a question's time, so that this is for when nothing is asked.
    """
    trim = _trimmer()
    if trim is not None:
        trim(0)
