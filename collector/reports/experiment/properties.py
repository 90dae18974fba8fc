"""Properties of events as codes of texts and as numbers, row by row."""

from __future__ import annotations

import numpy as np

from collector.core.event import Json
from collector.core.matcher import cell_text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64, Part


def texts(journeys: Journeys, part: Part, rows: Int64, name: str) -> tuple[Int64, list[str]]:
    """For each row the code of a property's value as text, and the texts; none is the empty text."""
    column = journeys.properties.column(part, name)
    texts = [cell_text(value).strip() for value in column.values] + [""]
    names = sorted(set(texts))
    place = {text: at for at, text in enumerate(names)}
    lookup = np.array([place[text] for text in texts], dtype=np.int64)
    return lookup[column.code[rows]], names


def numbers(journeys: Journeys, part: Part, name: str, rows: Int64) -> Float64:
    """For each row a property's value where it is a number, or the text of one as files have it, else NaN."""
    column = journeys.properties.column(part, name)
    known = [_number(value) for value in column.values]
    return np.array([*known, np.nan], dtype=np.float64)[column.code[rows]]


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return np.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return np.nan
    return found if np.isfinite(found) else np.nan
