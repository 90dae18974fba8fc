"""Who was in an experiment, in which arm, and what they did within the time that each of them has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.experiment.properties import numbers, texts
from collector.reports.experiment.seen import EXPOSURE, NAME, SHARE, VARIANT
from collector.reports.scope import choose

Number = TypeVar("Number", np.int64, np.float64, np.bool_)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        name: of the experiment. goal, took: what counts as reached, and as taken up (None: nothing is asked).
        horizon: ms that each person has, from the first exposure on, its end inside.
        start, end: whose first exposure is in `start` <= time < `end` is in the experiment.
        as_of: ms UTC up to which events are known.
        value: the property summed over goals; None takes the event's own value.
    """

    name: str
    goal: Matcher
    horizon: int
    start: int
    end: int
    as_of: int
    took: Matcher | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody in the experiment, one element a person.

    Attributes:
        arms: names of the arms, in alphabetical order; `arm` is an index into it: the one first seen in.
        parts: where they are; `part` is an index into it and `person` one into its persons.
        time: ms UTC of the first exposure. share: the share of the arm that it told, NaN for none.
        both: seen in another arm afterwards. mature: the time for the goal is over.
        delay: ms to the first goal within the horizon, infinite for none. value: carried by all goals in it.
        took: took it up within the horizon. priced: whether any goal carried a value.
    """

    arms: tuple[str, ...]
    parts: tuple[Part, ...]
    part: Int64
    person: Int64
    arm: Int64
    time: Int64
    share: Float64
    both: Bool
    mature: Bool
    delay: Float64
    value: Float64
    took: Bool
    priced: bool

    @property
    def reached(self) -> Bool:
        """Who reached the goal."""
        found: Bool = np.isfinite(self.delay)
        return found


@dataclass(slots=True)
class _Piece:
    part: Part
    person: Int64
    variant: list[str]
    arm: Int64
    time: Int64
    share: Float64
    both: Bool
    delay: Float64
    value: Float64
    took: Bool
    priced: bool


def gather(journeys: Journeys, query: Query, plan: Plan) -> People:
    """The people of an experiment whom the question's filters leave."""
    pieces = [piece for part in journeys.each() if (piece := _piece(journeys, query, plan, part)) is not None]
    arms = tuple(sorted({piece.variant[arm] for piece in pieces for arm in np.unique(piece.arm).tolist()}))
    place = {name: at for at, name in enumerate(arms)}
    arm = [np.array([place.get(name, -1) for name in piece.variant], dtype=np.int64)[piece.arm] for piece in pieces]
    time = _joined([piece.time for piece in pieces], np.int64)
    return People(
        arms=arms,
        parts=tuple(piece.part for piece in pieces),
        part=np.repeat(np.arange(len(pieces)), [len(piece.person) for piece in pieces]),
        person=_joined([piece.person for piece in pieces], np.int64),
        arm=_joined(arm, np.int64),
        time=time,
        share=_joined([piece.share for piece in pieces], np.float64),
        both=_joined([piece.both for piece in pieces], np.bool_),
        mature=time + plan.horizon <= plan.as_of,
        delay=_joined([piece.delay for piece in pieces], np.float64),
        value=_joined([piece.value for piece in pieces], np.float64),
        took=_joined([piece.took for piece in pieces], np.bool_),
        priced=any(piece.priced for piece in pieces),
    )


def _piece(journeys: Journeys, query: Query, plan: Plan, part: Part) -> _Piece | None:
    rows = journeys.rows(part, EXPOSURE, query.include_bots)
    code, names = texts(journeys, part, rows, NAME)
    if plan.name not in names:
        return None
    rows = rows[code == names.index(plan.name)]
    arm, variants = texts(journeys, part, rows, VARIANT)
    named = np.array([bool(name) for name in variants], dtype=np.bool_)[arm] if len(rows) else arm.astype(np.bool_)
    rows, arm = rows[named], arm[named]
    chosen = choose(journeys, part, query, lasting=True)
    kept = chosen[part.person[rows]]
    rows, arm = rows[kept], arm[kept]
    person = part.person[rows].astype(np.int64)
    first = np.flatnonzero(np.append(True, person[1:] != person[:-1])) if len(rows) else np.empty(0, dtype=np.int64)
    # each row's arm beside that of the person's first row
    own = np.repeat(arm[first], np.diff(np.append(first, len(rows))))
    other = np.bincount(person[arm != own], minlength=len(part.persons)) > 0
    time = part.time[rows[first]]
    inside = (time >= plan.start) & (time < plan.end)
    first, time = first[inside], time[inside]
    if not len(first):
        return None
    who = person[first]
    since = np.full(len(part.persons), 2**62, dtype=np.int64)
    since[who] = time
    delay, value, priced = _outcome(journeys, query, plan, part, since)
    took = np.zeros(len(part.persons), dtype=np.bool_)
    if plan.took is not None:
        hit = _within(part, journeys.rows(part, plan.took, query.include_bots), since, plan.horizon)
        took[part.person[hit]] = True
    share = numbers(journeys, part, SHARE, rows[first])
    return _Piece(part, who, variants, arm[first], time, share, other[who], delay[who], value[who], took[who], priced)


def _within(part: Part, rows: Int64, since: Int64, horizon: int) -> Int64:
    """Of ascending rows those of people in the experiment, from their first exposure on, within the horizon."""
    apart = part.time[rows] - since[part.person[rows]]
    return rows[(apart >= 0) & (apart <= horizon)]


def _outcome(journeys: Journeys, query: Query, plan: Plan, part: Part, since: Int64) -> tuple[Float64, Float64, bool]:
    rows = _within(part, journeys.rows(part, plan.goal, query.include_bots), since, plan.horizon)
    person = part.person[rows]
    delay = np.full(len(part.persons), np.inf)
    # of several writes to one place the last one, here the first row, stays
    delay[person[::-1]] = (part.time[rows] - since[person])[::-1]
    carried = part.value[rows] if plan.value is None else numbers(journeys, part, plan.value, rows)
    value = np.bincount(person, weights=np.nan_to_num(carried), minlength=len(part.persons))
    return delay, value.astype(np.float64), bool(np.isfinite(carried).any())


def _joined(pieces: list[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate(pieces).astype(kind) if pieces else np.empty(0, dtype=kind)
