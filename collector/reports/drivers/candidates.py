"""What may move the goal: everything that people do here, and the ways their visits begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from collector.core.deadline import looking
from collector.core.event import CONSENT, ENGAGEMENT, IDENTIFY, PASSIVE
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Query
from collector.core.source import CHANNELS
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64
from collector.reports.drivers.people import Asked
from collector.reports.impact.plan import Plan
from collector.reports.overview_tables import kind_matcher
from collector.reports.threads import each

Found = TypeVar("Found")

LEAST = 50  # people
MOST_KINDS = 5_000
MANY_ROWS = 3_000_000  # with fewer, threads wait for each other
NO_ACT = (ENGAGEMENT, IDENTIFY, CONSENT)
NO_TOUCH = ("direct", "internal")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What people did or met: `kinds` (dictionary ids) of an action, or the `channel` (a place in CHANNELS) of a touch.

    people: who did it for the first time in the range and before the goal, with the horizon over. reached: how many of
    them reached the goal within the horizon.
    """

    matcher: Matcher
    kinds: tuple[int, ...] = ()
    channel: int = -1
    people: int = 0
    reached: int = 0


def every(journeys: Journeys, plan: Plan) -> Iterator[Candidate]:
    """What people can do here, but for the goal itself and for what happens by itself, and the ways visits begin."""
    size = np.zeros(max(journeys.kinds, default=0) + 1, dtype=np.int64)
    for part in journeys.each():
        found = np.diff(part.kind_start)
        size[: len(found)] += found[: len(size)]
    # Kinds of one name, like a page with and without its closing slash, are one action.
    grouped: dict[str, list[int]] = {}
    for number in np.argsort(-size, kind="stable")[:MOST_KINDS].tolist():
        kind = journeys.kinds.get(number)
        if kind is None or not size[number] or kind in PASSIVE or kind.type in NO_ACT:
            continue
        if not plan.goal.is_source and plan.goal.fits_kind(kind):
            continue
        text = kind_matcher(kind)
        if text is not None:
            grouped.setdefault(text, []).append(number)
    for text, numbers in grouped.items():
        if size[numbers].sum() >= LEAST:
            yield Candidate(parse_matcher(text), tuple(numbers))
    if plan.goal.is_source:
        return  # a visit begins in one way only, so that each would keep people from the goal at that very moment
    here = {source.channel for source in journeys.sources.values()}
    for at, channel in enumerate(CHANNELS):
        if channel in here and channel not in NO_TOUCH:
            yield Candidate(Matcher("source", channel), channel=at)


def of_each(
    people: Sequence[Asked], candidates: Sequence[Candidate], work: Callable[[Candidate], Found]
) -> list[Found]:
    """What `work`, which looks through these people's rows, finds of each candidate; of many rows in two threads."""
    if sum(one.part.size for one in people) >= MANY_ROWS:
        return each(work, candidates)
    return [work(candidate) for candidate in looking(candidates, 1)]


def cases(query: Query, one: Asked, candidate: Candidate) -> tuple[Int64 | Int32, Int32]:
    """Rows at which people did it for the first time, in the range and before the goal, with the horizon over; and of
    each the person.
    """
    rows = _rows(one, candidate, query.include_bots)
    person = one.part.person.take(rows)
    kept = rows < one.high.take(person)
    kept[1:] &= person[1:] != person[:-1]
    kept &= rows >= one.low.take(person)
    place = np.flatnonzero(kept)
    return rows.take(place), person.take(place)


def _rows(one: Asked, candidate: Candidate, include_bots: bool) -> Int64 | Int32:
    """All rows of a candidate, ascending."""
    part = one.part
    if candidate.channel >= 0:
        return np.asarray(part.session_row[one.came == candidate.channel])
    if include_bots:
        return np.flatnonzero(np.isin(part.kind, candidate.kinds))
    last = len(part.kind_start) - 1
    runs = [
        part.kind_rows[part.kind_start[kind] : part.kind_start[kind + 1]] for kind in candidate.kinds if kind < last
    ]
    if len(runs) == 1:
        return runs[0]
    return np.sort(np.concatenate([np.empty(0, dtype=np.int32), *runs]))
