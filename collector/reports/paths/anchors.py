"""Where each visit's or person's path is anchored: its landing, the start, the goal or the event asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan, lasting
from collector.reports.params import EVERY
from collector.reports.paths.places import Rules, at_place
from collector.reports.paths.tape import tape
from collector.reports.scope import choose


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """One a unit of the part, ascending: the unit, the row it is anchored at, and that of the goal, -1 for none.

    stay: the stay on the tape that the row begins, where that is known already.
    """

    part: Part
    unit: Int64
    row: Int64
    goal: Int64
    stay: Int64 | None = None

    def where(self, mask: Bool) -> Anchors:
        """Some of them."""
        stay = None if self.stay is None else self.stay[mask]
        return Anchors(self.part, self.unit[mask], self.row[mask], self.goal[mask], stay)


def of_steps(journeys: Journeys, query: Query, steps: tuple[Matcher, ...], window: int) -> list[Anchors]:
    """Anchored at the first of the steps, with the second as goal: the very chains of the funnel of these steps."""
    parts = list(journeys.each())
    if steps == (EVERY,) and query.values["unit"] == "session" and all(_within(part, query) for part in parts):
        return [_beginnings(journeys, query, part, window) for part in parts]
    plan = Plan(steps, window, "ordered", (), query.start, query.end)
    found = outcome(journeys, query, plan)
    anchors = []
    for part, chain in zip(found.parts, found.chains, strict=True):
        goal = np.full(len(chain.unit), -1, dtype=np.int64)
        if len(steps) > 1:
            goal[chain.reach > 1] = chain.details.row(1)
        anchors.append(Anchors(part, chain.unit.astype(np.int64), chain.details.row(0).astype(np.int64), goal))
    return anchors


def _within(part: Part, query: Query) -> bool:
    return not part.size or query.start <= part.bounds[0] <= part.bounds[1] < query.end


def _beginnings(journeys: Journeys, query: Query, part: Part, window: int) -> Anchors:
    """Anchored at the first event of each visit, which is a chain of one step that any event is."""
    row = part.session_row
    if not query.include_bots:
        row = np.where(part.bot[row] == 0, row, -1)
        # Of a visit that began as a bot's, the first event of a person's.
        late = row < 0
        if late.any():
            others = np.flatnonzero(part.bot == 0)
            others = others[late[part.session[others]]][::-1]
            row[part.session[others]] = others  # of several writes to one place the last one stays
    chosen = choose(journeys, part, query, lasting=lasting(True, window))
    unit = np.flatnonzero((row >= 0) & chosen[part.person[row]])
    return Anchors(part, unit, row[unit], np.full(len(unit), -1, dtype=np.int64))


def landings(journeys: Journeys, query: Query, rules: Rules, window: int) -> list[Anchors]:
    """Anchored at the first place: of a visit whose first place is in the range, or of a person in the range."""
    sessions = query.values["unit"] == "session"
    anchors = []
    for part in journeys.each():
        chosen = choose(journeys, part, query, lasting=lasting(sessions, window))
        rows, stay = _first_rows(journeys, query, part, rules, sessions)
        kept = (part.time[rows] >= query.start) & (part.time[rows] < query.end) & chosen[part.person[rows]]
        rows = rows[kept]
        unit = (part.session if sessions else part.person)[rows].astype(np.int64)
        none = np.full(len(rows), -1, dtype=np.int64)
        anchors.append(Anchors(part, unit, rows, none, None if stay is None else stay[kept]))
    return anchors


def _first_rows(
    journeys: Journeys, query: Query, part: Part, rules: Rules, sessions: bool
) -> tuple[Int64, Int64 | None]:
    """The first place row of each unit, of persons the first one in the range; and the stay where it begins one."""
    if sessions or query.span is None:
        of = tape(journeys, part, rules, sessions, query.include_bots)
        stay = of.start[:-1][of.start[1:] > of.start[:-1]]
        return of.row[stay].astype(np.int64), stay
    rows = np.flatnonzero((part.time >= query.start) & (part.time < query.end))
    rows = rows[at_place(journeys, part, rules, rows, query.include_bots)]
    rows = rows[part.counted(query.include_bots, rows)]
    person = part.person[rows]
    return (rows[np.concatenate(([True], person[1:] != person[:-1]))] if len(rows) else rows), None


def without(anchors: Sequence[Anchors], others: Sequence[Anchors]) -> list[Anchors]:
    """Those of units that are not among the others; both have the same parts in the same order."""
    return [one.where(~np.isin(one.unit, other.unit)) for one, other in zip(anchors, others, strict=True)]
