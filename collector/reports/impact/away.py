"""Times between visits, at which an ad could have been seen elsewhere.

Who sees an ad elsewhere is away from the site, so that they are compared with people away for as long, not with people
on it. Time away is cut into strata. In each stratum that somebody enters, a time is drawn evenly from all of it and is
kept if it comes before they are back: so many are kept as the person's time at risk there is of the stratum's length,
which makes exposures per kept time a rate (person-moments as a base series; Hanley & Miettinen, International Journal
of Biostatistics 2009).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.times import DAY, HOUR, MINUTE
from collector.journeys.part import Int64
from collector.reports.impact.lots import lots
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape

NOTHING = 0  # the kind of a row at which nothing happens; those of events begin at 1
_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 365)
EDGES = np.array([0, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, *(day * DAY for day in _DAYS)])
STRATA = len(EDGES) - 1
_KEPT = ("person", "channel", "device", "seen")
_EMPTY = ("kind", "page", "goal", "dose", "value", "engaged", "arrives")
S = TypeVar("S", bound=np.generic)


def stratum(away: Int64) -> Int64:
    """The stratum of a time away in ms; `STRATA` for one longer than all."""
    return np.searchsorted(EDGES, away, side="right") - 1


def with_ticks(tape: Tape, plan: Plan) -> Tape:
    """The tape with a row for each time drawn between the rows of people not exposed yet.

    Only strata in which somebody was exposed have any: elsewhere nobody could be compared.
    """
    after, time = _drawn(tape, plan)
    rows = np.arange(tape.none + 1)
    moved = rows + np.searchsorted(after, rows, side="left")
    place = after + 1 + np.arange(len(after))

    def spread(column: NDArray[S], drawn: NDArray[S] | int) -> NDArray[S]:
        whole = np.empty(tape.none + len(after), dtype=column.dtype)
        whole[moved[:-1]] = column
        whole[place] = drawn
        return whole

    return replace(
        tape,
        **{name: spread(getattr(tape, name), getattr(tape, name)[after]) for name in _KEPT},
        **{name: spread(getattr(tape, name), NOTHING) for name in _EMPTY},
        time=spread(tape.time, time),
        first=spread(moved[tape.first], moved[tape.first[after]]),
        before=spread(moved[tape.before], place),
        seat=spread(np.where(tape.seat < 0, -1, moved[tape.seat]), moved[tape.seat[after]]),
        begin=moved[tape.begin],
        exposed=moved[tape.exposed],
        reached=moved[tape.reached],
    )


def _drawn(tape: Tape, plan: Plan) -> tuple[Int64, Int64]:
    """The times drawn, each with the row that it comes after; both ascend within a person."""
    rows = np.flatnonzero((np.arange(tape.none) < tape.exposed[tape.person]) & (tape.seat >= 0))
    last = np.append(tape.person[1:] != tape.person[:-1], True)[rows]
    until = np.where(last, plan.as_of, tape.time[np.minimum(rows + 1, tape.none - 1)])
    left = tape.time[tape.seat[rows]]
    # Before the range nobody is exposed, and what comes later than the last horizon censors nobody.
    begin = np.maximum(tape.time[rows], plan.start) - left
    end = np.minimum(until, min(plan.end + plan.horizon, plan.as_of)) - left
    after, time = [], []
    for at in _met(tape):
        low, high = EDGES[at], EDGES[at + 1]
        inside = np.flatnonzero((begin < high) & (end > low))
        away = low + (lots(tape.code[tape.person[rows[inside]]], left[inside], at) * (high - low)).astype(np.int64)
        kept = (away >= begin[inside]) & (away < end[inside])
        after.append(rows[inside[kept]])
        time.append((left[inside] + away)[kept])
    found = np.concatenate([rows[:0], *after])
    order = np.argsort(found, kind="stable")  # strata ascend, so that times after the same row do
    return found[order], np.concatenate([rows[:0], *time])[order]


def _met(tape: Tape) -> list[int]:
    """The strata in which somebody was exposed."""
    exposed = tape.exposed[tape.exposed < tape.none]
    seat = tape.seat[exposed]
    known = seat >= 0
    found = np.unique(stratum(tape.time[exposed[known]] - tape.time[seat[known]]))
    return [int(at) for at in found if at < STRATA]
