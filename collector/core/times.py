"""Durations and calendar periods: text to milliseconds, dates to instants in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.core.errors import UserError

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"(\d{1,8})([smhdw])")


def parse_duration(text: str) -> int:
    """Milliseconds of a duration such as `30m`, `7d` or `1h30m`.

    Raises:
        UserError: not a positive number of seconds, minutes, hours, days or weeks.
    """
    cleaned = text.strip().lower()
    parts = _DURATION.findall(cleaned)
    total = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if not total or "".join(number + unit for number, unit in parts) != cleaned:
        raise UserError(f"{text!r} is not a duration.", "Write a number and a unit, like 30m, 12h, 7d or 2w.")
    return total


def format_duration(ms: int) -> str:
    """The shortest text that `parse_duration` reads back as `ms` (whole seconds)."""
    for unit in ("w", "d", "h", "m", "s"):
        if ms >= _UNITS[unit] and ms % _UNITS[unit] == 0:
            return f"{ms // _UNITS[unit]}{unit}"
    whole = ms // SECOND
    return f"{whole}s"


def parse_timezone(name: str) -> ZoneInfo:
    """The IANA time zone called `name`; a `UserError` when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UserError(f"{name!r} is not a time zone.", "Use an IANA name like Europe/Berlin or UTC.") from error


def parse_date(text: str) -> date:
    """A date written YYYY-MM-DD, of the years 1970 to 2199; a `UserError` otherwise."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise UserError(f"{text!r} is not a date.", "Write it as YYYY-MM-DD, like 2026-01-31.") from error
    if not 1970 <= found.year < 2200:  # room for windows and zones on both sides
        raise UserError(f"{text!r} is too far away.", "Give a year from 1970 to 2199.")
    return found


def day_start(day: date, zone: ZoneInfo) -> int:
    """Milliseconds UTC of local midnight, the earlier of two; where there is none, of the first instant of the day."""
    # A midnight that the clock skips is read by the offset before (PEP 495), which is the instant of the skip.
    return int(datetime.combine(day, time.min, tzinfo=zone).timestamp() * 1000)


def day_of(ms: int, zone: ZoneInfo) -> date:
    """The local calendar day of an instant."""
    return datetime.fromtimestamp(ms / 1000, zone).date()


_DAYS = re.compile(r"(\d{1,5})([dw])")
MAX_PERIOD = 3_660  # days; ten years


def parse_period(text: str, today: date) -> tuple[date, date]:
    """The first and last day of a period that moves on with the days.

    `7d` and `2w` are that many days up to today; `yesterday`, `this-month` and `last-month` are what they say.

    Raises:
        UserError: none of these, or longer than ten years.
    """
    cleaned = text.strip().lower()
    month = today.replace(day=1)
    if cleaned == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if cleaned == "this-month":
        return month, today
    if cleaned == "last-month":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    found = _DAYS.fullmatch(cleaned)
    days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
    if not 0 < days <= MAX_PERIOD:
        raise UserError(
            f"{text!r} is not a period.", "Write days or weeks like 7d or 2w, or yesterday, this-month, last-month."
        )
    return today - timedelta(days=days - 1), today


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days in a time zone: `first` to `last` inclusive, `start` to `end` (exclusive) in ms UTC.

    until: ms UTC, where it ends before its last day is over.
    """

    first: date
    last: date
    zone: ZoneInfo
    until: int | None = None

    @property
    def start(self) -> int:
        return day_start(self.first, self.zone)

    @property
    def end(self) -> int:
        end = day_start(self.last + timedelta(days=1), self.zone)
        return end if self.until is None else min(end, self.until)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def previous(self) -> Span:
        """The span of the same number of days that ends the day before this one begins."""
        last = self.first - timedelta(days=1)
        return Span(last - timedelta(days=self.days - 1), last, self.zone)

    def cuts(self, unit: str) -> list[tuple[date, int]]:
        """The (first day, start ms) of each `day`, `week` (Monday first) or `month` that touches the span."""
        day = self.first
        if unit == "week":
            day -= timedelta(days=day.weekday())
        elif unit == "month":
            day = day.replace(day=1)
        found = []
        while day <= self.last:
            found.append((day, day_start(day, self.zone)))
            if unit == "month":
                day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
            else:
                day += timedelta(days=7 if unit == "week" else 1)
        return found
