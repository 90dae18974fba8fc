"""The numbers that a property has in events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from collector.core.deadline import looking
from collector.core.number import number_in
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int32, Int64, Part


def numbers_of(journeys: Journeys, part: Part, name: str) -> Callable[[Int64 | Int32], Float64]:
    """A look-up by rows of the part: a property's value where it is a number, or the text of one, else NaN."""
    column = journeys.properties.column(part, name)
    known = [np.nan if (found := number_in(value)) is None else found for value in looking(column.values)]
    by_code = np.array([*known, np.nan], dtype=np.float64)
    return lambda rows: by_code[column.code[rows]]


def numbers(journeys: Journeys, part: Part, name: str, rows: Int64 | Int32) -> Float64:
    """The same of these rows."""
    return numbers_of(journeys, part, name)(rows)
