"""What to say where a property is asked to be summed and no event of the goal carries a number in it."""

from __future__ import annotations

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.breakdowns import instead_of
from collector.reports.numbers import numbers


def unpriced(journeys: Journeys, query: Query, goal: Matcher) -> list[Text]:
    """Why no money is told though the question names a property in `value`; nothing where the goal carries it."""
    name = query.values.get("value")
    if not isinstance(name, str) or not name:
        return []
    for part in journeys.each():
        if np.isfinite(numbers(journeys, part, name, journeys.rows(part, goal, query.include_bots))).any():
            return []
    told = T("No event of the goal carries a number in the property {name}, so that no money is told.", name=name)
    return [told, *instead_of(journeys, name)]
