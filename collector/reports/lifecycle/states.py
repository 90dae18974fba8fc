"""The states of a lifecycle: in each period who is new, returning, resurrected or dormant (SEMANTICS 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.core.times import day_of
from collector.journeys.part import Bool, Int64
from collector.reports.lifecycle.asked import Active, Asked, link
from collector.reports.people_list import Behind

# The states of the active, as `ActivePeriods.again` numbers them.
RETURNING = 1
STATES = ("new", "returning", "resurrected", "dormant")
LABELS = {
    "active": T("Active"),
    "new": T("New"),
    "returning": T("Returning"),
    "resurrected": T("Resurrected"),
    "dormant": T("Dormant"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """People by state and period. count: [period, state of an active person]. over: whether a period is."""

    count: Int64
    over: Bool

    @property
    def active(self) -> Int64:
        """How many were active in each period."""
        found: Int64 = self.count.sum(axis=1)
        return found

    @property
    def dormant(self) -> Int64:
        """How many were active in the period before each, and not in it; of the first, nobody."""
        return np.append(0, self.active[:-1] - self.count[1:, RETURNING])

    @property
    def told(self) -> int:
        """The period of the sentence: the last that is over, else the last."""
        over = np.flatnonzero(self.over[1:])
        return int(over[-1]) + 1 if len(over) else len(self.over) - 1


def cycle(active: Sequence[Active], question: Asked) -> Cycle:
    """Count the people of all parts."""
    count = np.zeros((len(question.periods), 3), dtype=np.int64)
    for one in active:
        check()
        found = one.in_periods(question.unit)
        # Of the first period, which is the one before the range, only those who came back are needed: no state of it.
        period = found.period - np.int32(question.periods.number - 1)
        np.clip(period, 0, len(count) + 1, out=period)
        period *= 3
        period += found.again
        count += np.bincount(period, minlength=3 * (len(count) + 2))[3 : 3 * (len(count) + 1)].reshape(count.shape)
    return Cycle(count, question.periods.over(question.now))


def behind(active: Sequence[Active], question: Asked, which: str, period: int) -> list[Behind]:
    """The people in a state in a period, at the time when they were last active by then."""
    listed = []
    for one in active:
        found = one.in_periods(question.unit)
        number = question.periods.number + period
        if which == "dormant":
            fits = found.period == number - 1
            fits[:-1] &= found.again[1:] != 1  # whose next period is the following one stays
        else:
            fits = found.period == number
            if which != "active":
                fits &= found.again == STATES.index(which)
        listed.append(Behind.each(one.part, found.last[fits].astype(np.int64)))
    return listed


def period_called(question: Asked, told: int, group: str) -> int:
    """The number of the period that begins on the day `group`; `told` where none is named.

    Raises:
        UserError: none of the range does.
    """
    if not group:
        return told
    known = [day.isoformat() for day in question.periods.first]
    if group not in known[1:]:
        raise UserError(f"No {question.unit} of this range begins on {group!r}.", f"Choose from {known[1]} on.")
    return known.index(group)


def when(question: Asked, period: int) -> Text:
    """A period in words."""
    words = {"day": T("on {day}"), "week": T("in the week from {day}"), "month": T("in the month from {day}")}
    return Text(words[question.unit].template, {"day": Value(question.periods.first[period].isoformat(), "date")})


def lifecycle_block(query: Query, question: Asked, found: Cycle) -> Block:
    """A row a period; the dormant, who are drawn downwards, are known when the period is over."""
    rows: list[list[Cell]] = []
    links = []
    states: dict[str, list[tuple[tuple[str, str], ...]]] = {state: [] for state in STATES}
    if found.count.any():
        counts = zip(found.active.tolist(), found.count.tolist(), found.dormant.tolist(), strict=True)
        for period, (active, (new, returning, back), dormant) in enumerate(counts):
            if not period:
                continue
            day, over = question.periods.first[period].isoformat(), bool(found.over[period])
            quick = (new + back) / dormant if over and dormant else None
            left: list[Cell] = [dormant, quick] if over else [None, None]
            rows.append([day, active, new, returning, back, *left, not over])
            links.append(link(query, "active", group=day))
            for state, cells in states.items():
                cells.append(link(query, state, group=day))
    return Block(
        id="lifecycle",
        kind="series",
        title={"day": T("Lifecycle by day"), "week": T("Lifecycle by week"), "month": T("Lifecycle by month")}[
            question.unit
        ],
        columns=(
            Column("period", T("Period"), "date"),
            Column("active", LABELS["active"], "count", T("New, returning and resurrected together.")),
            Column("new", LABELS["new"], "count", T("Active for the first time ever.")),
            Column("returning", LABELS["returning"], "count", T("Active in the period before too.")),
            Column("resurrected", LABELS["resurrected"], "count", T("Active before, but not in the period before.")),
            Column("dormant", LABELS["dormant"], "count", T("Active in the period before, and not in this one.")),
            Column("quick_ratio", T("Quick ratio"), "number", T("New and resurrected, for each who became dormant.")),
            Column("unfinished", T("Unfinished"), "bool", T("The period is not over.")),
        ),
        rows=rows,
        draw={
            "x": "period",
            "y": ["returning", "new", "resurrected", "dormant"],
            "down": ["dormant"],
            "as": "bars",
            "stack": True,
            "open": "unfinished",
            "link": "active",
            "cell_links": states,
        },
        links=links,
        note=T("The last period is not over: more people may come, and nobody has become dormant in it yet.")
        if rows and rows[-1][-1]
        else None,
        empty=T("Nobody was active in this time."),
    )


def headline(question: Asked, found: Cycle) -> Text:
    """The last period that is over, in one sentence."""
    at = found.told
    if not found.count[1:].any():
        return T("Nobody was active in this time.")
    new, returning, back = (Value(number, "count") for number in found.count[at].tolist())
    values: dict[str, object] = {"who": _who(int(found.active[at]), bool(found.over[at]), when(question, at))}
    values |= {"new": new, "returning": returning, "back": back, "dormant": Value(int(found.dormant[at]), "count")}
    text = T("{who}: {new} new, {returning} returning, {back} back after a break; {dormant} fell asleep.")
    so_far = T("{who}: {new} new, {returning} returning, {back} back after a break.")
    return Text((text if found.over[at] else so_far).template, values)


def _who(people: int, over: bool, period: Text) -> Text:
    if people == 1:
        told = T("1 person was active {when}") if over else T("1 person has been active so far {when}")
    else:
        told = T("{people} people were active {when}") if over else T("{people} people have been active so far {when}")
    return Text(told.template, {"people": Value(people, "count"), "when": period})


def beyond(question: Asked) -> Text | None:
    """Said where periods reach beyond the range, since they are whole."""
    first, ends = question.periods.first[1], day_of(int(question.periods.ends[-1]), question.periods.zone)
    last = min(ends - timedelta(days=1), day_of(question.now, question.periods.zone))
    if first == question.span.first and last <= question.span.last:
        return None
    return T(
        "Periods of the lifecycle are whole, from {first} to {last}, also where the range holds a part of one.",
        first=Value(first.isoformat(), "date"),
        last=Value(last.isoformat(), "date"),
    )
