"""The people behind a funnel's numbers, and why they dropped: what they did next, and how they differ."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.event import PASSIVE, Kind
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64, Part
from collector.reports.funnel_chain import Rows
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import NONE, share, step_names
from collector.reports.stats import chi_squared, difference, holm

MOST_NEXT = 10
MOST_DIFFERENCES = 12
LEAST_PEOPLE = 10
COMPARED = ("channel", "source", "device", "landing")
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


def next_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """What those who dropped after `step` did right after the last step they reached."""
    entrants = outcome.people("dropped", step)
    counts: dict[Kind | None, int] = {}
    for number, part in enumerate(outcome.parts):
        here = entrants[outcome.part[entrants] == number]
        following = _following(journeys, part, outcome.rows(step - 1, here), outcome.sessions, query.include_bots)
        kinds, times = np.unique(part.kind[following[following >= 0]], return_counts=True)
        for kind, count in zip(kinds.tolist(), times.tolist(), strict=True):
            counts[journeys.kinds[kind]] = counts.get(journeys.kinds[kind], 0) + count
        if (following < 0).any():
            counts[None] = counts.get(None, 0) + int((following < 0).sum())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], "" if item[0] is None else event_text(item[0])))
    rows: list[list[Cell]] = [
        [NONE if kind is None else event_text(kind), count, share(count, len(entrants))]
        for kind, count in ranked[:MOST_NEXT]
    ]
    return Block(
        id="next",
        kind="bars",
        title=T("What the dropped did after step {step}", step=step),
        columns=(
            Column("event", T("Next event"), "text", T("(none) is for those who did nothing more.")),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows=rows,
        draw={"x": "event", "y": "people"},
        empty=T("Nobody dropped here."),
    )


def event_text(kind: Kind) -> str:
    """A kind as its matcher is written."""
    return f"{kind.type}:{kind.name or (f'#{kind.target}' if kind.target else '')}"


def _following(journeys: Journeys, part: Part, rows: Int64, sessions: bool, bots: bool) -> Int64:
    """The next act of the same person (or session) that counts, -1 where there is none."""
    owner = part.session if sessions else part.person
    active = np.array([journeys.kinds.get(number) not in PASSIVE for number in range(len(part.kind_start))])
    last = part.person_row[part.person[rows].astype(np.int64) + 1]
    found = np.full(len(rows), -1, dtype=np.int64)
    seeking = np.arange(len(rows))
    place = rows + 1
    while len(seeking):
        inside = place < last[seeking]
        seeking, place = seeking[inside], place[inside]
        fits = (owner[place] == owner[rows[seeking]]) & active[part.kind[place]]
        if not bots:
            fits &= part.bot[place] == 0
        found[seeking[fits]] = place[fits]
        seeking, place = seeking[~fits], place[~fits] + 1
    return found


def differences_block(journeys: Journeys, outcome: Outcome, step: int) -> Block:
    """Which sources, devices and landing pages went on from `step` more or less often than everybody else.

    Two-sided chi-squared tests, corrected for their number by Holm's method; the open are in neither group.
    """
    settled = np.flatnonzero((outcome.reach > step) | ((outcome.reach == step) & ~outcome.open))
    went = outcome.reach[settled] > step
    found: list[tuple[str, str, int, int]] = []
    for name in COMPARED:
        codes, texts = outcome.texts(journeys, settled, outcome.rows(0, settled), name)
        people = np.bincount(codes, minlength=len(texts))
        on = np.bincount(codes[went], minlength=len(texts))
        enough = (people >= LEAST_PEOPLE) & (len(settled) - people >= LEAST_PEOPLE)
        found += [(name, texts[code] or NONE, int(people[code]), int(on[code])) for code in np.flatnonzero(enough)]
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
        rows=_compared(found, len(settled), int(went.sum())),
        draw={"x": "value", "y": "difference", "low": "low", "high": "high"},
        note=T("A difference is not a cause: see Impact for what a thing changed."),
        empty=T("Too few people to compare."),
    )


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
