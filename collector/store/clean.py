"""Text and JSON as both engines can hold them. Ingest cleans first; this is the last line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from json import JSONEncoder

from collector.core.event import Json

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def clean_text(text: str) -> str:
    """`text` without NUL (Postgres refuses it) and without lone surrogates (no engine can encode them)."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _clean(cell: Json) -> Json:
    if isinstance(cell, str):
        return clean_text(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if isinstance(cell, list):
        return [_clean(part) for part in cell]
    if isinstance(cell, dict):
        return {clean_text(name): _clean(part) for name, part in cell.items()}
    return cell


def json_text(document: Mapping[str, Json]) -> str:
    """`document` as compact JSON text. NaN and infinities become null, NUL and lone surrogates go."""
    plain = dict(document)
    try:
        text = _encode(plain)
    except ValueError:
        return _encode(_clean(plain))
    if "\\u0000" in text or (not text.isascii() and clean_text(text) != text):
        return _encode(_clean(plain))
    return text


def json_key(name: str) -> str:
    """How `json_text` writes the member name `name`: a fast filter, to be confirmed on the parsed document."""
    return _encode(clean_text(name)) + ":"


def json_document(text: str | None) -> dict[str, Json]:
    """The object that `json_text` wrote; nothing stored is the empty one."""
    document: dict[str, Json] = json.loads(text) if text else {}
    return document
