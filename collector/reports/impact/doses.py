"""How much of the exposure there was, and what it did.

The dose is known only afterwards, so that there are no controls of a dose: the controls are weighted anew to be like
those who had it. That is an answer only where the dose was settled soon. What comes in later visits is met by those who
stay, who reach the goal more often whatever it does; there the rate is told, and no effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.text import T, Text, Value
from collector.journeys.part import Int64
from collector.reports.impact.balancing import tilt, tilted
from collector.reports.impact.engine import RATE, Answer, fitted
from collector.reports.impact.estimate import Effect, effect
from collector.reports.impact.matching import Matched
from collector.reports.impact.outcome import last_rows
from collector.reports.impact.subgroups import LEAST
from collector.reports.impact.tape import Tape

SOON = 0.9  # of what comes after the exposure must come in its visit


@dataclass(frozen=True, slots=True)
class Dose:
    """People who had so much of it, and how many of them reached the goal.

    effect: on the goal rate (one column); None where the dose was not settled within the visit of the exposure.
    """

    name: Text
    people: int
    reached: int
    effect: Effect | None


def doses_of(found: Answer) -> list[Dose]:
    """The doses of the plan that enough people had, from the exposure on; none where no dose is asked for."""
    matched, plan, tape = found.matched, found.plan, found.tape
    if matched is None or plan.dose is None or found.fitted is None:
        return []
    total = np.concatenate([[0], np.cumsum(tape.dose)])
    rows = matched.case_row
    last = last_rows(tape, tape.person[rows], tape.time[rows] + plan.horizon)
    band = np.searchsorted(np.array(plan.bands), total[last + 1] - total[rows], side="left")
    band[total[last + 1] == total[rows]] = -1
    soon, doses = _soon(tape, rows, last), []
    for at, name in enumerate(_bands(plan.bands)):
        mine = np.flatnonzero(band == at)
        if len(mine) >= LEAST:
            reached = round(float(matched.cases.y[mine, RATE].sum()))
            doses.append(Dose(name, len(mine), reached, _effect(matched, mine) if soon else None))
    return doses


def _soon(tape: Tape, case: Int64, last: Int64) -> bool:
    """Whether nearly all that came between the rows of exposures and the last ones came in the same visit."""
    begin, end = np.full(tape.people, tape.none), np.full(tape.people, -1)
    begin[tape.person[case]], end[tape.person[case]] = case, last
    dose = np.flatnonzero(tape.dose)
    who = tape.person[dose]
    later = (dose > begin[who]) & (dose <= end[who])
    dose, who = dose[later], who[later]
    return bool(np.count_nonzero(tape.first[dose] == tape.first[begin[who]]) >= SOON * len(dose))


def _effect(matched: Matched, case: Int64) -> Effect | None:
    x, target = matched.control_x, matched.case_x.of(case)
    means = target.sums(np.ones(len(case))) / len(case)
    weight = tilted(matched.base, x, tilt(means, x, matched.base, matched.odds), float(len(case)))
    return effect(fitted(matched, weight, case, (RATE,)))


def _bands(edges: Sequence[int]) -> Iterator[Text]:
    low = 1
    for edge in edges:
        if low == edge:
            yield T("{n}", n=Value(low, "count"))
        else:
            yield T("{low} to {high}", low=Value(low, "count"), high=Value(edge, "count"))
        low = edge + 1
    yield T("{n} and more", n=Value(low, "count"))
