"""Who began, and what became of them after their first days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.aha.early import rows_since, rows_since_first
from collector.reports.params import EVERY
from collector.reports.people_mask import first_times
from collector.reports.scope import choose

Int8 = NDArray[np.int8]
_NEVER = np.iinfo(np.int64).max
_UNSEEN = 2**62  # what `first_times` says of those who did nothing that counts
# A half of the people, by their code: the same half in every question and on every machine (splitmix64's finaliser).
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True, eq=False)
class Newcomers:
    """Those of a part who began in the range, as columns over `part.persons`.

    start: ms UTC of the first event ever that fits the start, or never. held: of the half that findings are told by.
    outcome: keys of the rows that are the outcome (see `Part.key`); None where whatever they do is.
    first: whether they begin with whatever they do first.
    """

    part: Part
    start: Int64
    held: Bool
    outcome: Int64 | None
    first: bool
    include_bots: bool

    @property
    def began(self) -> Bool:
        """Who began in the range."""
        found: Bool = self.start != _NEVER
        return found

    def states(self, days: Sequence[int], horizon: int, now: int, again: bool) -> list[Int8]:
        """For each of `days` (ms) and each person -1, or outcome + 2 * held.

        A person counts if the `horizon` ms after the first days are over at `now` and, unless the outcome may come
        `again`, if the first days hold none: what came before the outcome is asked for.
        """
        who = np.flatnonzero(self.began & (self.start <= now - horizon - min(days)))
        start, held = self.start[who], self.held[who].astype(np.int8) * np.int8(2)
        first = None if again else self._next(who, 0)
        found = []
        for within in days:
            check()
            following = self._next(who, within + 1) if first is None else first
            reached = following <= start + within + horizon
            counts = start + within + horizon <= now
            if first is not None:
                counts &= first > start + within
            state = np.full(len(self.start), -1, dtype=np.int8)
            state[who] = np.where(counts, reached + held, np.int8(-1))
            found.append(state)
        return found

    def row_at(self, person: Int64, after: int) -> Int64:
        """The first row that counts of each of these persons, who began, at `after` ms since their start or later."""
        if self.first:
            return rows_since_first(self.part, after, self.include_bots)[person].astype(np.int64)
        return rows_since(self.part, person, self.start[person], after, self.include_bots)

    def _next(self, person: Int64, after: int) -> Int64:
        """When each of these reached the outcome first, `after` ms since their start or later; never else."""
        part = self.part
        if self.outcome is None:
            rows = self.row_at(person, after)
            return np.where(rows < part.person_row[person + 1], part.time[np.minimum(rows, part.size - 1)], _NEVER)
        owner = self.outcome >> part.shift
        time = self.outcome - (owner << part.shift) + part.origin
        start = self.start[owner]
        fits = np.flatnonzero((start != _NEVER) & (time - after >= start))
        found = np.full(len(self.start), _NEVER, dtype=np.int64)
        # Of several writes to one place the last one stays, which is the first in time.
        found[owner[fits[::-1]]] = time[fits[::-1]]
        return found[person]


def newcomers(journeys: Journeys, part: Part, query: Query, start: Matcher, outcome: Matcher) -> Newcomers:
    """Who of the part began in the question's range."""
    check()
    bots = query.include_bots
    whatever = start == EVERY
    begun = first_times(part, bots) if whatever else _first(journeys, part, start, bots)
    kept = (begun >= query.start) & (begun < min(query.end, _UNSEEN)) & choose(journeys, part, query, lasting=True)
    return Newcomers(
        part=part,
        start=np.where(kept, begun, _NEVER),
        held=part.memo.get("halves", lambda: halves(part.persons)),
        outcome=None if outcome == EVERY else journeys.hits(part, outcome, bots).keys,
        first=whatever,
        include_bots=bots,
    )


def _first(journeys: Journeys, part: Part, start: Matcher, include_bots: bool) -> Int64:
    """For each person the time of the first row that fits, or unseen."""
    rows = journeys.rows(part, start, include_bots)[::-1]
    found = np.full(len(part.persons), _UNSEEN, dtype=np.int64)
    # Of several writes to one place the last one stays, which is the first in time.
    found[part.person[rows]] = part.time[rows]
    return found


def halves(code: Int64) -> Bool:
    """Whether a person is of the half that findings are told by."""
    mixed = code.astype(np.uint64)
    with np.errstate(over="ignore"):
        for shift, factor in ((30, _MIX[0]), (27, _MIX[1])):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    found: Bool = ((mixed ^ (mixed >> np.uint64(31))) & np.uint64(1)).astype(np.bool_)
    return found


def first_days(part: Part, people: Newcomers, rows: Int64, within: int) -> tuple[Int64, Int64]:
    """Of ascending rows those in their persons' first `within` ms: the persons who have any, and how many."""
    person = part.person[rows]
    start = people.start[person]
    early = (part.time[rows] >= start) & (part.time[rows] - start <= within) & (start != _NEVER)
    mine = person[early].astype(np.int64)
    fresh = np.flatnonzero(np.concatenate(([True], mine[1:] != mine[:-1]))) if len(mine) else np.empty(0, np.int64)
    return mine[fresh], np.diff(np.append(fresh, len(mine)))
