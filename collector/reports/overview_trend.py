"""The overview over time: buckets cut in the site's zone, with the earlier period beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import HOUR, Span, day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int32, Int64, Part
from collector.reports.local_days import FEW, day_number, days_of, fresh, local_days
from collector.reports.overview_counts import View, added
from collector.reports.scope import here_on

MAX_BUCKETS = 1_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """One period of the trend: its name for people and machines, and where it starts and ends (ms UTC)."""

    name: Cell
    start: int
    end: int
    first: date
    last: date
    zone: ZoneInfo


def whole_span(journeys: Journeys, query: Query) -> Span:
    """The question's range; for all time, from the first event's day to the last one's."""
    if query.span is not None:
        return query.span
    parts = [part for part in journeys.each() if part.size]
    low = min((part.bounds[0] for part in parts), default=query.now)
    high = max((part.bounds[1] for part in parts), default=query.now)
    zone = query.site.zone
    return Span(day_of(low, zone), day_of(high, zone), zone)


def auto_interval(days: int) -> str:
    """Hours up to two days, days up to 92, weeks up to two years, else months."""
    if days <= 2:
        return "hour"
    return "day" if days <= 92 else "week" if days <= 732 else "month"


def earlier_span(span: Span, compare: str) -> Span | None:
    """The span to compare with: as many days, directly before, or a year before."""
    if compare == "previous":
        return span.previous()
    if compare == "year":
        first = _year_before(span.first)
        return replace(span, first=first, last=first + timedelta(days=span.days - 1))
    return None


def same_part(span: Span, earlier: Span, now: int) -> Span:
    """The earlier span; of one under way at `now` (ms UTC) only as much of the earlier as has passed of it."""
    return replace(earlier, until=earlier.start + now - span.start) if span.start < now < span.end else earlier


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February has no namesake a year before
        return day.replace(year=day.year - 1, day=28)


def buckets(span: Span, interval: str) -> list[Bucket]:
    """The span cut into hours, days, weeks or months; the outer ones may reach beyond it."""
    if interval == "hour":
        starts = list(range(span.start, span.end, HOUR))[:MAX_BUCKETS]
        return [Bucket(at, at, at + HOUR, day_of(at, span.zone), day_of(at, span.zone), span.zone) for at in starts]
    wide = replace(span, last=span.last + timedelta(days=31))
    cuts = wide.cuts(interval)
    found = [
        Bucket(day.isoformat(), start, end, day, after - timedelta(days=1), span.zone)
        for (day, start), (after, end) in pairwise(cuts)
        if day <= span.last
    ]
    return found[:MAX_BUCKETS]


def _places(part: Part, rows: Int64, cut: Sequence[Bucket], hourly: bool) -> Int64 | Int32:
    """The number of each row's bucket, from 1; 0 for rows before the first, one more than the last's for later ones."""
    if hourly or not len(rows):
        edges = np.array([bucket.start for bucket in cut] + [cut[-1].end], dtype=np.int64)
        return np.searchsorted(edges, part.time[rows], side="right")
    # The days of all rows are remembered with the part: a small table of days is many times faster than a search.
    first = day_number(cut[0].first)
    lengths = [(bucket.last - bucket.first).days + 1 for bucket in cut]
    table = np.concatenate(([0], np.repeat(np.arange(1, len(cut) + 1), lengths), [len(cut) + 1])).astype(np.int32)
    place = days_of(part, rows, cut[0].zone) - np.int32(first - 1)
    found: Int32 = table[np.clip(place, 0, len(table) - 1, out=place)]
    return found


def _counts(views: Sequence[View], cut: Sequence[Bucket], hourly: bool) -> list[Int64]:
    """Per bucket: people, sessions begun, page views, people who reached a goal."""
    sums = [np.zeros(len(cut), dtype=np.int64) for _ in range(4)]
    key = ("trend", hourly, tuple((bucket.start, bucket.end) for bucket in cut), cut[0].zone.key)
    for view in views:
        part = view.part
        found = added(view, key, lambda one: _of_buckets(one, cut, hourly))
        goals = _places(part, view.any_goal, cut, hourly)
        won = _in_buckets(goals[fresh(part.person[view.any_goal], goals)], cut)
        for column, counted in zip(sums, (*found, won), strict=True):
            column += counted
    return sums


def _of_buckets(view: View, cut: Sequence[Bucket], hourly: bool) -> Int64:
    part = view.part
    if not hourly and np.count_nonzero(view.inside) * FEW > part.size:
        local_days(part, cut[0].zone)  # of all rows at once, for those that follow
    begun = _in_buckets(_places(part, part.session_row[view.begun], cut, hourly), cut)
    people, pages = np.zeros_like(begun), np.zeros_like(begun)
    before = -1, -1
    for rows in view.some_rows():
        place, person = _places(part, rows, cut, hourly), part.person[rows]
        begins = fresh(person, place)
        begins[0] = (person[0], place[0]) != before
        before = int(person[-1]), int(place[-1])
        people += _in_buckets(place[begins], cut)
        pages += _in_buckets(place[view.pages[part.kind[rows]]], cut)
    return np.stack((people, begun, pages))


def _in_buckets(places: Int64 | Int32, cut: Sequence[Bucket]) -> Int64:
    return np.bincount(places, minlength=len(cut) + 2)[1 : len(cut) + 1]


def trend_block(query: Query, span: Span, views: Sequence[View], earlier: Span | None, before: Sequence[View]) -> Block:
    """The series `trend`: a row a period, the earlier period's people beside it, unfinished periods marked."""
    asked = query.values.get("interval")
    interval = asked if isinstance(asked, str) and asked != "auto" else auto_interval(span.days)
    cut = buckets(span, interval)
    counts = _counts(views, cut, interval == "hour")
    old = _counts(before, buckets(earlier, interval), interval == "hour") if earlier is not None else []
    rows: list[list[Cell]] = []
    links: list[Sequence[tuple[str, str]] | None] = []
    for at, bucket in enumerate(cut):
        unfinished = bucket.end > query.now or bucket.start < span.start or bucket.end > span.end
        past = [int(column[at]) if at < len(column) else None for column in old] or [None] * 4
        rows.append([bucket.name, *(int(column[at]) for column in counts), *past, unfinished])
        days = max(bucket.first, span.first), min(bucket.last, span.last)
        links.append(None if interval == "hour" else here_on(query, *days))
    return Block(
        "trend",
        "series",
        T("Over time"),
        (
            Column("period", T("Period"), "time" if interval == "hour" else "date"),
            Column("people", T("Visitors"), "count"),
            Column("sessions", T("Sessions"), "count"),
            Column("page_views", T("Page views"), "count"),
            Column("converted", T("Reached a goal"), "count"),
            Column("previous_people", T("Visitors before"), "count"),
            Column("previous_sessions", T("Sessions before"), "count"),
            Column("previous_page_views", T("Page views before"), "count"),
            Column("previous_converted", T("Reached a goal before"), "count"),
            Column("unfinished", T("Unfinished"), "bool", T("The period is not over, or reaches beyond the range.")),
        ),
        rows,
        draw={"x": "period", "y": ["people", "previous_people"], "open": "unfinished", "link": "people"},
        links=links,
        note=T("The dashed end is not over yet.") if any(row[-1] for row in rows) else None,
    )
