"""Cells of a table of costs as people and ad platforms write them."""

from __future__ import annotations

import re
from datetime import date

from collector.core.source import CHANNELS

_MOST_COST = 1e12
_CURRENCY = re.compile(r"[A-Z]{3}")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")


def iso_day(text: str) -> str:
    """A day written 2026-01-31, 20260131 or 31.01.2026, as ISO; a ValueError where it is none."""
    try:
        for pattern, order in ((_COMPACT, (1, 2, 3)), (_DOTTED, (3, 2, 1))):
            parts = pattern.fullmatch(text)
            if parts:
                return date(*(int(parts[at]) for at in order)).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is not a day like 2026-01-31") from None


def cost_of(text: str) -> float:
    """A cost as people write it: 1234.5, 1,234.50, 1.234,50, 12,5, € 12.50.

    Raises:
        ValueError: it is no number, or less than nothing.
    """
    plain = _SPACES.sub("", text).strip("€$£¥")
    if "," in plain and "." in plain:
        # Of the two the last one is the decimal point.
        thousands = "," if plain.rindex(",") < plain.rindex(".") else "."
        plain = plain.replace(thousands, "").replace(",", ".")
    elif plain.count(",") == 1 and len(plain) - plain.index(",") != 4:
        plain = plain.replace(",", ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        number = float(plain.replace(",", "") if plain.isascii() and "_" not in plain else "no")
    except ValueError:
        raise ValueError(f"{text!r} is not a cost") from None
    if not 0 <= number <= _MOST_COST:
        raise ValueError(f"{text!r} is not a cost")
    return number


def channel_of(text: str) -> str:
    """A channel in either way of writing it, "" for none; a ValueError where there is no such."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name and name not in CHANNELS:
        raise ValueError(f"{text!r} is not a channel ({', '.join(CHANNELS)})")
    return name


def currency_of(text: str) -> str:
    """A currency's code in capitals; a ValueError where it is none."""
    if not _CURRENCY.fullmatch(text.strip().upper()):
        raise ValueError(f"{text!r} is not a currency like EUR")
    return text.strip().upper()
