"""Properties of events as codes of texts and as numbers, row by row."""

from __future__ import annotations

import numpy as np

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
    """For each row a property's value where it is a number, else NaN."""
    column = journeys.properties.column(part, name)
    known = [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for v in column.values]
    return np.array([*known, np.nan], dtype=np.float64)[column.code[rows]]
