"""Durations, days and spans: cut at local midnight, also where the clock jumps."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.core.errors import UserError
from collector.core.times import (
    DAY,
    HOUR,
    Span,
    day_of,
    day_start,
    format_duration,
    parse_date,
    parse_duration,
    parse_timezone,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago", "Pacific/Apia", "Asia/Beirut"]


@pytest.mark.parametrize(
    ("text", "ms"),
    [("30m", 30 * 60_000), ("7d", 7 * DAY), ("1h30m", 90 * 60_000), ("2w", 14 * DAY), (" 12H ", 12 * HOUR)],
)
def test_durations(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "0d", "1.5h", "7 days", "1d;drop"])
def test_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(UserError):
        parse_duration(text)


@given(st.integers(1, 10**7))
def test_a_duration_reads_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds * 1000)) == seconds * 1000


def test_a_day_in_spring_has_23_hours_and_one_in_autumn_25() -> None:
    def hours(day: date) -> float:
        return (Span(day, day, BERLIN).end - Span(day, day, BERLIN).start) / HOUR

    assert (hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 7, 1))) == (23, 25, 24)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.sampled_from(ZONES))
@example(date(2018, 11, 4), "America/Sao_Paulo")  # no midnight: the clock went from 23:59 to 01:00
@example(date(2017, 11, 5), "America/Havana")  # two of them
def test_the_first_instant_of_a_day_is_in_it_and_the_one_before_is_not(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    start = day_start(day, zone)
    assert day_of(start, zone) >= day  # a zone may skip a whole day when it moves across the date line
    assert day_of(start - 1, zone) < day


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    span = Span(date(2026, 1, 31), date(2026, 3, 2), BERLIN)
    assert [day for day, _ in span.cuts("month")] == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert all(day.weekday() == 0 for day, _ in span.cuts("week"))
    assert len(span.cuts("day")) == span.days == 31
    changing = Span(date(2026, 3, 28), date(2026, 3, 31), BERLIN)
    starts = [start for _, start in changing.cuts("day")]
    assert [(after - before) // HOUR for before, after in pairwise(starts)] == [24, 23, 24]


def test_the_previous_span_ends_where_this_one_begins() -> None:
    span = Span(date(2026, 3, 20), date(2026, 4, 2), BERLIN)
    assert span.previous().end == span.start
    assert span.previous().days == span.days


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_what_is_not_a_time_zone(name: str) -> None:
    with pytest.raises(UserError):
        parse_timezone(name)


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "2200-01-01", "9999-12-31"])
def test_a_date_that_leaves_no_room_around_it_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="too far"):
        parse_date(text)
