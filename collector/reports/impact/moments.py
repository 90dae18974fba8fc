"""The moments at which somebody could have been exposed, and who really was.

A moment is either the beginning of a visit, or the time after an event of a visit, before the next one or before
leaving. Comparing moments rather than people is what keeps waiting time from being counted as an effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Bool, Int64
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """All moments of all people, in the order of `key` = 2 * row + (0 arriving at the row, 1 after it).

    row: the tape's row; after: bool. control: not yet exposed, not yet converted, in range, horizon over.
    case: the place among the moments of each exposure that counts; case_row: the row of that exposure.
    reasons: exposed people left out, by reason, as person places.
    """

    key: Int64
    row: Int64
    after: Bool
    control: Bool
    case: Int64
    case_row: Int64
    reasons: dict[str, Int64]


def find_moments(tape: Tape, plan: Plan) -> Moments:
    """Every moment, which of them may serve as controls, and where the exposures that count happened."""
    starts = np.flatnonzero(tape.first == np.arange(tape.none))
    key = 2 * starts if plan.at_start else np.concatenate([2 * starts, 2 * np.arange(tape.none) + 1])
    key = np.sort(key, kind="stable")  # two ascending runs, which a stable sort merges
    row, after = key // 2, key % 2 == 1
    case_row, reasons = _cases(tape, plan)
    case_key = _case_keys(tape, case_row)
    every = np.flatnonzero(tape.exposed < tape.none)
    control = _open(tape, plan, row, after)
    control[np.searchsorted(key, _case_keys(tape, tape.exposed[every]))] = False
    return Moments(key, row, after, control, np.searchsorted(key, case_key), case_row, reasons)


def _case_keys(tape: Tape, exposure: Int64) -> Int64:
    """The moment of an exposure: arriving where it begins a visit, else after the visit's event before it."""
    return np.where(tape.first[exposure] == exposure, 2 * exposure, 2 * _before(tape)[exposure] + 1)


def _before(tape: Tape) -> Int64:
    """For each row the row before it in its session (itself for the first one)."""
    order = np.argsort(tape.session, kind="stable")
    before = np.arange(tape.none)
    same = tape.session[order[1:]] == tape.session[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _open(tape: Tape, plan: Plan, row: Int64, after: Bool) -> Bool:
    person, time = tape.person[row], tape.time[row]
    fits = (time >= plan.start) & (time < plan.end) & (time + plan.horizon <= plan.as_of)
    fits &= row < tape.exposed[person]
    return fits & np.where(after, row < tape.reached[person], row <= tape.reached[person])


def _cases(tape: Tape, plan: Plan) -> tuple[Int64, dict[str, Int64]]:
    people = np.flatnonzero(tape.exposed < tape.none)
    row = tape.exposed[people]
    time = tape.time[row]
    inside = (time >= plan.start) & (time < plan.end)
    fresh = row < tape.reached[people]
    over = time + plan.horizon <= plan.as_of
    reasons = {
        "converted": people[inside & ~fresh],
        "open": people[inside & fresh & ~over],
    }
    return row[inside & fresh & over], reasons
