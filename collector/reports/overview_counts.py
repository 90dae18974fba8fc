"""The overview's totals for one stretch of time, part by part: people, sessions, views, goals, bounces, attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.core.event import PAGE
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.scope import Sessions, choose, distinct_sorted, inside, kind_mask, rows_of_any, sessions


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One part seen through a question: rows inside, sessions begun inside, goal rows inside, ascending.

    `person` and `is_page` are of each row inside; `bounced` are sessions begun inside.
    `touched` and `won` are the sessions with a row inside, and with a goal inside, with their persons.
    """

    part: Part
    include_bots: bool
    inside: Bool
    rows: Int64
    person: Int32
    is_page: Bool
    begun: Int64
    bounced: Int64
    sessions: Sessions
    goal_rows: Sequence[Int64]
    any_goal: Int64
    touched: Int64
    touched_person: Int32
    won: Int64
    won_person: Int32


@dataclass(slots=True)
class Totals:
    """What adds up over parts. Engaged time is of sessions begun inside, in milliseconds."""

    people: int = 0
    sessions: int = 0
    views: int = 0
    bounces: int = 0
    engaged: float = 0.0
    converted: int = 0
    goal_people: list[int] = field(default_factory=list)
    goal_count: list[int] = field(default_factory=list)
    goal_value: list[float | None] = field(default_factory=list)


def look(journeys: Journeys, query: Query, start: int, end: int) -> list[View]:
    """Every part through the question, between two instants."""
    matchers = [matcher for _, matcher in query.site.goals]
    return [_view(journeys, part, query, start, end, matchers) for part in journeys.each()]


def _view(journeys: Journeys, part: Part, query: Query, start: int, end: int, goals: Sequence[Matcher]) -> View:
    mask = inside(part, query, choose(journeys, part, query), start, end)
    goal_rows = []
    for goal in goals:
        rows = rows_of_any(journeys, part, [goal], query.include_bots)
        goal_rows.append(rows[mask[rows]])
    rows = np.flatnonzero(mask)
    any_goal = np.unique(np.concatenate(goal_rows)) if goal_rows else np.empty(0, dtype=np.int64)
    facts = sessions(journeys, part, query.include_bots)
    begun = np.flatnonzero(mask[part.session_row])
    touched, won = _sessions_of(part, rows), _sessions_of(part, any_goal)
    return View(
        part=part,
        include_bots=query.include_bots,
        inside=mask,
        rows=rows,
        person=part.person[rows],
        is_page=kind_mask(journeys, lambda kind: kind.type == PAGE)[part.kind[rows]],
        begun=begun,
        bounced=begun[facts.bounce[begun]],
        sessions=facts,
        goal_rows=goal_rows,
        any_goal=any_goal,
        touched=touched,
        touched_person=facts.person[touched],
        won=won,
        won_person=facts.person[won],
    )


def _sessions_of(part: Part, rows: Int64) -> Int64:
    hit = np.zeros(len(part.session_row), dtype=np.bool_)
    hit[part.session[rows]] = True
    return np.flatnonzero(hit)


def totals(views: Sequence[View], goals: int) -> Totals:
    """The sums over all parts."""
    found = Totals(goal_people=[0] * goals, goal_count=[0] * goals, goal_value=[None] * goals)
    for view in views:
        part = view.part
        found.people += distinct_sorted(view.person)
        found.sessions += len(view.begun)
        found.views += int(np.count_nonzero(view.is_page))
        found.bounces += len(view.bounced)
        found.engaged += float(view.sessions.engaged[view.begun].sum())
        found.converted += distinct_sorted(part.person[view.any_goal])
        for at, rows in enumerate(view.goal_rows):
            found.goal_people[at] += distinct_sorted(part.person[rows])
            found.goal_count[at] += len(rows)
            values = part.value[rows]
            if not np.isnan(values).all():
                # A goal whose events say no value is worth nothing known, which is not the same as nothing.
                found.goal_value[at] = (found.goal_value[at] or 0.0) + float(np.nansum(values))
    return found
