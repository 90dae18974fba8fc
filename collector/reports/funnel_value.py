"""What a funnel's greatest drop may have cost, where a later step carries a value. An estimate, and named so."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.counted import people
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link, values_of
from collector.reports.stats import quantile


def lost_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block | None:
    """The value lost after step `step` (from 1); None where no later step carries one, or nobody dropped.

    The median value of the last step that carries one is taken for everybody who dropped: first as if each had come to
    that step, and then as if as many had as of those who did go on.
    """
    dropped = outcome.dropped[step - 1]
    for at in range(outcome.size - 1, step - 1, -1):
        carried = values_of(journeys, query, outcome, at)
        carried = carried[~np.isnan(carried)]
        middle = quantile(carried, 0.5)
        if middle is None or not dropped:
            continue
        rate = float((outcome.reach > at).sum() / (outcome.reach > step).sum())
        return Block(
            id="lost",
            kind="number",
            title=T("What the drop after step {step} may have cost", step=step),
            columns=(
                Column("dropped", T("Dropped"), "count"),
                Column("median_value", T("Median value"), "money", T("Of those who came to the step that carries it.")),
                Column("ceiling", T("If all had bought"), "money", T("Dropped times median value: it cannot be more.")),
                Column("rate", T("Rate of those who went on"), "ratio", T("To the step that carries the value.")),
                Column("estimate", T("If as many had as of the others"), "money", T("The one before times this rate.")),
            ),
            rows=[[dropped, middle, dropped * middle, rate, dropped * middle * rate]],
            links=[people_link(query, "dropped", step)],
            note=T(
                "An estimate: {people} times the median value of step {carrying}. Those who dropped may have "
                "wanted less.",
                people=people(dropped),
                carrying=at + 1,
            ),
        )
    return None
