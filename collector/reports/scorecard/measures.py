"""What the metrics are made of: the sums of one stretch of time, over all parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from collector.core.deadline import check
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.chat_facts import ChatFacts, service
from collector.reports.overview_counts import Totals, View, look, totals
from collector.reports.scope import inside
from collector.reports.scorecard import carts, forms
from collector.reports.scorecard.answers import DETRACTS, PROMOTES, answers
from collector.reports.scorecard.asked import Asked, Seen, Stretch


@dataclass(slots=True)
class Measures:
    """Sums of a stretch.

    length: ms from the first to the last event of the visits begun. past: people of the whole period before, retained:
    those of them who came. carts, forms: of those whose window or visit is over, left: without a purchase or a valid
    submit. orders: purchases, valued: those that carry a value, revenue: its sum. customers: who ever bought before
    the end of the stretch, lifetime: what all purchases of theirs until then carry, lifetime_valued: how many carry it.
    """

    totals: Totals
    length: float = 0.0
    past: int = 0
    retained: int = 0
    carts: int = 0
    carts_left: int = 0
    forms: int = 0
    forms_left: int = 0
    orders: int = 0
    valued: int = 0
    revenue: float = 0.0
    customers: int = 0
    lifetime: float = 0.0
    lifetime_valued: int = 0
    promoters: int = 0
    detractors: int = 0
    answered: int = 0
    chat: ChatFacts = field(default_factory=ChatFacts)


def measure(journeys: Journeys, query: Query, question: Asked, found: Sequence[Seen], past: Stretch | None) -> Measures:
    """The sums of the query's own range, and of who came back in it from the `past` period."""
    views, stretch = look(journeys, query), Stretch(query.start, query.end)
    sums = Measures(totals(views, len(query.site.goals)))
    for seen, view in zip(found, views, strict=True):
        check()
        part, begun = seen.part, view.begun
        sums.length += float((part.time[view.sessions.last[begun]] - part.time[part.session_row[begun]]).sum())
        if past is not None:
            before = active(part, query, seen.past, past)
            came = _persons(part, view) if seen.past is seen.lasting else active(part, query, before, stretch)
            sums.past += int(np.count_nonzero(before))
            sums.retained += int(np.count_nonzero(before & came))
        _carts_and_forms(journeys, query, question, seen, stretch, sums)
        _money(journeys, query, question, seen, stretch, sums)
        row, score = answers(journeys, part, query.include_bots)
        score = score[view.inside[row]]
        sums.answered += len(score)
        sums.promoters += int(np.count_nonzero(score >= PROMOTES))
        sums.detractors += int(np.count_nonzero(score <= DETRACTS))
        service(journeys, part, query, view.inside, sums.chat)
    return sums


def active(part: Part, query: Query, chosen: Bool, stretch: Stretch) -> Bool:
    """Which of the persons chosen did anything in the stretch, as a mask over the part's persons."""
    mask = np.zeros(len(part.persons), dtype=np.bool_)
    mask[part.person[np.flatnonzero(inside(part, query, chosen, *stretch))]] = True
    return mask


def _persons(part: Part, view: View) -> Bool:
    mask = np.zeros(len(part.persons), dtype=np.bool_)
    mask[view.person] = True
    return mask


def rows_in(part: Part, rows: Int64, chosen: Bool, stretch: Stretch) -> Bool:
    """Which of these rows are in the stretch and of the persons chosen."""
    time = part.time[rows]
    fits: Bool = (time >= stretch.start) & (time < stretch.end) & chosen[part.person[rows]]
    return fits


def _carts_and_forms(
    journeys: Journeys, query: Query, question: Asked, seen: Seen, stretch: Stretch, sums: Measures
) -> None:
    part = seen.part
    if question.purchase is not None:  # who does not say what a purchase is cannot be told what was not bought
        begun = carts.carts(journeys, part, question, query.include_bots)
        told = carts.over(part, begun, question) & rows_in(part, begun.row, seen.lasting, stretch)
        sums.carts += int(np.count_nonzero(told))
        sums.carts_left += int(np.count_nonzero(told & ~begun.bought))
    started = forms.attempts(journeys, part, query.include_bots)
    ended = forms.over(started, question.now) & rows_in(part, started.row, seen.chosen, stretch)
    sums.forms += int(np.count_nonzero(ended))
    sums.forms_left += int(np.count_nonzero(ended & ~started.done))


def purchases(journeys: Journeys, part: Part, query: Query, question: Asked) -> Int64:
    """The rows of a part that are purchases, all ever."""
    if question.purchase is None:
        return np.empty(0, dtype=np.int64)
    return journeys.rows(part, question.purchase, query.include_bots)


def _money(journeys: Journeys, query: Query, question: Asked, seen: Seen, stretch: Stretch, sums: Measures) -> None:
    part = seen.part
    rows = purchases(journeys, part, query, question)
    values = part.value[rows[rows_in(part, rows, seen.chosen, stretch)]]
    sums.orders += len(values)
    sums.valued += int(np.count_nonzero(~np.isnan(values)))
    sums.revenue += float(np.nansum(values))
    ever = rows[rows_in(part, rows, seen.lasting, Stretch(-(2**62), stretch.end))]
    sums.customers += len(np.unique(part.person[ever]))
    sums.lifetime += float(np.nansum(part.value[ever]))
    sums.lifetime_valued += int(np.count_nonzero(~np.isnan(part.value[ever])))
