"""Frequency: how many visits people make, and how long they stay away between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part
from collector.reports.lifecycle.asked import Active, Asked, link
from collector.reports.params import EVERY
from collector.reports.people_list import Behind
from collector.reports.scope import share
from collector.reports.stats import quantile

# Classes of the number of visits: the least of each.
_LEAST = (1, 2, 3, 4, 5, 10, 20, 50)
CLASSES = ("1", "2", "3", "4", "5–9", "10–19", "20–49", "50+")


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Visits begun in the range, of one part, of the people asked for.

    person: index into `part.persons`, ascending, once each. many: their visits. row: the first of their last one.
    gap: ms from the beginning of each visit to that of the same person's next one.
    """

    part: Part
    person: Int64
    many: Int64
    row: Int64
    gap: Int64


def visits(journeys: Journeys, active: Active, query: Query, question: Asked) -> Visits:
    """The visits that began in the range and hold what makes a day active."""
    check()
    part = active.part
    row = part.session_row
    time = part.time[row]
    tests = []
    if not _covers(question, part):
        tests.append((time >= question.span.start) & (time < question.span.end))
    tests.append(part.counted(query.include_bots, row))
    if not active.everybody:
        tests.append(active.chosen[part.person[row]])
    if question.event != EVERY:
        held = np.zeros(len(row), dtype=np.bool_)
        held[part.session[journeys.rows(part, question.event, query.include_bots)]] = True
        tests.append(held)
    if tests:
        kept = np.flatnonzero(np.logical_and.reduce(tests))
        row, time = row[kept], time[kept]
    person = part.person[row]
    last = np.append(person[1:] != person[:-1], True) if len(person) else np.empty(0, dtype=np.bool_)
    places = np.flatnonzero(last)
    gap = np.diff(time)[~last[:-1]]
    return Visits(part, person[places].astype(np.int64), np.diff(places, prepend=-1), row[places], gap)


def _covers(question: Asked, part: Part) -> bool:
    """Whether all that a part holds is in the range."""
    return not part.size or question.span.start <= part.bounds[0] <= part.bounds[1] < question.span.end


@dataclass(frozen=True, slots=True)
class Frequency:
    """People and their visits by class; the median time between two visits in ms, None where nobody came twice."""

    people: Sequence[int]
    visits: Sequence[int]
    gap: float | None

    @property
    def each(self) -> float | None:
        """Visits a person."""
        return share(float(sum(self.visits)), float(sum(self.people)))


def frequency(found: Sequence[Visits]) -> Frequency:
    """The parts together."""
    people = np.zeros(len(_LEAST), dtype=np.int64)
    many = np.zeros(len(_LEAST), dtype=np.int64)
    for one in found:
        place = _class(one.many)
        people += np.bincount(place, minlength=len(_LEAST))
        many += np.bincount(place, one.many, len(_LEAST)).astype(np.int64)
    gaps = [one.gap for one in found if len(one.gap)]
    return Frequency(people.tolist(), many.tolist(), quantile(np.concatenate(gaps), 0.5) if gaps else None)


def frequency_of(journeys: Journeys, active: Sequence[Active], query: Query, question: Asked) -> Frequency:
    """How often the people asked for came; of everybody and all time it is remembered with the view."""

    def find() -> Frequency:
        return frequency([visits(journeys, one, query, question) for one in active])

    filtered = query.where or query.where_not or question.event != EVERY
    if filtered or not all(_covers(question, one.part) for one in active):
        return find()
    return journeys.memo.get(("frequency of visits", query.include_bots, query.include_cookieless), find)


def _class(many: Int64) -> Int64:
    return np.searchsorted(_LEAST, many, side="right") - 1


def visits_people(found: Sequence[Visits], group: str) -> list[Behind]:
    """Who made that many visits, at the beginning of their last one; everybody where no class is named."""
    if group and group not in CLASSES:
        raise UserError(f"There is no class {group!r} of visits.", f"Choose one of {', '.join(CLASSES)}.")
    listed = []
    for one in found:
        fits = _class(one.many) == CLASSES.index(group) if group else np.ones(len(one.many), dtype=np.bool_)
        listed.append(Behind.each(one.part, one.row[fits], {"visits": one.many[fits]}))
    return listed


def frequency_block(query: Query, found: Frequency) -> Block:
    """People by how many visits they made in the range."""
    people, many = sum(found.people), sum(found.visits)
    shown = [at for at in range(len(CLASSES)) if any(found.people[at:])]
    rows: list[list[Cell]] = [
        [CLASSES[at], found.people[at], share(found.people[at], people), share(found.visits[at], many)] for at in shown
    ]
    return Block(
        id="frequency",
        kind="bars",
        title=T("How often they came"),
        columns=(
            Column("visits", T("Visits"), "text", T("Begun in the range.")),
            Column("people", T("People"), "count"),
            Column("share", T("Share of people"), "ratio"),
            Column("of_visits", T("Share of visits"), "ratio"),
        ),
        rows=rows,
        draw={"y": "people", "link": "people"},
        links=[link(query, "visits", group=CLASSES[at]) for at in shown],
        empty=T("Nobody came in this time."),
    )
