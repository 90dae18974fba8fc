"""JSON hygiene: values that every store can hold and every reader can parse (REQUIREMENTS C2.6, C2.7)."""

from __future__ import annotations

import re

from collector.core.event import Json
from collector.ingest.url import MASK, mask_cards

MAX_DEPTH = 20
MAX_KEYS = 255
MAX_KEY = 200
MAX_VALUE = 8_192
_INT64 = 2**63
_CARD_LEAST = 10**13
_SURROGATE = re.compile("[\ud800-\udfff]")


class TooDeepError(ValueError):
    """Nested further than `MAX_DEPTH`."""


def clean_text(text: str, limit: int) -> str:
    """`text` without NUL and lone surrogates, at most `limit` characters."""
    if len(text) > limit:
        text = text[:limit]
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def clean_scalar(value: object, limit: int) -> str:
    """A field that must be text: text as is, a number spelled, anything else empty."""
    if isinstance(value, str):
        return clean_text(value, limit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        return str(value)[:limit]
    except ValueError:  # an integer of more digits than Python spells
        return ""


def _clean_number(value: int | float) -> Json:
    if isinstance(value, int):
        if -_INT64 <= value < _INT64:
            return value
        try:
            return str(value)
        except ValueError:
            return None
    return value if value - value == 0 else None  # infinity and NaN have no JSON


def clean_json(value: object, depth: int = 1) -> tuple[Json, bool]:
    """(a storable copy of `value`, whether something was cut).

    Raises:
        TooDeepError: nested deeper than `MAX_DEPTH`.
    """
    if value is None or isinstance(value, bool):
        return value, False
    if isinstance(value, str):
        return mask_cards(clean_text(value, MAX_VALUE)), len(value) > MAX_VALUE
    if isinstance(value, int | float):
        number = _clean_number(value)
        if isinstance(number, int) and number > _CARD_LEAST and mask_cards(str(number)) == MASK:
            return MASK, False
        return number, False
    if depth > MAX_DEPTH:
        raise TooDeepError
    if isinstance(value, dict):
        cut = len(value) > MAX_KEYS
        cleaned: dict[str, Json] = {}
        for key, item in list(value.items())[:MAX_KEYS]:
            kept, shortened = clean_json(item, depth + 1)
            cleaned[clean_text(str(key), MAX_KEY)] = kept
            cut = cut or shortened or len(key) > MAX_KEY
        return cleaned, cut
    if isinstance(value, list):
        items = [clean_json(item, depth + 1) for item in value[: MAX_KEYS * 4]]
        return [item for item, _ in items], len(value) > MAX_KEYS * 4 or any(shortened for _, shortened in items)
    return None, True
