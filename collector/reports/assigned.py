"""Who is in an arm of an experiment, also where a list said so: what people are in, not what they did."""

from __future__ import annotations

import numpy as np

from collector.core.deadline import looking
from collector.core.event import ASSIGNED
from collector.core.matcher import Matcher
from collector.journeys.journeys import Journeys
from collector.journeys.part import ASIDE, Hits, Int64, Part


def assigned(journeys: Journeys, part: Part, matcher: Matcher, include_bots: bool = False) -> Hits:
    """`Journeys.hits`; of a matcher that names assignments and nothing else, also those that are aside."""
    found = journeys.hits(part, matcher, include_bots)
    if matcher.subject != ASSIGNED.type or matcher.pattern != ASSIGNED.name:
        return found
    aside = aside_rows(part)
    if not len(aside):
        return found
    fits = np.ones(len(aside), dtype=np.bool_)
    for condition in matcher.conditions:
        column = journeys.properties.column(part, condition.key)
        passes = [*(condition.test(value) for value in looking(column.values)), condition.test(None, False)]
        fits &= np.array(passes, dtype=np.bool_)[column.code[aside]]
    rows = np.union1d(found.rows, aside[fits])
    return Hits(part.key[rows], rows)


def aside_rows(part: Part) -> Int64:
    """Rows that are no act of anybody (see `ASIDE`), ascending."""
    return part.memo.get("aside", lambda: np.flatnonzero(part.bot == ASIDE))
