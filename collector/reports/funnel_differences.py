"""How those who went on from a step of a funnel differ from those who dropped: where they came from, and on what."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64
from collector.reports.funnel_next import step_of
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import NONE, people_link
from collector.reports.stats import chi_squared, difference, holm

MOST_DIFFERENCES = 12
LEAST_PEOPLE = 10
COMPARED = ("channel", "source", "device", "landing")


def differences_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """Which sources, devices, landing pages and pages of the step went on from `step` more or less often than others.

    Two-sided chi-squared tests, corrected for their number by Holm's method; the open are in neither group.
    """
    settled = outcome.settled(step)
    went = outcome.reach[settled] > step
    found: list[tuple[str, str, int, int]] = []
    for name in (*COMPARED, "page", *((query.by,) if query.by and query.by not in (*COMPARED, "page") else ())):
        codes, texts = _values(journeys, outcome, step, settled, name)
        people = np.bincount(codes, minlength=len(texts))
        on = np.bincount(codes[went], minlength=len(texts))
        enough = (people >= LEAST_PEOPLE) & (len(settled) - people >= LEAST_PEOPLE)
        found += [(name, texts[code] or NONE, int(people[code]), int(on[code])) for code in np.flatnonzero(enough)]
    rows = _compared(found, len(settled), int(went.sum()))
    subsets = [f"is:{step}:{row[0]}:{row[1]}" for row in rows]
    return Block(
        id="differences",
        kind="table",
        title=T("Who goes on from step {step}, and who drops", step=step),
        columns=(
            Column("property", T("Property"), "label"),
            Column("value", T("Value"), "text"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("went_on", T("Went on"), "ratio"),
            Column("others", T("Others"), "ratio", T("How many of all the others went on.")),
            Column("difference", T("Difference"), "points"),
            Column("low", T("Low"), "points", T("Lower end of the 95 % interval of the difference (Newcombe).")),
            Column("high", T("High"), "points", T("Upper end of the 95 % interval of the difference (Newcombe).")),
            Column("p_value", T("p"), "number", T("Chi-squared test, corrected for the number of rows (Holm).")),
        ),
        rows=rows,
        draw={
            "x": "value",
            "y": "difference",
            "low": "low",
            "high": "high",
            "cell_links": {"went_on": [people_link(query, "reached", step + 1, subset=one) for one in subsets]},
        },
        links=[people_link(query, "reached", step, subset=one) for one in subsets],
        note=T("A difference is not a cause: see Impact for what a thing changed."),
        empty=T("Too few people to compare."),
    )


def _values(journeys: Journeys, outcome: Outcome, step: int, settled: Int64, name: str) -> tuple[Int64, list[str]]:
    """What is compared: of the first step's session, or of the event that filled the step."""
    rows = outcome.rows(0 if name in COMPARED else step - 1, settled)
    return outcome.texts(journeys, settled, rows, name)


def who_is(journeys: Journeys, outcome: Outcome, text: str) -> Int64:
    """The entrants of a row of the differences, as its link names it: `STEP:PROPERTY:VALUE`."""
    number, name, value = text.split(":", 2)
    step = step_of(number, outcome)
    settled = outcome.settled(step)
    codes, texts = _values(journeys, outcome, step, settled, name)
    wanted = [code for code, one in enumerate(texts) if (one or NONE) == value]
    return settled[np.isin(codes, wanted)]


def _compared(found: list[tuple[str, str, int, int]], everyone: int, went: int) -> list[list[Cell]]:
    if not found:
        return []
    people = np.array([row[2] for row in found], dtype=np.float64)
    on = np.array([row[3] for row in found], dtype=np.float64)
    rest, rest_on = everyone - people, went - on
    apart, low, high = difference(on, people, rest_on, rest)
    p_values = holm(chi_squared(on, people, rest_on, rest))
    order = np.lexsort((-np.abs(apart), np.nan_to_num(p_values, nan=2.0)))[:MOST_DIFFERENCES]
    return [
        [
            *found[at][:3],
            float(on[at] / people[at]),
            float(rest_on[at] / rest[at]),
            float(apart[at]),
            float(low[at]),
            float(high[at]),
            _number(p_values, at),
        ]
        for at in order.tolist()
    ]


def _number(values: Float64, at: int) -> float | None:
    return None if np.isnan(values[at]) else float(values[at])
