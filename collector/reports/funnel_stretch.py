"""The stretches of time in which the actions of those who went on and of the dropped are compared, alike for both.

*Before*: the seven days up to the instant in which each reached the step for the first time, whatever came of it: who
goes on at a later attempt is not asked of that one, before which there is more time. *After*: a first
stretch from that instant on, of the same length for everybody (a landmark analysis): only those who had not gone on by
its end are compared, so that nobody's stretch is cut short by the outcome, and only those who did anything in it, so
that an action does not merely tell who had left at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.core.times import DAY, HOUR, MINUTE, SECOND
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_seek import session_ends

BEFORE = 7 * DAY
# How long the stretch after the step may be; the longest that three in four of those who went on were slower than.
_AFTER = (10 * SECOND, 20 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, DAY)
_LATER_THAN = 0.25
# Most have a few events in their stretch, and going from one to the next is quicker than searching for the last one.
_WALKED = 16
# So many stretches at a time fit a processor's cache.
_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Who is compared, and which events of each count: up to `length` ms before the step, or after it where `later`.

    went: of each entrant whether they went on.
    """

    entrants: Int64
    went: Bool
    length: int
    later: bool


def before(outcome: Outcome, step: int) -> Stretch:
    """The days before step `step` (from 1), of all who had the whole window."""
    entrants = outcome.settled(step)
    return Stretch(entrants, outcome.reach[entrants] > step, BEFORE, later=False)


def after(outcome: Outcome, step: int) -> Stretch | None:
    """The first stretch after the step, of those who had not gone on by its end; None where most go on at once."""
    entrants = outcome.settled(step)
    went = outcome.reach[entrants] > step
    if not went.any():
        return None
    gap = outcome.arrived(step + 1, entrants[went])[0] - outcome.arrived(step, entrants[went])[0]
    early = float(np.quantile(gap, _LATER_THAN))
    length = max((one for one in _AFTER if one < early), default=0)
    if not length:
        return None
    still = np.ones(len(entrants), dtype=np.bool_)
    still[went] = gap > length
    return Stretch(entrants[still], went[still], length, later=True)


def events_within(outcome: Outcome, step: int, stretch: Stretch, bots: bool) -> Iterator[tuple[Int64, Int64, Int32]]:
    """The events in the stretches, in no order, some entrants at a time.

    Yields:
        Places in `entrants`, and for each event of theirs a place among those and the kind.
    """
    _, own = outcome.arrived(step, stretch.entrants)
    for number, part in enumerate(outcome.parts):
        here = np.arange(len(own))[outcome.within(number, stretch.entrants)]
        for begin in range(0, len(here), _AT_ONCE):
            piece = here[begin : begin + _AT_ONCE]
            rows = own[piece]
            place, found = _rows(part, rows, stretch, outcome.sessions)
            keep = part.counted(bots, found)
            if outcome.sessions:
                keep &= part.session[found] == part.session[rows][place]
            kept = np.flatnonzero(keep)
            yield piece, place[kept], part.kind[found[kept]]


def _rows(part: Part, own: Int64, stretch: Stretch, sessions: bool) -> tuple[Int64, Int64]:
    """The rows of the stretches, those at the instant of the step aside; and the place in `own` of each.

    Most have a few: going from one row to the next is quicker than looking for the last. The rest is searched for.
    """
    found: list[tuple[Int64, Int64]] = []
    later = stretch.later
    place, row, instant = np.arange(len(own)), own, part.key[own]
    bound = _bounds(part, own, instant, stretch, sessions)
    for _ in range(_WALKED):
        row = row + 1 if later else row - 1
        key = part.key.take(row, mode="clip")
        inside = (key <= bound) & (row < part.size) if later else (key >= bound) & (row >= 0)
        going = np.flatnonzero(inside)
        place, row, bound, instant, key = place[going], row[going], bound[going], instant[going], key[going]
        other = key != instant
        found.append((place, row) if other.all() else (place[other], row[other]))
    if len(row):
        first = row + 1 if later else np.searchsorted(part.key, bound)
        end = np.searchsorted(part.key, bound, "right") if later else row
        many = np.maximum(end - first, 0)
        rows = np.arange(many.sum()) + np.repeat(first - (np.cumsum(many) - many), many)
        other = part.key[rows] != np.repeat(instant, many)
        found.append((np.repeat(place, many)[other], rows[other]))
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def _bounds(part: Part, own: Int64, key: Int64, stretch: Stretch, sessions: bool) -> Int64:
    """The key of the last instant of each one's stretch, or of the first where it lies before the step."""
    most = (1 << part.shift) - 1
    length = min(stretch.length, most)
    bound: Int64 = np.minimum(key + length, key | most) if stretch.later else np.maximum(key - length, key & ~most)
    if sessions and stretch.later:
        np.minimum(bound, part.key[session_ends(part)[part.session[own]]], out=bound)
    elif sessions:
        np.maximum(bound, part.key[part.session_row[part.session[own]]], out=bound)
    return bound
