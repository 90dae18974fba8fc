"""Recency, frequency, money: customers in fifths, and in groups with names.

Scores are 1 to 5 by fifths of the customers themselves, not by fixed limits, so that they fit any shop: a customer's
score is 1 + floor(5 w / n) where w of the n customers are worse, that is, bought longer ago, fewer times or for less.
Equal customers have equal scores, so that a score that many share is the lowest of those it might be, and of a shop
where four in five bought once all of these have frequency 1. The second score, "how often and how much", is that of
frequency; where the goal carries a value, the mean of those of frequency and money, halves rounded up.

The group of a customer is the first that fits, R being the score of recency and F the second one:

    new: R 4-5, bought once. champions: R 4-5, F 4-5. loyal: R 3-5, F 3-5. promising: R 4-5.
    attention: R 3. risk: R 1-2, F 3-5. asleep: R 2. lost: the others, R 1.

All that was bought before the end of the range counts, and recency is measured from there: the range's last day is the
day on which one looks. (RFM is from direct mail; A. M. Hughes, Strategic Database Marketing, 1994, has it in fifths.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.journeys.part import Bool, Float64, Int64
from collector.reports.counted import told
from collector.reports.lifecycle.asked import Asked, link
from collector.reports.lifecycle.customers import Customers, carry_value
from collector.reports.people_list import Behind
from collector.reports.scope import share

# Five of each fifth at least: of fewer, one more or less moves everybody.
LEAST = 25
GROUPS = ("new", "champions", "loyal", "promising", "attention", "risk", "asleep", "lost")
# The best first; the order of the rules is another.
_SHOWN = ("champions", "loyal", "promising", "new", "attention", "risk", "asleep", "lost")
NAMES = {
    "new": T("New customers"),
    "champions": T("Champions"),
    "loyal": T("Loyal"),
    "promising": T("Promising"),
    "attention": T("Need attention"),
    "risk": T("At risk"),
    "asleep": T("Asleep"),
    "lost": T("Lost"),
}
_RULES = {
    "new": T("Bought once, among the latest two fifths."),
    "champions": T("Among the latest two fifths and the best two fifths."),
    "loyal": T("Bought not long ago, and more often or for more than most."),
    "promising": T("Among the latest two fifths, more than once, but seldom or for little."),
    "attention": T("Neither lately nor long ago, seldom or for little."),
    "risk": T("Better than most, but among those who bought longest ago."),
    "asleep": T("Seldom or for little, and long ago."),
    "lost": T("Seldom or for little, longer ago than four in five."),
}


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Customers of all parts, one after another, with their scores and the number of their group."""

    customers: Sequence[Customers]
    recency: Int64
    second: Int64
    group: Int64
    last: Int64
    times: Int64
    value: Float64
    money: bool

    @property
    def few(self) -> bool:
        """Whether they are too few to be put into fifths."""
        return len(self.group) < LEAST


def fifths(values: Int64 | Float64) -> Int64:
    """1 to 5 for each value by how many are smaller; see the head of this module."""
    worse = np.searchsorted(np.sort(values), values, side="left")
    return 1 + 5 * worse // max(len(values), 1)


def score(found: Sequence[Customers]) -> Scored:
    """Score the customers of all parts against each other."""
    last = _together([one.last for one in found])
    times = _together([one.times for one in found])
    value = np.concatenate([one.value for one in found]) if found else np.empty(0, dtype=np.float64)
    money = carry_value(found)
    recency, often = fifths(last), fifths(times)
    second = (often + fifths(value) + 1) // 2 if money else often
    rules: list[Bool] = [
        (recency >= 4) & (times == 1),
        (recency >= 4) & (second >= 4),
        (recency >= 3) & (second >= 3),
        recency >= 4,
        recency == 3,
        second >= 3,
        recency == 2,
    ]
    group = np.select(rules, list(range(len(rules))), len(rules)).astype(np.int64)
    return Scored(found, recency, second, group, last, times, value, money)


def _together(found: Sequence[Int64]) -> Int64:
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def rfm_people(scored: Scored, at: int | None, group: str) -> list[Behind]:
    """The people of a group, or of a cell (`at`: ten times recency, plus the second score), at their last purchase.

    Raises:
        UserError: there is no such group.
    """
    if group and group not in GROUPS:
        raise UserError(f"There is no group {group!r}.", f"Choose one of {', '.join(GROUPS)}.")
    fits = np.full(len(scored.group), not scored.few)
    if group:
        fits &= scored.group == GROUPS.index(group)
    if at is not None:
        fits &= scored.recency * 10 + scored.second == at
    listed, begin = [], 0
    for one in scored.customers:
        mine = fits[begin : begin + len(one.person)]
        begin += len(one.person)
        facts = {"times": one.times[mine], "value": one.value[mine]}
        listed.append(Behind.each(one.part, one.row[mine], facts))
    return listed


def rfm_blocks(query: Query, question: Asked, scored: Scored) -> list[Block]:
    """The groups, and the fifths by fifths."""
    total, revenue = len(scored.group), float(scored.value.sum())
    money = (
        (Column("revenue", T("Revenue"), "money"), Column("of_revenue", T("Share of revenue"), "ratio"))
        if scored.money
        else ()
    )
    rows: list[list[Cell]] = []
    links = []
    for name in _SHOWN if not scored.few else ():
        mine = scored.group == GROUPS.index(name)
        people = int(np.count_nonzero(mine))
        away = float(question.end - np.median(scored.last[mine])) / 1000 if people else None
        value = float(scored.value[mine].sum())
        worth: list[Cell] = [value, share(value, revenue)] if scored.money else []
        bought = int(scored.times[mine].sum())
        rows.append([NAMES[name].template, people, share(people, total), bought, *worth, away, _RULES[name].template])
        links.append(link(query, "rfm", group=name))
    groups = Block(
        id="rfm",
        kind="bars",
        title=T("Groups of customers"),
        columns=(
            Column("group", T("Group"), "label"),
            Column("people", T("People"), "count"),
            Column("share", T("Share"), "ratio"),
            Column("times", T("Purchases"), "count", T("How many times they reached the goal.")),
            *money,
            Column("away", T("Since the last one"), "seconds", T("Median time up to the end of the range.")),
            Column("rule", T("Who they are"), "label"),
        ),
        rows=rows,
        draw={"y": "people", "link": "people"},
        links=links,
        note=T("Of {people} customers up to the end of the range, by fifths of them.", people=Value(total, "count"))
        if rows
        else None,
        empty=_missing(question, total),
    )
    return [groups, _grid(query, scored)] if rows else [groups]


def _missing(question: Asked, total: int) -> Text:
    if question.goal is None:
        return T("Name a goal, here or in the settings of the site: whoever reached it is a customer.")
    return told(
        total,
        T("There is one customer up to the end of the range: too few to be put into fifths, which takes {least}."),
        T("There are {n} customers up to the end of the range: too few to be put into fifths, which takes {least}."),
        least=Value(LEAST, "count"),
    )


def _grid(query: Query, scored: Scored) -> Block:
    cell = scored.recency * 10 + scored.second
    many = np.bincount(cell, minlength=60)
    value = np.bincount(cell, scored.value, 60)
    second = T("How often and how much") if scored.money else T("How often")
    places = [(recency, other) for recency in range(1, 6) for other in range(1, 6)]
    rows: list[list[Cell]] = []
    links = []
    for recency, other in places:
        at = recency * 10 + other
        people = int(many[at])
        worth: list[Cell] = [float(value[at])] if scored.money else []
        rows.append([recency, other, people, share(people, len(cell)), *worth])
        links.append(link(query, "cell", at=at) if people else None)
    return Block(
        id="rfm_grid",
        kind="grid",
        title=T("How lately by how often"),
        columns=(
            Column("recency", T("How lately"), "count", T("5: the fifth who bought last. 1: the longest ago.")),
            Column("second", second, "count", T("5: the best fifth. 1: the lowest.")),
            Column("people", T("People"), "count"),
            Column("share", T("Share"), "ratio"),
            *((Column("revenue", T("Revenue"), "money"),) if scored.money else ()),
        ),
        rows=rows,
        draw={"y": "recency", "x": "second", "value": "people", "tone": "share", "link": "people"},
        links=links,
        note=T("From 1, the lowest fifth of the customers, to 5, the best one. Equal customers have equal marks."),
    )
