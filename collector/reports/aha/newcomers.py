"""Who began, and what became of them after their first days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.params import EVERY
from collector.reports.scope import choose

_NEVER = np.iinfo(np.int64).max
# A half of the people, by their code: the same half in every question and on every machine (splitmix64's finaliser).
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True, eq=False)
class Newcomers:
    """Those of a part who began in the range, as columns over `part.persons`.

    start: ms UTC of the first event ever that fits the start, or never. held: of the half that findings are told by.
    outcome: keys of the rows that are the outcome (see `Part.key`).
    """

    part: Part
    start: Int64
    held: Bool
    outcome: Int64

    @property
    def began(self) -> Bool:
        """Who began in the range."""
        found: Bool = self.start != _NEVER
        return found

    def states(self, days: Sequence[int], horizon: int, now: int, again: bool) -> list[Int64]:
        """For each of `days` (ms) and each person -1, or outcome + 2 * held.

        A person counts if the `horizon` ms after the first days are over at `now` and, unless the outcome may come
        `again`, if the first days hold none: what came before the outcome is asked for.
        """
        who = np.flatnonzero(self.began & (self.start <= now - horizon - min(days)))
        start = self.start[who]
        first = self._next(who, start)
        found = []
        for within in days:
            check()
            following = self._next(who, start + within + 1) if again else first
            reached = following <= start + within + horizon
            counts = start + within + horizon <= now
            if not again:
                counts &= first > start + within
            state = np.full(len(self.start), -1, dtype=np.int64)
            state[who] = np.where(counts, reached + 2 * self.held[who], -1)
            found.append(state)
        return found

    def row_at(self, person: Int64, after: int) -> Int64:
        """The first row of each of these persons, who began, at `after` ms since their start or later."""
        part = self.part
        latest = 1 << part.shift
        offset = np.minimum(self.start[person] + after - part.origin, latest)
        return np.searchsorted(part.key, (person << part.shift) + offset)

    def _next(self, person: Int64, time: Int64) -> Int64:
        """When each of these persons first reached the outcome at that time or later, never where they did not."""
        part, keys = self.part, self.outcome
        if not len(keys):
            return np.full(len(person), _NEVER, dtype=np.int64)
        latest = (1 << part.shift) - 1
        offset = time - part.origin
        place = np.searchsorted(keys, (person << part.shift) + np.clip(offset, 0, latest))
        found = keys[np.minimum(place, len(keys) - 1)]
        mine = (place < len(keys)) & (found >> part.shift == person) & (offset <= latest)
        return np.where(mine, (found & latest) + part.origin, _NEVER)


def newcomers(journeys: Journeys, part: Part, query: Query, start: Matcher, outcome: Matcher) -> Newcomers:
    """Who of the part began in the question's range."""
    check()
    first = _first(journeys, part, start, query.include_bots)
    time = part.time[first]
    chosen = choose(journeys, part, query, lasting=True)[part.person[first]]
    kept = chosen & (time >= query.start) & (time < query.end)
    begun = np.full(len(part.persons), _NEVER, dtype=np.int64)
    begun[part.person[first[kept]]] = time[kept]
    return Newcomers(part, begun, halves(part.persons), journeys.hits(part, outcome, query.include_bots).keys)


def _first(journeys: Journeys, part: Part, start: Matcher, include_bots: bool) -> Int64:
    """Each person's first row that fits, of those who have one."""
    if start == EVERY and (include_bots or not part.bot.any()):
        return part.person_row[:-1]
    rows = journeys.rows(part, start, include_bots)
    person = part.person[rows]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = person[1:] != person[:-1]
    return rows[fresh]


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


DAYS = (DAY, 3 * DAY, 7 * DAY)
