"""A funnel's question in one value, and whose events its chains are made of: persons' or sessions'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Exclusion, Query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Hits, Int64, Part
from collector.reports.scope import choose


@dataclass(frozen=True, slots=True)
class Plan:
    """What a funnel asks, without the people: steps, ms of the window, order (ordered, strict, any), exclusions.

    An entrant's first step falls in `start <= time < end`.
    """

    steps: tuple[Matcher, ...]
    window: int
    order: str
    exclude: tuple[Exclusion, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The persons or sessions of a part, numbered. Keys are `unit << shift | time - origin`, ascending in every list.

    sessions: whether units are sessions. chosen: which units count, None for all.
    person: index into `part.persons` of each unit, whichever the slice; None where units are persons.
    steps, excluded: the events that fit, a list each. bots: whether events of bots count.
    first, count: the units that the lists are about, a slice of them perhaps.
    """

    part: Part
    sessions: bool
    shift: int
    origin: int
    chosen: Bool | None
    person: Int64 | None
    steps: Sequence[Hits]
    excluded: Sequence[Hits]
    bots: bool
    first: int
    count: int

    def slices(self, size: int) -> list[Units]:
        """The same in slices of about `size` events of the lists together, small enough for a processor's cache."""
        lists = [*self.steps, *self.excluded]
        pieces = max(sum(len(hits.keys) for hits in lists) // size, 1)
        longest = max(lists, key=lambda hits: len(hits.keys)).keys
        at = (np.arange(1, pieces) * len(longest)) // pieces
        edges = np.unique(np.concatenate(([0], longest[at] >> self.shift, [self.count])))
        if len(edges) < 3:
            return [self]
        cuts = [np.append(np.searchsorted(hits.keys, edges[:-1] << self.shift), len(hits.keys)) for hits in lists]
        found = []
        for number in range(len(edges) - 1):
            cut = [
                Hits(hits.keys[where[number] : where[number + 1]], hits.rows[where[number] : where[number + 1]])
                for hits, where in zip(lists, cuts, strict=True)
            ]
            steps, excluded = cut[: len(self.steps)], cut[len(self.steps) :]
            first, end = int(edges[number]), int(edges[number + 1])
            found.append(replace(self, steps=steps, excluded=excluded, first=first, count=end - first))
        return found


def lasting(sessions: bool, window: int) -> bool:
    """Whether people are followed for longer than a day."""
    return not sessions and window > DAY


def units_of(journeys: Journeys, part: Part, query: Query, plan: Plan, sessions: bool) -> Units:
    """The units of `part` with the events that the plan speaks of."""
    chosen = choose(journeys, part, query, lasting=lasting(sessions, plan.window))
    owner = part.person[part.session_row].astype(np.int64) if sessions else None
    everyone = bool(chosen.all())

    def hits(matcher: Matcher) -> Hits:
        found = journeys.hits(part, matcher, query.include_bots)
        return _by_session(part, found) if sessions else found

    return Units(
        part=part,
        sessions=sessions,
        shift=_shift(part, len(part.session_row)) if sessions else part.shift,
        origin=part.origin,
        chosen=None if everyone else chosen if owner is None else chosen[owner],
        person=owner,
        steps=[hits(step) for step in plan.steps],
        excluded=[hits(exclusion.matcher) for exclusion in plan.exclude],
        bots=query.include_bots,
        first=0,
        count=len(part.persons if owner is None else owner),
    )


def _shift(part: Part, units: int) -> int:
    if part.shift + units.bit_length() > 63:
        raise OverflowError(f"{units} sessions over {part.shift} bits of time do not fit one part")
    return part.shift


def _by_session(part: Part, hits: Hits) -> Hits:
    """The same events in the order of their sessions; two visitors of one person may interleave."""
    within = hits.keys & ((1 << part.shift) - 1)
    keys = (part.session[hits.rows].astype(np.int64) << part.shift) | within
    if len(keys) < 2 or bool((keys[1:] >= keys[:-1]).all()):
        return Hits(keys, hits.rows)
    order = np.argsort(keys, kind="stable")
    return Hits(keys[order], hits.rows[order])


def every_event(units: Units, which: Int64) -> Hits:
    """All events of these units (ascending numbers), not only those that fit, in no order."""
    part = units.part
    person = which if units.person is None else np.unique(units.person[which])
    rows = ranges(part.person_row[person], part.person_row[person + 1])
    keep = part.counted(units.bots, rows)
    if units.sessions:
        keep &= np.isin(part.session[rows], which)
    rows = rows[keep]
    unit = (part.session if units.sessions else part.person)[rows].astype(np.int64)
    return Hits((unit << units.shift) | (part.key[rows] & ((1 << part.shift) - 1)), rows)


def ranges(first: Int64, end: Int64) -> Int64:
    """All numbers from each first one to before each end."""
    many = end - first
    found: Int64 = np.arange(many.sum()) + np.repeat(first - (np.cumsum(many) - many), many)
    return found


def disjoint(journeys: Journeys, plan: Plan, units: Units) -> bool:
    """Whether no event fits two steps: then chains need not remember which events they have used."""
    steps = list(zip(plan.steps, units.steps, strict=True))
    return not any(_share_events(journeys, one, other) for at, one in enumerate(steps) for other in steps[at + 1 :])


def _share_events(journeys: Journeys, one: tuple[Matcher, Hits], other: tuple[Matcher, Hits]) -> bool:
    if one[0] == other[0]:
        return True
    by_kind = [matcher.subject != "any" and not matcher.is_source for matcher in (one[0], other[0])]
    if all(by_kind) and not journeys.kind_ids(one[0]) & journeys.kind_ids(other[0]):
        return False
    few, many = sorted((np.sort(one[1].rows), np.sort(other[1].rows)), key=len)
    if not len(few):
        return False
    places = np.minimum(np.searchsorted(many, few), len(many) - 1)
    return bool((many[places] == few).any())
