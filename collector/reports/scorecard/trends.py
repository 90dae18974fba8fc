"""The metrics over time: each row is put into its period once, and periods are counted, never asked one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64
from collector.reports.chat_facts import SATISFIED, ratings, waits
from collector.reports.local_days import active_days, local_days
from collector.reports.params import EVERY
from collector.reports.scope import rows_of_any, sessions
from collector.reports.scorecard import carts, forms
from collector.reports.scorecard.answers import DETRACTS, PROMOTES, answers
from collector.reports.scorecard.asked import Asked, Seen
from collector.reports.scorecard.measures import purchases

_NAMES = (
    "people",
    "lasting",
    "retained",
    "converted",
    "sessions",
    "bounces",
    "engaged",
    "length",
    "carts",
    "carts_left",
    "forms",
    "forms_left",
    "orders",
    "valued",
    "revenue",
    "customers",
    "lifetime",
    "lifetime_valued",
    "promoters",
    "detractors",
    "answered",
    "rated",
    "satisfied",
    "responded",
)


class Trends:
    """For each name the sum of every period, the first being that before the range.

    customers, lifetime: who first bought in it, and what they and all others bought in it carries; lifetime_valued: how
    many of those purchases carry anything. waits: seconds to the first responses, with their periods.
    """

    def __init__(self, periods: int) -> None:
        self.size = periods
        self.sum: dict[str, Float64] = {name: np.zeros(periods) for name in _NAMES}
        self.waits: list[tuple[Int32, Float64]] = []
        self.earlier = {"customers": 0.0, "lifetime": 0.0, "lifetime_valued": 0.0}

    def add(self, name: str, place: Int32 | Int64, weights: Float64 | Int64 | None = None) -> None:
        """Count rows by their period, or sum what they weigh; rows of no period are left out."""
        if len(place) and place.min() < 0:
            kept = place >= 0
            place, weights = place[kept], None if weights is None else weights[kept]
        self.sum[name] += np.bincount(place, weights=weights, minlength=self.size)

    def median_wait(self) -> list[float | None]:
        """The median of `waits` of every period, None where there are none."""
        place = np.concatenate([place for place, _ in self.waits]) if self.waits else np.empty(0, dtype=np.int32)
        seconds = np.concatenate([seconds for _, seconds in self.waits]) if self.waits else np.empty(0)
        mine = [seconds[place == period] for period in range(self.size)]
        return [float(np.median(some)) if len(some) else None for some in mine]

    def to_date(self, name: str) -> Float64:
        """The sum of all up to the end of each period, those before the first included."""
        found: Float64 = self.earlier[name] + np.cumsum(self.sum[name])
        return found


def trends(journeys: Journeys, query: Query, question: Asked, found: Sequence[Seen]) -> Trends:
    """The sums of all periods over all parts."""
    sums = Trends(len(question.periods))
    for seen in found:
        check()
        days = local_days(seen.part, question.periods.zone)
        _people(journeys, query, question, seen, days, sums)
        _visits(journeys, query, question, seen, days, sums)
        _left(journeys, query, question, seen, days, sums)
        _money(journeys, query, question, seen, days, sums)
        _told(journeys, query, question, seen, days, sums)
    return sums


def _told(journeys: Journeys, query: Query, question: Asked, seen: Seen, days: Int32, sums: Trends) -> None:
    part, bots = seen.part, query.include_bots
    for (row, score), whole, sides in (
        (answers(journeys, part, bots), "answered", {"promoters": (PROMOTES, 10), "detractors": (0, DETRACTS)}),
        (ratings(journeys, part, bots), "rated", {"satisfied": (SATISFIED, np.inf)}),
    ):
        mine = seen.chosen[part.person[row]]
        place, score = question.places(days[row[mine]]), score[mine]
        sums.add(whole, place)
        for name, (low, high) in sides.items():
            sums.add(name, place[(score >= low) & (score <= high)])
    row, seconds = waits(journeys, part, bots)
    mine = seen.chosen[part.person[row]] & ~np.isnan(seconds)
    place = question.places(days[row[mine]])
    sums.add("responded", place)
    sums.waits.append((place, seconds[mine]))


def _people(journeys: Journeys, query: Query, question: Asked, seen: Seen, days: Int32, sums: Trends) -> None:
    part = seen.part
    active = active_days(journeys, part, EVERY, question.periods.zone, query.include_bots)
    place = question.places(active.day)
    fresh = _first(active.person, place) & (place >= 0)
    person, place = active.person[fresh], place[fresh]
    lasting = seen.lasting[person]
    sums.add("people", place if seen.chosen is seen.lasting and lasting.all() else place[seen.chosen[person]])
    again = np.zeros(len(place), dtype=np.bool_)
    again[:-1] = (person[1:] == person[:-1]) & (place[1:] == place[:-1] + 1)
    if seen.past is not seen.lasting:
        lasting = np.where(place == 0, seen.past[person], lasting)
    if not lasting.all():
        place, again = place[lasting], again[lasting]
    sums.add("lasting", place)
    sums.add("retained", place[again] + 1)
    matchers = [matcher for _, matcher in query.site.goals]
    rows = rows_of_any(journeys, part, matchers, query.include_bots)
    rows = rows[seen.chosen[part.person[rows]]]
    won = question.places(days[rows])
    sums.add("converted", won[_first(part.person[rows], won)])


def _first(person: Int32, place: Int32) -> Bool:
    """Where a (person, period) comes up first: a person's time, and so the period, ascends."""
    fresh = np.ones(len(place), dtype=np.bool_)
    fresh[1:] = (person[1:] != person[:-1]) | (place[1:] != place[:-1])
    return fresh


def _visits(journeys: Journeys, query: Query, question: Asked, seen: Seen, days: Int32, sums: Trends) -> None:
    part = seen.part
    visits = sessions(journeys, part, query.include_bots)
    place = question.places(days[part.session_row])
    mine = (place >= 0) & part.counted(query.include_bots, part.session_row)
    if not seen.chosen.all():
        mine &= seen.chosen[visits.person]
    begun = np.flatnonzero(mine)
    place = place[begun]
    sums.add("sessions", place)
    sums.add("bounces", place[visits.bounce[begun]])
    if visits.engaged.any():
        sums.add("engaged", place, visits.engaged[begun])
    sums.add("length", place, part.time[visits.last[begun]] - part.time[part.session_row[begun]])


def _left(journeys: Journeys, query: Query, question: Asked, seen: Seen, days: Int32, sums: Trends) -> None:
    part = seen.part
    if question.purchase is not None:
        begun = carts.carts(journeys, part, question, query.include_bots)
        told = carts.over(part, begun, question) & seen.lasting[part.person[begun.row]]
        place = question.places(days[begun.row[told]])
        sums.add("carts", place)
        sums.add("carts_left", place[~begun.bought[told]])
    started = forms.attempts(journeys, part, query.include_bots)
    ended = forms.over(started, question.now) & seen.chosen[part.person[started.row]]
    place = question.places(days[started.row[ended]])
    sums.add("forms", place)
    sums.add("forms_left", place[~started.done[ended]])


def _money(journeys: Journeys, query: Query, question: Asked, seen: Seen, days: Int32, sums: Trends) -> None:
    part = seen.part
    rows = purchases(journeys, part, query, question)
    person = part.person[rows]
    mine = seen.chosen[person]
    place, value = question.places(days[rows[mine]]), part.value[rows[mine]]
    sums.add("orders", place)
    sums.add("valued", place[~np.isnan(value)])
    sums.add("revenue", place, np.nan_to_num(value))
    rows = rows[seen.lasting[person]]
    person, place = part.person[rows], question.places(days[rows])
    carries = ~np.isnan(part.value[rows])
    value = np.nan_to_num(part.value[rows])
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = person[1:] != person[:-1]
    earlier = part.time[rows] < question.periods.starts[0]
    sums.earlier["customers"] += int(np.count_nonzero(first & earlier))
    sums.earlier["lifetime"] += float(value[earlier].sum())
    sums.earlier["lifetime_valued"] += int(np.count_nonzero(carries & earlier))
    sums.add("customers", place[first])
    sums.add("lifetime", place, value)
    sums.add("lifetime_valued", place[carries])
