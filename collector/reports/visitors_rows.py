"""What is known of each person shown in a list, over their whole journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Cell, Column
from collector.core.event import PAGE, Agent
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64, Part
from collector.reports.scope import kind_mask, rows_of_any
from collector.reports.stage_states import stage_names

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
FACTS = {column.name: column for column in COLUMNS[1:]}
NEVER = int(np.iinfo(np.int64).min)
STAGE = Column("stage", T("Stage"), "text", T("Of the journey, now."))


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on the page: which part holds them, their place in it, code, and last time seen."""

    part: Part
    place: int
    code: int
    last_seen: int


def columns(query: Query) -> tuple[Column, ...]:
    """The columns of `person_rows`: the stage only where the site has named its own."""
    return (*COLUMNS, STAGE) if query.site.stages else COLUMNS


def person_rows(journeys: Journeys, query: Query, shown: Sequence[Listed]) -> list[list[Cell]]:
    """The cells of the people shown; names are looked up for these alone."""
    names = journeys.people.keys([one.code for one in shown])
    rows: list[list[Cell]] = [[names.get(one.code, str(one.code))] for one in shown]
    for part in {id(one.part): one.part for one in shown}.values():
        here = [at for at, one in enumerate(shown) if one.part is part]
        places = np.array([shown[at].place for at in here], dtype=np.int64)
        known = facts(journeys, query, part, places)
        staged = stage_names(journeys, part, query, places) if query.site.stages else []
        for place, at in enumerate(here):
            rows[at] += [*(known[column][place] for column in FACTS), *staged[place : place + 1]]
    return rows


def facts(journeys: Journeys, query: Query, part: Part, places: Int64) -> Mapping[str, list[Cell]]:
    """For each column of `FACTS` a cell for each of these persons of the part, bots' rows aside unless asked for.

    The work is proportional to the rows of these persons, goals aside: ask for those shown only.
    """
    rows, owner = _rows(part, places, query.include_bots)
    count = len(places)
    first = np.searchsorted(owner, np.arange(count))
    last = np.searchsorted(owner, np.arange(count), side="right") - 1
    pages = np.bincount(owner[kind_mask(journeys, lambda kind: kind.type == PAGE)[part.kind[rows]]], minlength=count)
    sources = [
        journeys.source_at(number) for number in part.source[part.session_row[part.session[rows[first]]]].tolist()
    ]
    agents = _latest(part.agent[rows], owner, count)
    seen = _latest(part.page[rows], owner, count)
    visits = np.unique((owner << 32) | part.session[rows]) >> 32
    return {
        "identified": (part.persons[places] % 2 == 1).tolist(),
        "first_seen": part.time[rows[first]].tolist(),
        "last_seen": part.time[rows[last]].tolist(),
        "sessions": np.bincount(visits, minlength=count).tolist(),
        "page_views": pages.tolist(),
        "events": (last - first + 1 - pages).tolist(),
        "channel": [source.channel for source in sources],
        "source": [source.source for source in sources],
        "device": [journeys.agents.get(number, Agent()).device for number in agents.tolist()],
        "goals": list(_goals(journeys, query, part, places)),
        "last_page": [journeys.pages.get(number, ("", ""))[1] for number in seen.tolist()],
    }


def last_seen(part: Part, include_bots: bool) -> Int64:
    """For each person the time of the last event that counts, `NEVER` where none does; remembered with the part."""

    def find() -> Int64:
        counted = part.counted(include_bots)
        if counted.all():
            return part.time[part.person_row[1:] - 1]
        times = np.where(counted, part.time, NEVER)
        return np.maximum.reduceat(times, part.person_row[:-1])

    return part.memo.get(("last seen", include_bots), find)


def _rows(part: Part, places: Int64, include_bots: bool) -> tuple[Int64, Int64]:
    """The rows of these persons that count, and for each the person's position in `places`."""
    first = part.person_row[places]
    lengths = part.person_row[places + 1] - first
    owner = np.repeat(np.arange(len(places)), lengths)
    rows = np.arange(len(owner)) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    counted = part.counted(include_bots, rows)
    if counted.all():
        return rows, owner
    # Of whoever has nothing but what bots left, or was only told of, everything is shown.
    counted |= (np.bincount(owner, weights=counted, minlength=len(places)) == 0)[owner]
    return rows[counted], owner[counted]


def _latest(ids: Int32, owner: Int64, count: int) -> Int64:
    """Each owner's last id that is known, -1 where none is."""
    found = np.full(count, -1, dtype=np.int64)
    known = np.flatnonzero(ids >= 0)
    found[owner[known]] = ids[known]  # owners ascend, and of several writes to one place the last one stays
    return found


def _goals(journeys: Journeys, query: Query, part: Part, places: Int64) -> list[str]:
    reached: list[list[str]] = [[] for _ in range(len(places))]
    for name, matcher in query.site.goals:
        rows = rows_of_any(journeys, part, [matcher], query.include_bots)
        did = np.searchsorted(rows, part.person_row[places + 1]) > np.searchsorted(rows, part.person_row[places])
        for at in np.flatnonzero(did).tolist():
            reached[at].append(name)
    return [", ".join(names) for names in reached]
