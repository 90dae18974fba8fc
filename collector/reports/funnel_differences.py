"""How those who went on from a step of a funnel differ from those who dropped: where they came from, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.funnel_next import step_of
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link
from collector.reports.named import named
from collector.reports.stats import chi_squared, difference, holm

MOST_DIFFERENCES = 12
LEAST_PEOPLE = 10
COMPARED = ("channel", "source", "device", "landing")
# In which row, and in which of its columns, the id stands that tells a property; any other is of the step's event.
_TOLD_BY = {
    "channel": ("session", "source"),
    "source": ("session", "source"),
    "landing": ("session", "page"),
    "device": ("first", "agent"),
    "page": ("step", "page"),
}


def differences_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """Which sources, devices, landing pages and pages of the step went on from `step` more or less often than others.

    Two-sided chi-squared tests, corrected for their number by Holm's method. Of all who had the whole window, as they
    were when they first began and first reached the step: nothing that came of it decides who is asked, or of when.
    """
    settled = outcome.settled(step)
    went = outcome.reach[settled] > step
    found: list[tuple[str, str, int, int]] = []
    groups = _groups(outcome, step, settled, went)
    for name in _properties(query):
        texts, people, on = _counted(journeys, groups, name)
        enough = (people >= LEAST_PEOPLE) & (len(settled) - people >= LEAST_PEOPLE)
        found += [(name, named(texts[code]), int(people[code]), int(on[code])) for code in np.flatnonzero(enough)]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """The settled of one part. rows: of each the row by which a property is told, by where it is found.

    went: whether they went on.
    """

    part: Part
    rows: Mapping[str, Int64]
    went: Bool


def _groups(outcome: Outcome, step: int, settled: Int64, went: Bool) -> list[_Group]:
    first, own = outcome.arrived(1, settled)[1], outcome.arrived(step, settled)[1]
    groups = []
    for number, part in enumerate(outcome.parts):
        here = outcome.within(number, settled)
        begun = part.session_row[part.session[first[here]]]
        rows = {"session": begun, "first": first[here], "step": own[here]}
        groups.append(_Group(part, rows, went[here]))
    return groups


def _counted(journeys: Journeys, groups: Sequence[_Group], name: str) -> tuple[list[str], Int64, Int64]:
    """The values of a property, how many of the settled had each, and how many of those went on.

    People are counted by id, and only an example of each id is asked for its text.
    """
    places: dict[str, int] = {}
    counts: list[tuple[Int64, Int64]] = []
    for group in groups:
        where, column = _TOLD_BY.get(name, ("step", ""))
        rows = group.rows[where]
        ids = getattr(group.part, column)[rows] + 1 if column else journeys.labels(group.part, rows, name)[0]
        of_id = np.bincount(ids * 2 + group.went)
        of_id = np.append(of_id, np.zeros(len(of_id) % 2, dtype=np.int64)).reshape(-1, 2)
        example = np.zeros(len(of_id), dtype=np.int64)
        example[ids] = rows
        known = np.flatnonzero(of_id.any(axis=1))
        codes, texts = journeys.labels(group.part, example[known], name)
        place = np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)
        counts.append((place[codes], of_id[known]))
    people, on = np.zeros(len(places), dtype=np.int64), np.zeros(len(places), dtype=np.int64)
    for place, of_id in counts:
        np.add.at(people, place, of_id.sum(axis=1))
        np.add.at(on, place, of_id[:, 1])
    return list(places), people, on


def _values(journeys: Journeys, outcome: Outcome, step: int, settled: Int64, name: str) -> tuple[Int64, list[str]]:
    """What is compared: of the first step's session, or of the event that filled the step."""
    _, rows = outcome.arrived(1 if name in COMPARED else step, settled)
    return outcome.texts(journeys, settled, rows, name)


def _properties(query: Query) -> list[str]:
    return list(dict.fromkeys((*COMPARED, "page", *((query.by,) if query.by else ()))))


def who_is(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The entrants of a row of the differences, as its link names it: `STEP:PROPERTY:VALUE`.

    Raises:
        ValueError: there is no such step or property.
    """
    number, _, rest = text.partition(":")
    # A property that the question names may have a colon in its name.
    fitting = [one for one in _properties(query) if rest.startswith(f"{one}:")]
    if not fitting:
        raise ValueError(text)
    name = max(fitting, key=len)
    step = step_of(number, outcome)
    settled = outcome.settled(step)
    codes, texts = _values(journeys, outcome, step, settled, name)
    wanted = [code for code, one in enumerate(texts) if named(one) == rest.removeprefix(f"{name}:")]
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
