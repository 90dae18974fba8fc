"""The numbers that a property has in events."""

from __future__ import annotations

import numpy as np

from collector.core.deadline import looking
from collector.core.number import number_in
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int32, Int64, Part


def numbers(journeys: Journeys, part: Part, name: str, rows: Int64 | Int32) -> Float64:
    """For each row a property's value where it is a number, or the text of one as files have it, else NaN."""
    column = journeys.properties.column(part, name)
    known = [np.nan if (found := number_in(value)) is None else found for value in looking(column.values)]
    return np.array([*known, np.nan], dtype=np.float64)[column.code[rows]]
