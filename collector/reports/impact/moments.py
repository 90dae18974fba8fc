"""The moments at which somebody could have been exposed, and who really was.

A moment is either the beginning of a visit, or the time after an event of a visit, before the next one or before
leaving; of ads that are seen elsewhere, a time between visits (`away.py`). Comparing moments rather than people is what
keeps waiting time from being counted as an effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import Bool, Int64
from collector.reports.impact.away import NOTHING, STRATA, stratum
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """All moments of people not yet exposed, in the order of `key`: 2 * row, or 2 * row + 1 after it.

    row: the tape's row; after: bool. fresh: before the goal. control: fresh, in range, with the horizon over, and not
    that of an exposure.
    case: the place among the moments of each exposure that counts; case_row: the row of that exposure.
    late: the places of exposures in range that came after the goal.
    converted, unfinished: people exposed in range who are left out, since they had reached the goal before, or since
    the horizon is not over for them; as person places.
    latest: the time of the last exposure of all, ms UTC.
    strangers, beyond: the same of ads seen elsewhere, who were never on the site before, or away for so long that
    nobody is known to compare with.
    """

    key: Int64
    row: Int64
    after: Bool
    fresh: Bool
    control: Bool
    case: Int64
    case_row: Int64
    late: Int64
    converted: Int64
    unfinished: Int64
    latest: int
    strangers: Int64
    beyond: Int64


def find_moments(tape: Tape, plan: Plan) -> Moments:
    """Every moment, which of them may serve as controls, and where the exposures that count happened."""
    key = _keys(tape, plan)
    row, after = key // 2, key % 2 == 1
    fresh = row + after <= tape.reached[tape.person[row]]
    control = fresh & _over(plan, tape.time[row])
    # An exposure counts at its own moment and is no control there, also where it lies too late to be a case.
    own = exposure_key(tape, tape.exposed[tape.exposed < tape.none])
    control[_found(key, own)] = False
    row_of, converted, unfinished = _cases(tape, plan)
    strangers, beyond = _incomparable(tape, row_of, row[control]) if plan.elsewhere else (row_of[:0], row_of[:0])
    case_row = np.setdiff1d(row_of, tape.exposed[np.concatenate([strangers, beyond])], assume_unique=True)
    return Moments(
        key=key,
        row=row,
        after=after,
        fresh=fresh,
        control=control,
        case=np.searchsorted(key, exposure_key(tape, case_row)),
        case_row=case_row,
        late=np.searchsorted(key, exposure_key(tape, tape.exposed[converted])),
        converted=converted,
        unfinished=unfinished,
        latest=int(tape.time[tape.exposed[tape.exposed < tape.none]].max(initial=0)),
        strangers=strangers,
        beyond=beyond,
    )


def _keys(tape: Tape, plan: Plan) -> Int64:
    rows = np.arange(tape.none)
    if plan.elsewhere:
        away, own = tape.kind == NOTHING, tape.exposed[tape.exposed < tape.none]
        away[own[tape.seat[own] >= 0]] = True
        return 2 * np.flatnonzero(away)
    exposed = tape.exposed[tape.person]
    arriving: Int64 = rows[tape.arrives & (rows <= exposed)]
    if plan.at_start:
        return 2 * arriving
    rows = rows[(rows < exposed) & ~tape.leads] if len(tape.leads) else rows[rows < exposed]
    return np.sort(np.concatenate([2 * arriving, 2 * rows + 1]), kind="stable")


def exposure_key(tape: Tape, exposure: Int64) -> Int64:
    """The moment of an exposure: arriving where it begins a visit, else after the visit's event before it and before
    all that leads to it.

    An ad that is seen elsewhere has a moment of its own.
    """
    if len(tape.seat):
        return 2 * exposure
    before, first = tape.before[exposure], tape.first[exposure]
    return np.asarray(np.where(before == exposure, 2 * first, 2 * before + 1))


def whose(tape: Tape, moments: Moments, at: Int64) -> tuple[Int64, Int64]:
    """Of some of the moments the person's code and the place among that person's own, by which lots are drawn."""
    person = tape.person[moments.row[at]]
    return tape.code[person], moments.key[at] - 2 * tape.begin[person]


def _found(key: Int64, wanted: Int64) -> Int64:
    place: Int64 = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    return place[key[place] == wanted] if len(key) else place[:0]


def _incomparable(tape: Tape, cases: Int64, controls: Int64) -> tuple[Int64, Int64]:
    """People exposed who were never on the site before, and those away for a time that no control is."""
    stranger = tape.seat[cases] < 0
    known = np.bincount(_stratum(tape, controls), minlength=STRATA + 1) > 0
    beyond = ~stranger & ~known[_stratum(tape, cases)]
    return tape.person[cases[stranger]], tape.person[cases[beyond]]


def _stratum(tape: Tape, rows: Int64) -> Int64:
    return stratum(tape.time[rows] - tape.time[tape.seat[rows]])


def _over(plan: Plan, time: Int64) -> Bool:
    return np.asarray((time >= plan.start) & (time < plan.end) & (time + plan.horizon <= plan.as_of))


def _cases(tape: Tape, plan: Plan) -> tuple[Int64, Int64, Int64]:
    people = np.flatnonzero(tape.exposed < tape.none)
    row = tape.exposed[people]
    time = tape.time[row]
    inside = (time >= plan.start) & (time < plan.end)
    fresh = row < tape.reached[people]
    over = time + plan.horizon <= plan.as_of
    return row[inside & fresh & over], people[inside & ~fresh], people[inside & fresh & ~over]
