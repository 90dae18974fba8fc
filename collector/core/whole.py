"""Whole numbers as addresses and forms spell them."""

from __future__ import annotations

# Python refuses to read the longest, and no id of a database is longer.
_DIGITS = 18


def whole(text: str) -> int | None:
    """The number that `text` is the digits of; None for everything else, and for more digits than any id has."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
