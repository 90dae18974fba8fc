"""The overview's totals for one stretch of time, part by part: people, sessions, views, goals, bounces, attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.core.event import PAGE
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Int32, Int64, Part, pieces
from collector.reports.kind_counts import FEW
from collector.reports.once import once
from collector.reports.scope import Sessions, choose, distinct_sorted, inside, kind_mask, rows_of_any, sessions


@dataclass(frozen=True, eq=False)
class View:
    """One part seen through a question: rows inside, sessions begun inside, goal rows inside, ascending.

    `pages` says of each kind whether it is a page view. What not every report asks for is found when it is asked for.
    """

    part: Part
    include_bots: bool
    inside: Bool
    begun: Int64
    sessions: Sessions
    goal_rows: Sequence[Int64]
    pages: Bool

    @once
    def rows(self) -> Int64:
        """Rows inside."""
        return np.flatnonzero(self.inside)

    @once
    def person(self) -> Int32:
        """The person of each row inside."""
        return self.part.person[self.rows]

    def some_rows(self) -> Iterator[Int64]:
        """Rows inside, a few at a time: for what would otherwise take arrays as long as the part."""
        for piece in pieces(self.part.size):
            rows = np.flatnonzero(self.inside[piece])
            if len(rows):
                yield rows + piece.start

    @once
    def any_goal(self) -> Int64:
        """Rows inside that fit a goal."""
        return np.unique(np.concatenate(self.goal_rows)) if self.goal_rows else np.empty(0, dtype=np.int64)

    @once
    def bounced(self) -> Int64:
        """Those of the sessions begun inside that bounced."""
        return self.begun[self.sessions.bounce[self.begun]]

    @once
    def touched(self) -> Int64:
        """Sessions with a row inside."""
        hit = np.zeros(len(self.part.session_row), dtype=np.bool_)
        for rows in self.some_rows():
            hit[self.part.session[rows]] = True
        return np.flatnonzero(hit)

    @once
    def touched_person(self) -> Int32:
        """Their persons."""
        return self.sessions.person[self.touched]

    @once
    def won(self) -> Int64:
        """Sessions with a goal inside."""
        return _sessions_of(self.part, self.any_goal)

    @once
    def won_person(self) -> Int32:
        """Their persons."""
        return self.sessions.person[self.won]

    @once
    def others(self) -> View | None:
        """Those of whom nothing is inside, where they are few and of everybody else all is; bots are never counted."""
        part = self.part
        few = (len(part.kind_rows) - np.count_nonzero(self.inside)) * FEW < part.size
        if self.include_bots or not few:
            return None
        outside = ~self.inside & (part.bot == 0)
        rows = np.flatnonzero(outside)
        gone = np.flatnonzero(np.bincount(part.person[rows], minlength=len(part.persons)))
        if self.inside[ranges(part.person_row[gone], part.person_row[gone + 1])].any():
            return None
        return self._of(outside)

    @once
    def everybody(self) -> View:
        """All of the part's people over all time."""
        return self._of(self.part.bot == 0)

    def _of(self, inside: Bool) -> View:
        return replace(self, inside=inside, begun=np.flatnonzero(inside[self.part.session_row]), goal_rows=())


def added(view: View, key: object, count: Callable[[View], Int64]) -> Int64:
    """What `count` finds in a view, goals aside, if it adds up over people.

    Where nearly everybody is inside, what it finds of everybody is kept with the part, and that of the others taken
    away.

    Args:
        key: what the answer hangs on besides the view.
    """
    if view.others is None:
        return count(view)
    whole = view.part.memo.get(("overview", key), lambda: count(view.everybody))
    return whole - count(view.others) if view.others.inside.any() else whole


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


def look(journeys: Journeys, query: Query) -> list[View]:
    """Every part through the question; another stretch is seen through the question with the range of that stretch.

    There is no other way to ask, because filters that speak of the range mean the days that are looked at.
    """
    matchers = [matcher for _, matcher in query.site.goals]
    return [_view(journeys, part, query, matchers) for part in journeys.each()]


def _view(journeys: Journeys, part: Part, query: Query, goals: Sequence[Matcher]) -> View:
    mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
    goal_rows = []
    for goal in goals:
        rows = rows_of_any(journeys, part, [goal], query.include_bots)
        goal_rows.append(rows[mask[rows]])
    return View(
        part=part,
        include_bots=query.include_bots,
        inside=mask,
        begun=np.flatnonzero(mask[part.session_row]),
        sessions=sessions(journeys, part, query.include_bots),
        goal_rows=goal_rows,
        pages=kind_mask(journeys, lambda kind: kind.type == PAGE),
    )


def united(old: Sequence[View], new: Sequence[View]) -> list[View]:
    """Two stretches, one directly behind the other, as one; both of the same parts and people."""
    return [_united(one, other) for one, other in zip(old, new, strict=True)]


def _united(old: View, new: View) -> View:
    inside = old.inside | new.inside
    goal_rows = [np.sort(np.concatenate(rows)) for rows in zip(old.goal_rows, new.goal_rows, strict=True)]
    return replace(old, inside=inside, begun=np.flatnonzero(inside[old.part.session_row]), goal_rows=goal_rows)


def _sessions_of(part: Part, rows: Int64) -> Int64:
    hit = np.zeros(len(part.session_row), dtype=np.bool_)
    hit[part.session[rows]] = True
    return np.flatnonzero(hit)


def totals(views: Sequence[View], goals: int) -> Totals:
    """The sums over all parts."""
    found = Totals(goal_people=[0] * goals, goal_count=[0] * goals, goal_value=[None] * goals)
    for view in views:
        part = view.part
        people, begun, pages, bounced, engaged = added(view, "totals", _sums).tolist()
        found.people += people
        found.sessions += begun
        found.views += pages
        found.bounces += bounced
        found.engaged += engaged
        found.converted += distinct_sorted(part.person[view.any_goal])
        for at, rows in enumerate(view.goal_rows):
            found.goal_people[at] += distinct_sorted(part.person[rows])
            found.goal_count[at] += len(rows)
            values = part.value[rows]
            if not np.isnan(values).all():
                # A goal whose events say no value is worth nothing known, which is not the same as nothing.
                found.goal_value[at] = (found.goal_value[at] or 0.0) + float(np.nansum(values))
    return found


def _sums(view: View) -> Int64:
    """People, sessions begun, page views, bounces, engaged milliseconds."""
    people, pages, before = 0, 0, -1
    for rows in view.some_rows():
        person = view.part.person[rows]
        people += distinct_sorted(person) - int(person[0] == before)
        before = int(person[-1])
        pages += int(np.count_nonzero(view.pages[view.part.kind[rows]]))
    engaged = view.sessions.engaged[view.begun].sum()
    return np.array([people, len(view.begun), pages, len(view.bounced), engaged], dtype=np.int64)
