"""The rows of a people list: what is known of each person shown, over their whole journey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Cell, Column
from collector.core.event import PAGE, Agent
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Part
from collector.reports.scope import kind_mask, rows_of_any

COLUMNS = (
    Column("person", T("Person"), "person"),
    Column("identified", T("Identified"), "bool", T("Known by a user id.")),
    Column("first_seen", T("First seen"), "time"),
    Column("last_seen", T("Last seen"), "time"),
    Column("sessions", T("Sessions"), "count", T("In the whole journey, as are all counts here.")),
    Column("page_views", T("Page views"), "count"),
    Column("events", T("Events"), "count", T("Everything but page views.")),
    Column("channel", T("First channel"), "text", T("Where the first visit came from.")),
    Column("source", T("First source")),
    Column("device", T("Last device")),
    Column("goals", T("Goals reached")),
    Column("last_page", T("Last page")),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on the page: which part holds them, their place in it, code, and last time seen."""

    part: Part
    place: int
    code: int
    last_seen: int


def person_rows(journeys: Journeys, query: Query, shown: Sequence[Listed]) -> list[list[Cell]]:
    """The cells of the people shown; names are looked up for these alone."""
    names = journeys.people.keys([one.code for one in shown])
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    goals = _goals(journeys, query, shown)
    return [
        [
            names.get(one.code, str(one.code)),
            *_facts(journeys, query, one, is_page),
            goals[at],
            _last_page(journeys, query, one),
        ]
        for at, one in enumerate(shown)
    ]


def _rows(query: Query, one: Listed) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    first, end = one.part.person_row[one.place : one.place + 2].tolist()
    rows = np.arange(first, end)
    return rows if query.include_bots else rows[one.part.bot[rows] == 0]


def _facts(journeys: Journeys, query: Query, one: Listed, is_page: Bool) -> list[Cell]:
    part, rows = one.part, _rows(query, one)
    pages = int(np.count_nonzero(is_page[part.kind[rows]]))
    start = part.session_row[part.session[rows[0]]]
    source = journeys.source_at(int(part.source[start]))
    agents = part.agent[rows]
    known = agents[agents >= 0]
    agent = journeys.agents.get(int(known[-1]), Agent()) if len(known) else Agent()
    return [
        one.code % 2 == 1,
        int(part.time[rows[0]]),
        one.last_seen,
        len(np.unique(part.session[rows])),
        pages,
        len(rows) - pages,
        source.channel,
        source.source,
        agent.device,
    ]


def _last_page(journeys: Journeys, query: Query, one: Listed) -> str:
    pages = one.part.page[_rows(query, one)]
    pages = pages[pages >= 0]
    return journeys.pages.get(int(pages[-1]), ("", ""))[1] if len(pages) else ""


def _goals(journeys: Journeys, query: Query, shown: Sequence[Listed]) -> list[str]:
    reached: list[list[str]] = [[] for _ in shown]
    for part in {id(one.part): one.part for one in shown}.values():
        here = [(at, one.place) for at, one in enumerate(shown) if one.part is part]
        for name, matcher in query.site.goals:
            rows = rows_of_any(journeys, part, [matcher], query.include_bots)
            first = np.searchsorted(rows, part.person_row[[place for _, place in here]])
            last = np.searchsorted(rows, part.person_row[[place + 1 for _, place in here]])
            for (at, _), low, high in zip(here, first.tolist(), last.tolist(), strict=True):
                if high > low:
                    reached[at].append(name)
    return [", ".join(names) for names in reached]
