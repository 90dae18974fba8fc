"""Properties of events as codes of texts, row by row."""

from __future__ import annotations

import numpy as np

from collector.core.matcher import cell_text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part


def texts(journeys: Journeys, part: Part, rows: Int64, name: str) -> tuple[Int64, list[str]]:
    """For each row the code of a property's value as text, and the texts; none is the empty text."""
    column = journeys.properties.column(part, name)
    texts = [cell_text(value).strip() for value in column.values] + [""]
    names = sorted(set(texts))
    place = {text: at for at, text in enumerate(names)}
    lookup = np.array([place[text] for text in texts], dtype=np.int64)
    return lookup[column.code[rows]], names
