"""The people behind a funnel's numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports import people_list
from collector.reports.funnel_chain import Rows
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import step_names
from collector.reports.people_list import Behind

TITLES = {
    "reached": T("Who reached step {step}: {name}"),
    "dropped": T("Who got to step {step} and dropped: {name}"),
    "stopped": T("Who got to step {step} and no further: {name}"),
    "open": T("Who got to step {step} and still has time: {name}"),
    "converted": T("Who went all the way"),
    "waiting": T("Who still has time"),
    "over": T("Who had the whole time"),
}
_ENTERED = Column("entered", T("Began"), "time")
_COLUMNS = (
    Column("latest", T("Last step reached"), "time"),
    Column("step", T("Step"), "count"),
    Column("name", T("What"), "text"),
    Column("source", T("Source"), "text", T("Of the session in which they first began.")),
)


def people_block(
    journeys: Journeys,
    query: Query,
    outcome: Outcome,
    which: str,
    step: int,
    group: tuple[str, Rows] | None = None,
    subset: Int64 | None = None,
) -> Block:
    """One row for each person (or session) behind a number, the latest to enter first; of a group or subset."""
    entrants = outcome.people(which, step)
    told = (
        step_names(outcome)
        if outcome.plan.order == "any"
        else [words(one, query.site.goals) for one in outcome.plan.steps]
    )
    title = T(TITLES[which].template, step=step, name=told[step - 1])
    if group is not None:
        entrants = entrants[np.isin(entrants, group[1])]
        title = T("{list}, {group}", list=title, group=group[0])
    if subset is not None:
        entrants = entrants[np.isin(entrants, subset)]
        title = T("{list}, a part of them", list=title)
    listed = people_list.people_block(
        journeys,
        query,
        list(_behind(journeys, outcome, entrants)),
        title,
        _COLUMNS,
        when=_ENTERED,
        known=(),
        unit="session" if outcome.sessions else "person",
    )
    return replace(listed, draw={**listed.draw, "words": {"name": "act"}})


def _behind(journeys: Journeys, outcome: Outcome, entrants: Int64) -> Iterator[Behind]:
    latest, names = outcome.furthest(outcome.time), step_names(outcome)
    for number, (part, chain, persons) in enumerate(zip(outcome.parts, outcome.chains, outcome.persons, strict=True)):
        here = entrants[outcome.part[entrants] == number]
        units = chain.unit[here - np.searchsorted(outcome.part, number)]
        yield Behind(
            part,
            units if persons is None else persons[units],
            outcome.begun[0][here],
            {
                "latest": latest[here],
                "step": outcome.reach[here].astype(np.int64),
                "name": _names(names, outcome.reach[here]),
                "source": _sources(journeys, outcome, here),
            },
        )


def _names(names: Sequence[str], reach: Rows) -> Callable[[Int64], Sequence[Cell]]:
    return lambda entries: [names[far - 1] for far in reach[entries].tolist()]


def _sources(journeys: Journeys, outcome: Outcome, here: Int64) -> Callable[[Int64], Sequence[Cell]]:
    def told(entries: Int64) -> Sequence[Cell]:
        shown = here[entries]
        _, first = outcome.arrived(1, shown)
        sources, texts = outcome.texts(journeys, shown, first, "source")
        channels, channel_texts = outcome.texts(journeys, shown, first, "channel")
        return [texts[one] or channel_texts[other] for one, other in zip(sources, channels, strict=True)]

    return told
