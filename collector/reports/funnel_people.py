"""The people behind a funnel's numbers."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_chain import Rows
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import step_names

TITLES = {
    "reached": T("Who reached step {step}: {name}"),
    "dropped": T("Who got to step {step} and dropped: {name}"),
    "open": T("Who got to step {step} and still has time: {name}"),
    "converted": T("Who went all the way"),
}


def people_block(
    journeys: Journeys,
    outcome: Outcome,
    which: str,
    step: int,
    group: tuple[str, Rows] | None = None,
    subset: Int64 | None = None,
) -> Block:
    """One row for each person (or session) behind a number, the latest to enter first; of a group or subset."""
    entrants = outcome.people(which, step)
    title = T(TITLES[which].template, step=step, name=step_names(outcome)[step - 1])
    if group is not None:
        entrants = entrants[np.isin(entrants, group[1])]
        title = T("{list}, {group}", list=title, group=group[0])
    if subset is not None:
        entrants = entrants[np.isin(entrants, subset)]
        title = T("{list}: a part of them", list=title)
    entrants = entrants[np.lexsort((outcome.code[entrants], -outcome.times(0, entrants)))]
    keys = journeys.people.keys(sorted(set(outcome.code[entrants].tolist())))
    first = outcome.rows(0, entrants)
    sources, texts = outcome.texts(journeys, entrants, first, "source")
    channels, channel_texts = outcome.texts(journeys, entrants, first, "channel")
    names = step_names(outcome)
    reach = outcome.reach[entrants]
    latest = outcome.furthest(outcome.time)[entrants].tolist()
    rows: list[list[Cell]] = [
        [keys.get(code, ""), entered, last, far, names[far - 1], texts[source] or channel_texts[channel]]
        for code, entered, last, far, source, channel in zip(
            outcome.code[entrants].tolist(),
            outcome.times(0, entrants).tolist(),
            latest,
            reach.tolist(),
            sources.tolist(),
            channels.tolist(),
            strict=True,
        )
    ]
    return Block(
        id="people",
        kind="table",
        title=title,
        columns=(
            Column("person", T("Person"), "person"),
            Column("entered", T("First step"), "time"),
            Column("latest", T("Last step reached"), "time"),
            Column("step", T("Step"), "count"),
            Column("name", T("What"), "text"),
            Column("source", T("Source"), "text", T("Of the session in which the first step was made.")),
        ),
        rows=rows,
        empty=T("Nobody."),
    )
