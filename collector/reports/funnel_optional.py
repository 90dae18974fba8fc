"""Steps of a funnel that may be skipped: how many went through each, how many past it, and how many of both went on.

The funnel itself is that of the other steps, so an optional step costs nobody their place. Somebody went through it who
did it after the step before and before the next one (or the end of the window, where they did not get there).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.funnel_outcome import Outcome, given_steps, optional_steps
from collector.reports.funnel_steps import people_link, share
from collector.reports.stats import difference


@dataclass(frozen=True, slots=True)
class Optional:
    """One of them: its number among the steps as given, what it is, and the step of the funnel it follows (from 1)."""

    number: int
    matcher: Matcher
    after: int


def optionals(query: Query) -> list[Optional]:
    """The question's optional steps in their order."""
    given, left_out = given_steps(query), optional_steps(query)
    return [Optional(at, given[at - 1], at - 1 - sum(one < at for one in left_out)) for at in sorted(left_out)]


def went_through(journeys: Journeys, query: Query, outcome: Outcome, one: Optional) -> tuple[Int64, Bool]:
    """Who reached the step before an optional one, and which of them did it there."""
    there = outcome.people("reached", one.after)
    did = np.zeros(len(there), dtype=np.bool_)
    begun = outcome.rows(one.after - 1, there)
    on = outcome.reach[there] > one.after
    ended = np.zeros(len(there), dtype=np.int64)
    ended[on] = outcome.rows(one.after, there[on])
    until = outcome.times(0, there) + outcome.plan.window
    for number, part in enumerate(outcome.parts):
        here = np.flatnonzero(outcome.part[there] == number)
        owner = part.session if outcome.sessions else part.person
        rows = journeys.rows(part, one.matcher, query.include_bots)
        keys = np.sort((owner[rows].astype(np.int64) << 32) | rows)
        if not len(keys) or not len(here):
            continue
        own = owner[begun[here]].astype(np.int64)
        place = np.searchsorted(keys, (own << 32) | begun[here], "right")
        found = keys[np.minimum(place, len(keys) - 1)]
        row = found & 0xFFFF_FFFF
        in_time = np.where(on[here], row < ended[here], part.time[row] <= until[here])
        did[here] = (place < len(keys)) & (found >> 32 == own) & in_time
    return there, did


def who_went(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The entrants behind a way, as its link names it: `NUMBER:through` or `NUMBER:past`; ValueError without one."""
    number, way = text.split(":")
    one = next((each for each in optionals(query) if each.number == int(number)), None)
    if one is None or way not in ("through", "past"):
        raise ValueError(text)
    there, did = went_through(journeys, query, outcome, one)
    return there[did if way == "through" else ~did]


def optional_block(journeys: Journeys, query: Query, outcome: Outcome) -> Block | None:
    """A row for each optional step; None where there is none."""
    every = optionals(query)
    if not every:
        return None
    rows: list[list[Cell]] = []
    links: dict[str, list[tuple[tuple[str, str], ...]]] = {"through": [], "went_on": [], "past": [], "past_on": []}
    for one in every:
        there, did = went_through(journeys, query, outcome, one)
        on = outcome.reach[there] > one.after
        counts = [int(mask.sum()) for mask in (did, did & on, ~did, ~did & on)]
        apart = [float(bound) for bound in difference(counts[1], counts[0], counts[3], counts[2])]
        rates: list[Cell] = [share(counts[1], counts[0]), share(counts[3], counts[2])]
        told: list[Cell] = [one.number, str(words(one.matcher, query.site.goals)), one.after]
        told += [*counts[:2], rates[0], *counts[2:], rates[1]]
        rows.append([*told, *(None if np.isnan(bound) else bound for bound in apart)])
        ways = (("through", 0), ("through", 1), ("past", 0), ("past", 1))
        for name, (way, further) in zip(links, ways, strict=True):
            links[name].append(people_link(query, "reached", one.after + further, subset=f"way:{one.number}:{way}"))
    unit = T("Sessions") if outcome.sessions else T("People")
    return Block(
        id="optional",
        kind="table",
        title=T("Steps that may be skipped"),
        columns=(
            Column("step", T("Step as given"), "count"),
            Column("name", T("What"), "text"),
            Column("after", T("After step"), "count"),
            Column("through", T("{unit} through it", unit=unit), "count"),
            Column("went_on", T("Of these, went on"), "count"),
            Column("rate", T("Rate"), "ratio"),
            Column("past", T("{unit} past it", unit=unit), "count"),
            Column("past_on", T("Of these, went on"), "count"),
            Column("past_rate", T("Rate"), "ratio"),
            Column("difference", T("Difference"), "points", T("Of the two rates.")),
            Column("low", T("Low"), "points", T("Lower end of the 95 % interval of the difference (Newcombe).")),
            Column("high", T("High"), "points", T("Upper end of the 95 % interval of the difference (Newcombe).")),
        ),
        rows=rows,
        draw={"link": "through", "cell_links": links},
        note=T(
            "The funnel counts both ways. Who was longer on the way had more time to do it: the difference is no cause."
        ),
    )
