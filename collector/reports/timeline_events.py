"""The events of one person's timeline: read from the ledger, their sessions and attention from the view."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.core.blocks import Cell, Column
from collector.core.event import CUSTOM, ENGAGEMENT, PAGE, Agent, Source
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.stored import StoredEvent
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import ASIDE, Int64, Part
from collector.journeys.sessions import GAP
from collector.reports.sentence import sentence

CHUNK = 500
COLUMNS = (
    Column("time", T("Time"), "time"),
    Column("session", T("Visit"), "count"),
    Column("type", T("Type")),
    Column("name", T("Name")),
    Column("target", T("Element")),
    Column("url", T("Address")),
    Column("title", T("Title")),
    Column("source", T("Source of the visit")),
    Column("device", T("Device")),
    Column("engaged_seconds", T("Attention"), "seconds"),
    Column("value", T("Value"), "number"),
    Column("goal", T("Goal")),
    Column("stage", T("Stage"), "text", T("Of the journey, where this event led into it.")),
    Column("mark", T("Mark"), "text", T("goal, chat or retargeting: what this event is of")),
    Column("visitor", T("Visitor")),
    Column("properties", T("Properties"), "text", T("What was sent along, as JSON")),
    Column("text", T("What happened")),
    Column("id", T("Event"), "text"),
)


@dataclass(frozen=True, slots=True)
class Life:
    """One person's rows in the part that holds them, ascending, and each row's visit counted from 1.

    aside: ledger ids of what was told of them and is no act of theirs, which is in no visit.
    """

    part: Part | None = None
    rows: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    visit: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    aside: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Placed:
    """An event with its visit, the visit's source, attention, and whether it opens the visit."""

    event: StoredEvent
    visit: int
    source: Source
    engaged: int
    opens: bool


def find_life(journeys: Journeys, code: int) -> Life:
    """Where the view holds a person; empty for one whose events it does not hold yet."""
    for part in journeys.each():
        place = int(np.searchsorted(part.persons, code))
        if place < len(part.persons) and part.persons[place] == code and part.alive[place]:
            rows = np.arange(int(part.person_row[place]), int(part.person_row[place + 1]))
            aside = part.bot[rows] == ASIDE
            told, rows = rows[aside], rows[~aside]
            visits = np.unique(part.session[rows], return_inverse=True)[1].astype(np.int64) + 1
            return Life(part, rows, visits, frozenset(part.id[told].tolist()))
    return Life()


def latest(
    journeys: Journeys, code: int, before: tuple[int, int] | None, since: int, limit: int
) -> tuple[list[StoredEvent], bool]:
    """The latest `limit` events before a key and not before `since`, newest first, engagement aside; are there more?"""
    found: list[StoredEvent] = []
    while True:
        chunk = journeys.people.timeline(code, before, CHUNK)
        for event in chunk:
            if event.time < since:
                return found, False
            if event.kind.type == ENGAGEMENT:
                continue
            if len(found) == limit:
                return found, True
            found.append(event)
        if len(chunk) < CHUNK:
            return found, False
        before = (chunk[-1].time, chunk[-1].id)


def place(journeys: Journeys, life: Life, found: Sequence[StoredEvent]) -> list[Placed]:
    """The events in the order of time and arrival, each put into its visit."""
    rows = dict(zip(life.part.id[life.rows].tolist(), range(len(life.rows)), strict=True)) if life.part else {}
    placed: list[Placed] = []
    last = int(life.visit[-1]) if len(life.visit) else 0
    last_time = int(life.part.time[life.rows[-1]]) if life.part and len(life.rows) else None
    fresh_source = Source()
    for event in sorted(found, key=lambda one: (one.time, one.id)):
        at = rows.get(event.id)
        if event.id in life.aside and life.part is not None and len(life.rows):
            # It is shown with the visit before it, and opens none.
            before = max(int(np.searchsorted(life.part.time[life.rows], event.time, "right")) - 1, 0)
            source = journeys.source_at(int(journeys.session_source(life.part, life.rows[before : before + 1])[0]))
            placed.append(Placed(event, int(life.visit[before]), source, 0, opens=False))
            continue
        if at is not None and life.part is not None:
            row = int(life.rows[at])
            first = int(life.part.session_row[life.part.session[row]])
            source = journeys.source_at(int(life.part.source[first]))
            placed.append(Placed(event, int(life.visit[at]), source, int(life.part.engaged[row]), row == first))
            continue
        # Newer than the view: it continues the last visit, or begins one after a pause.
        opens = last_time is None or event.time - last_time > GAP
        if opens:
            last, fresh_source = last + 1, event.source or Source()
        last_time = max(event.time, last_time or event.time)
        placed.append(Placed(event, last, fresh_source, 0, opens))
    return _attention_on_pages(placed)


def _attention_on_pages(placed: Sequence[Placed]) -> list[Placed]:
    """Attention after a click or another act belongs to the page that it happened on: move it to that page's view."""
    told = list(placed)
    page_of: dict[tuple[int, str, str], int] = {}
    for at, one in enumerate(placed):
        where = (one.visit, one.event.visitor, one.event.path)
        if one.event.kind.type == PAGE:
            page_of[where] = at
        elif one.engaged and where in page_of:
            page = page_of[where]
            told[page] = replace(told[page], engaged=told[page].engaged + one.engaged)
            told[at] = replace(one, engaged=0)
    return told


def fits(matcher: Matcher, placed: Placed) -> bool:
    """Whether one event is what a matcher means; `source:` fits the event that opens a visit."""
    if matcher.is_source:
        if not placed.opens or not matcher.fits_source(placed.source.channel, placed.source.source):
            return False
    elif not matcher.fits_kind(placed.event.kind):
        return False
    props = placed.event.props
    return all(condition.test(props.get(condition.key), condition.key in props) for condition in matcher.conditions)


def mark_of(placed: Placed, goal: str) -> str:
    """goal, chat, retargeting or nothing."""
    kind = placed.event.kind
    if goal:
        return "goal"
    if kind.type == CUSTOM and kind.name.startswith(("chat_", "call_")):
        return "chat"
    return "retargeting" if placed.opens and placed.source.channel == "retargeting" else ""


def cells(query: Query, placed: Placed, stage: str = "") -> list[Cell]:
    """The row of an event, which led into a stage or into none."""
    event = placed.event
    goal = ", ".join(name for name, matcher in query.site.goals if fits(matcher, placed))
    return [
        event.time,
        placed.visit,
        event.kind.type,
        event.kind.name,
        event.kind.target,
        f"{event.url}?{event.query}" if event.query else event.url,
        event.title,
        placed.source.source or placed.source.channel,
        (event.agent or Agent("")).device,
        placed.engaged / 1000,
        event.value,
        goal,
        stage,
        mark_of(placed, goal),
        event.visitor,
        json.dumps(dict(event.props), ensure_ascii=False, default=str),
        str(sentence(event)),
        event.uid,
    ]
