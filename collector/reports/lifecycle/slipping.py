"""Customers who slip away: those who stay away for longer than they usually do.

A gap is the number of days from one active day of a person to the next one. A customer's usual gap is the median of
their own gaps; their long gap is the shortest that at least 90 % of them do not exceed, which is the longest of all of
who has fewer than ten. Told of customers with three active days, or with two purchases on two days; of the others
nobody knows what is usual.

Slipping is who has been away, from the last active day to the last day of the range, for longer than their long gap.
Gone, and not slipping any more, is who has been away for longer than four times that and than 30 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.lifecycle.asked import Active, Asked
from collector.reports.lifecycle.customers import Customers
from collector.reports.local_days import ActiveDays
from collector.reports.people_list import Behind

LONG = 9  # tenths of a person's gaps that are no longer
GONE_TIMES, GONE_DAYS = 4, 30
SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Away:
    """Customers of a part of whom one knows what is usual, and how long they are away: one entry each.

    at: place among the customers. row: of their last active day. present, usual, long: gaps in days. slipping, gone:
    see the head of this module.
    """

    customers: Customers
    at: Int64
    row: Int64
    present: Int64
    usual: Float64
    long: Int64

    @property
    def gone(self) -> Bool:
        """Away for so long that they do not slip any more."""
        found: Bool = (self.present > GONE_TIMES * self.long) & (self.present > GONE_DAYS)
        return found

    @property
    def slipping(self) -> Bool:
        """Away for longer than their long gap, and not gone."""
        found: Bool = (self.present > self.long) & ~self.gone
        return found

    def facts(self, fits: Bool) -> dict[str, Float64 | Int64]:
        """The columns of a list of some of them."""
        at = self.at[fits]
        return {
            "value": self.customers.value[at],
            "times": self.customers.times[at],
            "present": self.present[fits],
            "usual": self.usual[fits],
            "long": self.long[fits],
            "ratio": self.present[fits] / self.usual[fits],
        }


def away(active: Active, customers: Customers, question: Asked) -> Away:
    """How long the customers of a part are away, and usually are."""
    # Few are customers: their days are looked up rather than all days looked at.
    wanted = customers.person.astype(active.days.person.dtype)
    first, end = np.searchsorted(active.days.person, wanted), np.searchsorted(active.days.person, wanted, "right")
    of, at = np.repeat(np.arange(len(first)), end - first), ranges(first, end)
    kept = np.flatnonzero(active.days.day[at] <= question.last_day)
    of, days = of[kept], ActiveDays(*(column[at[kept]] for column in active.days))
    last = np.append(of[1:] != of[:-1], True) if len(of) else np.empty(0, dtype=np.bool_)
    ends = np.flatnonzero(last)
    gaps = np.diff(ends, prepend=-1) - 1
    known = (gaps >= 2) | ((gaps == 1) & (customers.times[of[ends]] >= 2))
    # Sorted within each person: persons ascend, and a gap has far fewer than 2**24 days.
    inner = ~last[:-1]
    step = np.diff(days.day.astype(np.int64))[inner]
    ordered = np.sort(of[:-1][inner] << 24 | step) & (2**24 - 1)
    begin = np.cumsum(gaps) - gaps
    begin, gaps = begin[known], gaps[known]
    # The middle one, or the two in the middle; and the one of rank ceil(0.9 n).
    usual = (ordered[begin + (gaps - 1) // 2] + ordered[begin + gaps // 2]) / 2
    long = ordered[begin + (gaps * LONG + 9) // 10 - 1]
    at = ends[known]
    present = question.last_day - days.day[at].astype(np.int64)
    return Away(customers, of[at], days.last[at].astype(np.int64), present, usual, long)


COLUMNS = (
    Column("present", T("Days away"), "count", T("Since the last active day.")),
    Column("usual", T("Usually"), "number", T("The median of their own gaps, in days.")),
    Column("long", T("Long for them"), "count", T("90 % of their own gaps are no longer, in days.")),
    Column("ratio", T("Times the usual"), "number"),
)


def columns(money: bool) -> tuple[Column, ...]:
    """The columns of the list: what is at stake first."""
    value = (Column("value", T("Spent so far"), "money"),) if money else ()
    return (*value, Column("times", T("Purchases"), "count"), *COLUMNS)


def away_people(found: Sequence[Away], which: str) -> list[Behind]:
    """Who is slipping, or gone, at their last active time."""
    listed = []
    for one in found:
        fits = one.slipping if which == "slipping" else one.gone
        part = one.customers.part
        listed.append(Behind.each(part, one.row[fits], one.facts(fits)))
    return listed


@dataclass(frozen=True, slots=True)
class Stake:
    """How many are slipping and gone, of how many of whom it can be told, and what the slipping have spent so far."""

    slipping: int
    gone: int
    told: int
    value: float


def stake(found: Sequence[Away]) -> Stake:
    """The parts together."""
    value = sum(float(one.customers.value[one.at[one.slipping]].sum()) for one in found)
    slipping = sum(int(np.count_nonzero(one.slipping)) for one in found)
    gone = sum(int(np.count_nonzero(one.gone)) for one in found)
    return Stake(slipping, gone, sum(len(one.at) for one in found), value)


def slipping_block(journeys: Journeys, question: Asked, found: Sequence[Away], money: bool) -> Block:
    """The slipping customers, those with most at stake first; then those furthest beyond their usual gap."""
    names = [column.name for column in columns(money)]
    first = "value" if money else "times"
    kept: list[tuple[float, float, int, list[Cell]]] = []
    for one in found:
        fits = one.slipping
        facts = one.facts(fits)
        codes = one.customers.part.persons[one.customers.person[one.at[fits]]]
        for at in np.lexsort((codes, -facts["ratio"], -facts[first]))[:SHOWN].tolist():
            cells: list[Cell] = [facts[name][at].item() for name in names]
            kept.append((-float(facts[first][at]), -float(facts["ratio"][at]), int(codes[at]), cells))
    kept.sort(key=lambda row: row[:3])
    kept = kept[:SHOWN]
    keys = journeys.people.keys(sorted({code for _, _, code, _ in kept}))
    total = stake(found)
    return Block(
        id="slipping",
        kind="table",
        title=T("Customers slipping away"),
        columns=(Column("person", T("Person"), "person"), *columns(money)),
        rows=[[keys.get(code, str(code)), *cells] for _, _, code, cells in kept],
        draw={"link": "person", "total": total.slipping, "wide": True},
        note=_note(len(kept), total),
        empty=_none(question, total),
    )


def _note(shown: int, total: Stake) -> Text:
    values = {name: Value(number, "count") for name, number in (("people", total.slipping), ("told", total.told))}
    if shown < total.slipping:
        text = T("The {shown} with most at stake of {people}; {told} customers come often enough to tell.")
        return Text(text.template, {**values, "shown": Value(shown, "count")})
    if total.told == 1:
        return T("One customer comes often enough to tell.")
    return Text(T("{people} of {told} customers who come often enough to tell.").template, values)


def _none(question: Asked, total: Stake) -> Text:
    if question.goal is None:
        return T("Name a goal, here or in the settings of the site: whoever reached it is a customer.")
    if not total.told:
        return T("No customer has come on three days yet, or bought on two: nobody knows what is usual for them.")
    return T("No customer is away for longer than is usual for them.")
