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
from collector.reports.funnel_steps import NONE, people_link, share, step_names
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
    entrants, kinds = _next_kinds(journeys, query, outcome, step)
    counts: dict[str, int] = {}
    for kind, count in zip(*(one.tolist() for one in np.unique(kinds, return_counts=True)), strict=True):
        text = NONE if kind < 0 else event_text(journeys.kinds[kind])
        counts[text] = counts.get(text, 0) + count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] != NONE, item[0]))[:MOST_NEXT]
    return Block(
        id="next",
        kind="bars",
        title=T("What the dropped did after step {step}", step=step),
        columns=(
            Column("event", T("Next event"), "text", T("(none) is for those who did nothing more.")),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("share", T("Share"), "ratio"),
        ),
        rows=[[text, count, share(count, len(entrants))] for text, count in ranked],
        draw={"x": "event", "y": "people"},
        links=[people_link(query, "dropped", step, subset=f"next:{step}:{text}") for text, _ in ranked],
        empty=T("Nobody dropped here."),
    )


def _next_kinds(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> tuple[Int64, Int64]:
    """Who dropped after the step, and the kind of each one's next act, -1 where there is none."""
    entrants = outcome.people("dropped", step)
    kinds = np.full(len(entrants), -1, dtype=np.int64)
    own = outcome.rows(step - 1, entrants)
    for number, part in enumerate(outcome.parts):
        here = np.flatnonzero(outcome.part[entrants] == number)
        found = following(journeys, part, own[here], outcome.sessions, query.include_bots)
        some = found >= 0
        kinds[here[some]] = part.kind[found[some]]
    return entrants, kinds


def who_next(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The dropped whose next act is the one that a link names: `STEP:ACT`."""
    number, act = text.split(":", 1)
    entrants, kinds = _next_kinds(journeys, query, outcome, _step(number, outcome))
    named = [kind for kind, one in journeys.kinds.items() if event_text(one) == act]
    return entrants[np.isin(kinds, [-1] if act == NONE else named)]


def _step(text: str, outcome: Outcome) -> int:
    """A step that somebody can go on from; ValueError where it is not."""
    if not 0 < int(text) < outcome.size:
        raise ValueError(text)
    return int(text)


def event_text(kind: Kind) -> str:
    """A kind as its matcher is written."""
    return f"{kind.type}:{kind.name or (f'#{kind.target}' if kind.target else '')}"


def following(journeys: Journeys, part: Part, rows: Int64, sessions: bool, bots: bool) -> Int64:
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
    step = _step(number, outcome)
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
