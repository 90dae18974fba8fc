"""Who was in an experiment, in which arm, and what they did within the time that each of them has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.assigned import assigned
from collector.reports.experiment.outcomes import before, outcome, within
from collector.reports.experiment.people import People, Plan
from collector.reports.experiment.properties import texts
from collector.reports.experiment.seen import EXPOSURE, NAME, SHARE, VARIANT
from collector.reports.numbers import numbers
from collector.reports.scope import choose

Number = TypeVar("Number", np.int64, np.float64, np.bool_)


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
    before: Bool
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
        before=_joined([piece.before for piece in pieces], np.bool_),
        priced=any(piece.priced for piece in pieces),
    )


def _piece(journeys: Journeys, query: Query, plan: Plan, part: Part) -> _Piece | None:
    rows = assigned(journeys, part, EXPOSURE, query.include_bots).rows.astype(np.int64)
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
    delay, value, priced = outcome(journeys, query, plan, part, since)
    took = np.zeros(len(part.persons), dtype=np.bool_)
    if plan.took is not None:
        hit = within(part, journeys.rows(part, plan.took, query.include_bots), since, plan.horizon)
        took[part.person[hit]] = True
    earlier = before(part, journeys.rows(part, plan.goal, query.include_bots), since, plan.horizon)
    return _Piece(
        part=part,
        person=who,
        variant=variants,
        arm=arm[first],
        time=time,
        share=numbers(journeys, part, SHARE, rows[first]),
        both=other[who],
        delay=delay[who],
        value=value[who],
        took=took[who],
        before=earlier[who],
        priced=priced,
    )


def _joined(pieces: list[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate(pieces).astype(kind) if pieces else np.empty(0, dtype=kind)
