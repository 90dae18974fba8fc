"""Flags in an address: one without a text says yes, on every page as in its twins."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from collector.core.errors import UserError
from collector.core.query import flag_set


def is_set(given: Mapping[str, Sequence[str]], name: str) -> bool:
    """Whether a flag says yes, as the question reads it; one that says neither yes nor no is not set."""
    try:
        return flag_set(given, name)
    except UserError:
        return False


def written(pairs: Sequence[tuple[str, str]], flags: Container[str]) -> list[tuple[str, str]]:
    """The pairs without blanks; a bare one of `flags` is written out, as it says yes."""
    full = [(name, text.strip() or ("1" if name in flags else "")) for name, text in pairs]
    return [pair for pair in full if pair[1]]
