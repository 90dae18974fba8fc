"""The funnel's bars: people, rates, times and value a step, and the same by a breakdown."""

from __future__ import annotations

from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.funnel_chain import Rows
from collector.reports.funnel_outcome import Outcome
from collector.reports.named import OTHER, named
from collector.reports.numbers import numbers
from collector.reports.stats import wilson

MOST_GROUPS = 20

_RATES = (
    Column("step_rate", T("From previous step"), "ratio"),
    Column("total_rate", T("From first step"), "ratio"),
)
INTERVAL = (
    Column("low", T("Low"), "ratio", T("Lower end of the 95 % interval of the rate from the first step (Wilson).")),
    Column("high", T("High"), "ratio", T("Upper end of the 95 % interval of the rate from the first step (Wilson).")),
)


def step_names(outcome: Outcome) -> list[str]:
    """The steps as people read them. In any order, step n is to have done any n of them."""
    if outcome.plan.order == "any":
        together = ", ".join(map(str, outcome.plan.steps))
        return [f"{number} of: {together}" for number in range(1, outcome.size + 1)]
    return list(map(str, outcome.plan.steps))


def people_link(
    query: Query, which: str, step: int, group: str | None = None, subset: str | None = None
) -> tuple[tuple[str, str], ...]:
    """The arguments of the list of people behind a number, of one group of the breakdown or a subset where named."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in ("people", "at", "group", "subset"))
    named = (*(() if group is None else (("group", group),)), *(() if subset is None else (("subset", subset),)))
    return (*kept, ("people", which), ("at", str(step)), *named)


def share(part: float, whole: float) -> float | None:
    """A ratio, None where there is nothing to divide by."""
    return float(part / whole) if whole else None


def counts_by_step(reach: NDArray[np.int8], size: int) -> list[int]:
    """How many got to each step or further."""
    exactly = np.bincount(reach, minlength=size + 1)
    return [int(number) for number in np.cumsum(exactly[::-1])[::-1][1:]]


def steps_block(journeys: Journeys, query: Query, outcome: Outcome) -> Block:
    """One row a step; every number is the length of a list of people."""
    size = outcome.size
    people = counts_by_step(outcome.reach, size)
    low, high = wilson(people, [people[0]] * size)
    rows: list[list[Cell]] = []
    for at, name in enumerate(step_names(outcome)):
        half, most = _quantiles(outcome, at)
        value = _value(journeys, query, outcome, at)
        rows.append(
            [
                at + 1,
                name,
                people[at],
                (1.0 if people[0] else None) if at == 0 else share(people[at], people[at - 1]),
                share(people[at], people[0]),
                outcome.dropped[at],
                len(outcome.people("open", at + 1)),
                half,
                most,
                number(low[at]),
                number(high[at]),
                value,
                None if value is None else share(value, people[0]),
            ]
        )
    every = range(1, size + 1)
    return Block(
        id="steps",
        kind="bars",
        title=T("Steps"),
        columns=(
            Column("step", T("Step"), "count"),
            Column("name", T("What"), "text"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            *_RATES,
            Column("dropped", T("Dropped"), "count", T("Came this far and no further, and their time is over.")),
            Column("open", T("Open"), "count", T("Came this far, and still have time to go on.")),
            Column("median_seconds", T("Median time"), "seconds", T("From the previous step.")),
            Column("p90_seconds", T("90 % within"), "seconds", T("From the previous step.")),
            *INTERVAL,
            Column("value", T("Value"), "number", T("Sum of the values that the events of this step carry.")),
            Column("per_entrant", T("Value per entrant"), "money", T("That sum, spread over all who entered.")),
        ),
        rows=rows,
        draw={
            "x": "name",
            "y": "people",
            "low": "low",
            "high": "high",
            "words": {"name": "act"},
            "more": ("step", "low", "high", "per_entrant"),
            "cell_links": {which: [people_link(query, which, step) for step in every] for which in ("dropped", "open")},
        },
        links=[people_link(query, "reached", step) for step in every],
    )


def number(found: float) -> float | None:
    return None if np.isnan(found) else float(found)


def _quantiles(outcome: Outcome, at: int) -> tuple[float | None, float | None]:
    """The median and the 90 % quantile of the seconds from the previous step to step `at` (from 0)."""
    if at == 0 or not len(outcome.time[at]):
        return None, None
    # Those who reached a step, in the order of those who reached the one before it.
    went_on = np.flatnonzero(outcome.reach[outcome.reach >= at] > at)
    half, most = np.quantile((outcome.time[at] - outcome.time[at - 1][went_on]) / 1_000, (0.5, 0.9))
    return float(half), float(most)


def _value(journeys: Journeys, query: Query, outcome: Outcome, at: int) -> float | None:
    values = values_of(journeys, query, outcome, at)
    carried = values[~np.isnan(values)]
    return float(carried.sum()) if len(carried) else None


def values_of(journeys: Journeys, query: Query, outcome: Outcome, at: int) -> Float64:
    """What the events of step `at` (from 0) carry, over those who reached it; NaN where they carry nothing."""
    there = np.flatnonzero(outcome.reach > at)
    name = query.values["value"]
    if not name and not any(_carries(journeys, part, outcome, at) for part in outcome.parts):
        return np.full(len(there), np.nan)

    def read(part: Part, rows: Rows) -> Float64:
        return numbers(journeys, part, str(name), rows) if name else part.value[rows]

    return outcome.gather(there, outcome.row[at], read)


def _carries(journeys: Journeys, part: Part, outcome: Outcome, at: int) -> bool:
    """Whether any event of the kinds that fit step `at` (from 0) carries a value."""
    steps = outcome.plan.steps if outcome.plan.order == "any" else (outcome.plan.steps[at],)
    if any(step.subject == "any" or step.is_source for step in steps):
        return True
    carrying = part.memo.get("kinds with a value", lambda: _kinds_with_a_value(part))
    kinds = {kind for step in steps for kind in journeys.kind_ids(step)}
    return any(bool(carrying[kind]) for kind in kinds if kind < len(carrying))


def _kinds_with_a_value(part: Part) -> Bool:
    found = np.zeros(int(part.kind.max(initial=-1)) + 1, dtype=np.bool_)
    found[part.kind[np.flatnonzero(~np.isnan(part.value))]] = True
    return found


def groups(journeys: Journeys, outcome: Outcome, by: str, by_at: str) -> list[tuple[str, Rows]]:
    """The breakdown's groups, largest first, those of one size by name: the value, and which entrants have it."""
    codes, entrants, texts = _groups(journeys, outcome, by, by_at)
    sizes = np.bincount(codes, minlength=len(texts))
    # The least size of those that are shown; of more with the same, the names decide and not where people are stored.
    least = np.partition(sizes, -MOST_GROUPS)[-MOST_GROUPS] if len(texts) > MOST_GROUPS else 0
    order = nsmallest(MOST_GROUPS, np.flatnonzero(sizes >= least).tolist(), key=lambda at: (-sizes[at], texts[at]))
    found = [(named(texts[code]), entrants[codes == code]) for code in order]
    if len(texts) > MOST_GROUPS:
        found.append((OTHER, np.unique(entrants[~np.isin(codes, order)])))
    return found


def breakdown_block(journeys: Journeys, query: Query, outcome: Outcome, by: str, by_at: str) -> Block:
    """The steps for each value of a property: when they first began, at the last step reached, or at any step."""
    names = step_names(outcome)
    rows: list[list[Cell]] = []
    links = []
    for text, members in groups(journeys, outcome, by, by_at):
        people = counts_by_step(outcome.reach[members], outcome.size)
        low, high = wilson(people, [people[0]] * outcome.size)
        for at, name in enumerate(names):
            previous = people[at - 1] if at else people[0]
            rates: list[Cell] = [share(people[at], previous), share(people[at], people[0])]
            rows.append([text, at + 1, name, people[at], *rates, number(low[at]), number(high[at])])
            links.append(people_link(query, "reached", at + 1, text))
    where = {"first": T("at the first step"), "last": T("at the last step reached"), "any": T("at any step")}[by_at]
    return Block(
        id="breakdown",
        kind="bars",
        title=T("By {property}, {where}", property=by, where=where),
        columns=(
            Column("value", Text(by), "text"),
            Column("step", T("Step"), "count"),
            Column("name", T("What"), "text"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            *_RATES,
            *INTERVAL,
        ),
        rows=rows,
        draw={"x": "name", "y": "people", "group": "value", "words": {"name": "act"}},
        links=links,
        note=T("Whoever had several of these values counts with each, so the groups add up to more than the whole.")
        if by_at == "any"
        else None,
    )


def _groups(journeys: Journeys, outcome: Outcome, by: str, by_at: str) -> tuple[Int64, Int64, list[str]]:
    """A code for each (entrant, value), the entrant of each, and the codes' texts."""
    everyone = np.arange(len(outcome.reach))
    if by_at == "first":
        codes, texts = outcome.texts(journeys, everyone, outcome.begun[1], by)
        return codes, everyone, texts
    if by_at == "last":
        codes, texts = outcome.texts(journeys, everyone, outcome.furthest(outcome.row), by)
        return codes, everyone, texts
    entrant = np.concatenate([np.flatnonzero(outcome.reach > step) for step in range(outcome.size)])
    rows = np.concatenate([of_step.astype(np.int64) for of_step in outcome.row])
    codes, texts = outcome.texts(journeys, entrant, rows, by)
    pairs = np.unique(np.stack([codes, entrant]), axis=1)
    return pairs[0], pairs[1], texts
