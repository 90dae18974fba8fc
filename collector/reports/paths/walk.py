"""The walk from an anchor: the next places and those before, as a column of codes a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.paths.anchors import Anchors
from collector.reports.paths.places import Rules, at_place, place_rows
from collector.reports.paths.tape import UNIT_BITS, Tape, tape

Codes: TypeAlias = NDArray[Any]

# What a column holds where it holds no place.
LEFT, BEGAN, GOAL, ANCHOR, NONE = -1, -2, -3, -4, -5
OFFSET = 5
MOST_PLACES = 10  # of a journey that are told one by one


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What decides how walks are read: the rules of places, the unit, ms of a person's window, loops, and bots."""

    rules: Rules
    sessions: bool
    window: int
    loops: bool
    include_bots: bool


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """One entry an anchor.

    layers: the columns of the flow, from left to right. journey: the columns of the whole journey (`MOST_PLACES` at
    most) in the order they are compared in; longer: whether there are more. seconds: how long some of them took, NaN
    where only one place is known. reached: whether the goal was reached, None where there is none. time: the anchor's,
    ms UTC.
    """

    anchors: Anchors
    person: Int64
    time: Int64
    layers: Sequence[Codes]
    journey: Sequence[Codes]
    longer: Bool
    seconds: Callable[[Int64], Float64]
    reached: Bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Which stays each anchor may walk: on `first` to `end` (exclusive), back from `before` down to `begin`.

    placed: whether the anchor itself is at a place.
    """

    placed: Bool
    first: Int64
    end: Int64
    before: Int64
    begin: Int64


def question_of(query: Query, rules: Rules) -> Question:
    """The settings in a query's values."""
    window = query.values["window"]
    return Question(
        rules,
        query.values["unit"] == "session",
        window if isinstance(window, int) else 0,
        bool(query.values["loops"]),
        query.include_bots,
    )


def reach_of(journeys: Journeys, asked: Question, anchors: Anchors, of: Tape) -> Reach:
    """The stays within the visit, or within the window of a person."""
    part, unit, row = anchors.part, anchors.unit, anchors.row
    stay = of.stay_at(unit, row) if anchors.stay is None else anchors.stay
    if anchors.stay is None:
        placed = at_place(journeys, part, asked.rules, row, asked.include_bots)
        # An event may lie within a stay (a click between views of one page): that page was before it and comes after.
        within = ~placed & (stay >= of.start[unit])
        within[within] = of.last[stay[within]] > row[within]
    else:
        placed, within = np.ones(len(row), dtype=np.bool_), np.zeros(len(row), dtype=np.bool_)
    first = np.where(within, stay, stay + 1)
    before = np.where(placed, stay - 1, stay)
    begin, end = of.start[unit], of.start[unit + 1]
    lowest, highest = np.zeros(len(row), dtype=np.int64), np.full(len(row), part.size)
    if not asked.sessions:
        lowest, highest = _window(part, unit, row, asked.window)
        end = np.minimum(end, np.searchsorted(of.row, highest.astype(np.int32), side="left"))
        begin = np.maximum(begin, np.searchsorted(of.last, lowest.astype(np.int32), side="left"))
    reached = anchors.goal >= 0
    if reached.any():
        end = np.where(reached, _goal_end(journeys, asked, anchors, of), end)
        highest = np.where(reached, anchors.goal, highest)
    if not asked.sessions or reached.any():
        late, early = _beyond(journeys, asked, anchors, within, lowest, highest)
        first[late] += 1
        before[early] -= 1
    return Reach(placed, first, end, before, begin)


def _window(part: Part, person: Int64, row: Int64, window: int) -> tuple[Int64, Int64]:
    """The person's rows within `window` before and after a row: the first, and the one after the last."""
    key = part.key[row]
    lowest = np.searchsorted(part.key, key - window, side="left")
    highest = np.searchsorted(part.key, key + window, side="right")
    return np.maximum(lowest, part.person_row[person]), np.minimum(highest, part.person_row[person + 1])


def _beyond(
    journeys: Journeys, asked: Question, anchors: Anchors, within: Bool, lowest: Int64, highest: Int64
) -> tuple[Int64, Int64]:
    """Of anchors within a stay, those whose stay goes on only from row `highest`, and was only before row `lowest`."""
    inside = np.flatnonzero(within)
    if not len(inside):
        return inside, inside
    part, unit = anchors.part, anchors.unit[inside]
    owner = part.session if asked.sessions else part.person
    wanted = np.zeros(len(part.session_row) if asked.sessions else len(part.persons), dtype=np.bool_)
    wanted[unit] = True
    rows = place_rows(journeys, part, asked.rules, asked.include_bots)
    rows = rows[wanted[owner[rows]]]
    keys = np.sort((owner[rows].astype(np.int64) << UNIT_BITS) | rows)
    here, low, high = (
        np.searchsorted(keys, (unit << UNIT_BITS) | ends[inside]) for ends in (anchors.row, lowest, highest)
    )
    return inside[high <= here], inside[low >= here]


def _goal_end(journeys: Journeys, asked: Question, anchors: Anchors, of: Tape) -> Int64:
    """The stay that the goal is, or the one after the last that began before it."""
    goal = np.maximum(anchors.goal, 0)
    stay = of.stay_at(anchors.unit, goal)
    return np.where(at_place(journeys, anchors.part, asked.rules, goal, asked.include_bots), stay, stay + 1)


def onward(of: Tape, reach: Reach, ending: Codes, count: int, loops: bool) -> list[Codes]:
    """The next `count` places of each; then once what it ends with, then `NONE`."""
    follow = _jumps(of, ahead=True) if loops else None
    return _columns(of, reach.first, reach.end, ending, count, follow, reach.placed, 1)


def backward(of: Tape, reach: Reach, count: int, loops: bool) -> list[Codes]:
    """The `count` places before each, the nearest first; then once `BEGAN`, then `NONE`."""
    follow = _jumps(of, ahead=False) if loops else None
    ending = np.full(len(reach.first), BEGAN, dtype=of.code.dtype)
    return _columns(of, reach.before, reach.begin, ending, count, follow, reach.placed, -1)


def _columns(
    of: Tape, start: Int64, stop: Int64, ending: Codes, count: int, follow: Int32 | None, placed: Bool, way: int
) -> list[Codes]:
    here, at, end = (given.astype(np.int32) for given in (np.arange(len(start)), start, stop))
    columns = []
    for step in range(count):
        column = np.full(len(placed), NONE, dtype=of.code.dtype)
        going = at < end if way > 0 else at >= end
        stopped = here[np.flatnonzero(~going)]
        column[stopped] = ending[stopped]
        on = np.flatnonzero(going)
        here, at, end = here[on], at[on], end[on]
        column[here] = of.code[at]
        columns.append(column)
        if follow is None or not len(at):
            at = at + way
        elif step == 0:
            # The second place of a walk is never a going back: where the anchor is no place, there is none before it.
            at = np.where(placed[here], follow[at], at + way)
        else:
            at = follow[at]
    return columns


def _jumps(of: Tape, ahead: bool) -> Int32:
    """For each stay the next (or the one before) that is not a going back to the place of two stays ago.

    A unit's end is not looked at here, for who walks stops there by himself.
    """
    size = len(of.code)
    stays = np.arange(size, dtype=np.int32)
    other = np.zeros(size, dtype=np.bool_)
    if ahead:
        other[2:] = of.code[2:] != of.code[:-2]
        kept = np.where(other, stays, size)
        return np.append(np.minimum.accumulate(kept[::-1])[::-1][1:], size).astype(np.int32)
    other[:-2] = of.code[:-2] != of.code[2:]
    kept = np.where(other, stays, -1)
    return np.concatenate(([-1], np.maximum.accumulate(kept)[:-1])).astype(np.int32) if size else stays


def read(journeys: Journeys, asked: Question, anchors: Anchors) -> tuple[Tape, Reach]:
    """The tape that these anchors walk on, and how far."""
    of = tape(journeys, anchors.part, asked.rules, asked.sessions, asked.include_bots)
    return of, reach_of(journeys, asked, anchors, of)
