"""What retargeting cost beside what it brought that would not have come, and what last click claims for the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.spend import main_currency
from collector.core.times import DAY, Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.followed import goal_rows
from collector.reports.impact.drawn import values
from collector.reports.impact.engine import Answer
from collector.reports.impact.in_all import InAll, in_all
from collector.reports.impact.plan import Plan
from collector.reports.retargeting_facts import latest
from collector.reports.scope import choose

CHANNEL = "retargeting"
LOOKBACK = 30 * DAY
LEAST = 1e-6  # what is brought, when it is so little, is nothing that could be paid for


class Bounded(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the channel cost on days in the range whose time for the goal is over.

    until: the first instant after these days, ms UTC. currency: the goal's if any is in it, else the one of most rows;
    other: rows in another one. earned: the currency of the goal's value, "" where it is not known.
    of_all: whether the ads were shown to more people than the question is about.
    """

    spent: float
    currency: str
    other: int
    until: int
    of_all: bool
    earned: str = ""

    @property
    def comparable(self) -> bool:
        """Whether revenue may be set against it: it is in the same currency, as far as is known."""
        return self.earned in ("", self.currency)


@dataclass(frozen=True, slots=True)
class Money:
    """The cost, what it brought (None where that cannot be told), and what last click would claim for these days."""

    cost: Cost
    conversions: InAll | None
    revenue: InAll | None
    claimed: int
    claimed_revenue: float


def cost_of(query: Query, plan: Plan) -> Cost | None:
    """The channel's cost; None where the bills name none for these days."""
    last = day_of(plan.as_of - plan.horizon, plan.zone) - timedelta(days=1)
    if query.span is not None:
        last = min(last, query.span.last)
    first = "" if query.span is None else query.span.first.isoformat()
    bills = [one for one in query.site.spend.rows if one.channel.casefold() == CHANNEL]
    rows = [one for one in bills if first <= one.day <= last.isoformat()]
    if not rows:
        return None
    earned = query.site.currency_of(plan.goal)
    currency = main_currency(rows, earned)
    spent = sum(one.cost for one in rows if one.currency == currency)
    other = sum(one.currency != currency for one in rows)
    of_all = bool(query.where or query.where_not or plan.new or query.span is not None)
    return Cost(spent, currency, other, Span(last, last, plan.zone).end, of_all, earned)


def money_of(journeys: Journeys, query: Query, found: Answer, how: Matcher) -> Money | None:
    """The whole comparison; None where no cost is known.

    Args:
        how: the visits that an ad led to.
    """
    cost = cost_of(query, found.plan)
    if cost is None:
        return None
    claimed, revenue = 0, 0.0
    for part in journeys.each():
        rows = claimed_rows(journeys, part, query, how, cost.until)
        claimed += len(rows)
        revenue += float(values(journeys, part, found.plan, rows).sum())
    return Money(cost, in_all(found, found.rate), in_all(found, found.value), claimed, revenue)


def claimed_rows(journeys: Journeys, part: Part, query: Query, how: Matcher, until: int) -> Int64:
    """Goals that last click gives to visits by ads in the range before `until`.

    As ad systems count: the last visit that came from somewhere, direct visits aside, of 30 days.
    """
    goals = goal_rows(journeys, part, query)
    if goals is None or not len(goals):
        return np.empty(0, dtype=np.int64)
    goals = goals[choose(journeys, part, query, lasting=True)[part.person[goals]]]
    mine = journeys.rows(part, how, query.include_bots)
    touches = _touches(journeys, part, query.include_bots, mine)
    touch = latest(part, touches, goals, itself=True)
    known = touch >= 0
    time = part.time[np.maximum(touch, 0)]
    inside = known & (time >= query.start) & (time < min(until, query.end)) & (part.time[goals] - time <= LOOKBACK)
    return goals[inside & np.isin(touch, mine)]


def _touches(journeys: Journeys, part: Part, include_bots: bool, mine: Int64) -> Int64:
    """First rows of visits that came from somewhere; one that an ad's impression began was no click."""
    rows = part.session_row[part.counted(include_bots, part.session_row)]
    told = [number for number, source in journeys.sources.items() if source.channel not in ("direct", CHANNEL)]
    other: Bool = np.isin(part.source[rows], told)
    return np.union1d(rows[other], mine)


def cost_each(spent: float, brought: InAll | None) -> Bounded | None:
    """The cost of each thing brought; None where it may have brought none, for then there is no telling.

    The cost is known, so that the ends are those of the interval, turned round (Fieller's with a fixed numerator).
    """
    if brought is None or brought.low < LEAST:
        return None
    return Bounded(spent / brought.difference, spent / brought.high, spent / brought.low)


def return_on(spent: float, brought: InAll | None) -> Bounded | None:
    """How much comes back of each unit spent; None where nothing was."""
    if brought is None or spent <= 0:
        return None
    return Bounded(brought.difference / spent, brought.low / spent, brought.high / spent)


def left_after(spent: float, brought: InAll | None) -> Bounded | None:
    """What is brought less what it cost."""
    if brought is None:
        return None
    return Bounded(brought.difference - spent, brought.low - spent, brought.high - spent)
