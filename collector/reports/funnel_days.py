"""Which days of a funnel can be compared: those whose entrants have had the whole window, and as many earlier ones."""

from __future__ import annotations

from datetime import date, timedelta

from collector.core.query import Query
from collector.core.times import Span, day_of

_FIRST_DAY = date(1970, 1, 1)


def over(query: Query, window: int) -> Span | None:
    """The days of the question whose entrants have all had the whole window; None where no day is."""
    zone = query.site.zone
    asked = query.span or Span(_FIRST_DAY, day_of(query.now, zone), zone)
    last = min(asked.last, day_of(query.now - window, zone))
    if Span(last, last, zone).end + window > query.now:
        last -= timedelta(days=1)
    return Span(asked.first, last, zone) if last >= asked.first else None


def earlier(span: Span, days: int, by: str) -> Span:
    """As many days as `days` of the period before this one, or of a year before it."""
    if by == "previous":
        first = span.previous().first
    else:
        year = span.first.year - 1
        first = span.first.replace(year=year, day=28) if _leap_day(span.first) else span.first.replace(year=year)
    return Span(first, first + timedelta(days=days - 1), span.zone)


def _leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)
