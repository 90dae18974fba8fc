"""Numbers as properties of events hold them: as numbers, or as the text of one."""

from __future__ import annotations

from math import isfinite

from collector.core.event import Json


def number_in(cell: Json) -> float | None:
    """The number that `cell` is or spells, None for anything else and for what is not finite."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        found = float(cell)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None
