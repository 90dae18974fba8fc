"""How a funnel fares over time: those who began on each day or in each week, and how many of them converted."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import MINUTE, Span, day_of, parse_date
from collector.journeys.part import Int64
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import INTERVAL, number, people_link, share
from collector.reports.stats import wilson

DAYS_BY_WEEK = 62
_QUARTER = 15 * MINUTE


def _periods(starts: Int64, times: Int64) -> Int64:
    """In which of the periods that begin at `starts` (ascending) each time lies, none before the first."""
    offset = starts - starts[0]
    if (offset % _QUARTER).any():
        return np.searchsorted(starts, times, "right") - 1
    # Periods begin at whole quarters of an hour, so that a table of those tells it at once.
    quarter = (times - starts[0]) // _QUARTER
    known = np.arange(int(quarter.max(initial=0)) + 1) * _QUARTER
    found: Int64 = (np.searchsorted(offset, known, "right") - 1)[quarter]
    return found


def trend_block(query: Query, outcome: Outcome) -> Block:
    """Entrants and those who converted by the day on which they first began, by week where the range is long."""
    entered, _ = outcome.begun
    rows: list[list[Cell]] = []
    subsets: list[str] = []
    zone = query.site.zone
    unit = "day"
    if len(entered):
        span = query.span or Span(day_of(int(entered.min()), zone), day_of(int(entered.max()), zone), zone)
        unit = "week" if span.days > DAYS_BY_WEEK else "day"
        cuts = span.cuts(unit)
        starts = np.array([start for _, start in cuts], dtype=np.int64)
        period = _periods(starts, entered)
        people = np.bincount(period, minlength=len(cuts))
        converted = np.bincount(period[outcome.reach == outcome.size], minlength=len(cuts))
        low, high = wilson(converted, people)
        days = [*(day for day, _ in cuts), span.last + timedelta(days=1)]
        for at, day in enumerate(days[:-1]):
            rate = share(int(converted[at]), int(people[at]))
            stretch = Span(day, days[at + 1] - timedelta(days=1), zone)
            subsets.append(f"entered:{stretch.first}:{stretch.last}")
            done = stretch.end + outcome.longest <= query.now
            counted: list[Cell] = [day.isoformat(), int(people[at]), int(converted[at])]
            rows.append([*counted, rate, number(low[at]), number(high[at]), done])
    return Block(
        id="trend",
        kind="series",
        title=T("By week of entry") if unit == "week" else T("By day of entry"),
        columns=(
            Column("date", T("Entered"), "date"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count"),
            Column("converted", T("Converted"), "count"),
            Column("rate", T("Rate"), "ratio"),
            *INTERVAL,
            Column("finished", T("Finished"), "bool", T("Whether all who entered then have had the whole window.")),
        ),
        rows=rows,
        draw={
            "x": "date",
            "y": "rate",
            "low": "low",
            "high": "high",
            "unfinished": "finished",
            "link": "people",
            "cell_links": {"converted": [people_link(query, "converted", outcome.size, subset=one) for one in subsets]},
        },
        links=[people_link(query, "reached", 1, subset=one) for one in subsets],
        empty=T("Nobody entered."),
    )


def who_entered(query: Query, outcome: Outcome, text: str) -> Int64:
    """The entrants who first began on the days that a link names: `FIRST:LAST`; ValueError where it names none."""
    first, last = text.split(":")
    days = Span(parse_date(first), parse_date(last), query.site.zone)
    entered, _ = outcome.begun
    return np.flatnonzero((entered >= days.start) & (entered < days.end))
