"""Which days are compared: as many whole weeks before a day as from it on, so that each weekday is there as often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.times import DAY, HOUR, Span, day_of, parse_date
from collector.journeys.journeys import Journeys

WEEK = timedelta(days=7)
# 52 weeks keep the weekdays; a year of 365 days does not.
YEAR = 52 * WEEK
MOST_WEEKS = 52
# A day whose first event came later than this is one that was not measured from its beginning.
_YOUNG = HOUR


@dataclass(frozen=True, slots=True)
class Windows:
    """The days compared.

    Attributes:
        weeks: how many whole weeks each side has; 0 where there is nothing to compare yet.
        asked: how many were asked for.
        passed: whole days from the day on that are over.
        known: days before it since that of the first event.
        partial: ms UTC of the first event, where the side before begins with its day and the day was not young then.
        cut: ms asked for each side, where these are no whole weeks.
        then: the same two windows 52 weeks before, None where the data begins later.
    """

    day: date
    weeks: int
    asked: int
    passed: int
    known: int
    before: Span
    after: Span
    then: tuple[Span, Span] | None
    partial: int | None = None
    cut: int | None = None

    @property
    def settled(self) -> dict[str, str]:
        """The day, and how long each side came to be, as the report's arguments say them."""
        return {"day": self.day.isoformat()} | ({"window": f"{7 * self.weeks}d"} if self.weeks else {})


def chosen_day(query: Query) -> date | None:
    """The day asked for; else that of the latest annotation a week or more ago, None where there is none.

    Raises:
        UserError: it is no day, or it is not over.
    """
    today = day_of(query.now, query.site.zone)
    given = query.values.get("day")
    if isinstance(given, str) and given:
        day = parse_date(given)
        if day >= today:
            raise UserError(f"{day} is not over yet.", "Choose an earlier day.")
        return day
    return max((one.day for one in query.site.annotations if one.day <= today - WEEK), default=None)


def windows(journeys: Journeys, query: Query, day: date) -> Windows:
    """The windows around a day that the data and the calendar leave of those asked for.

    Raises:
        UserError: the window asked for is shorter than a week or longer than 52.
    """
    length = query.values.get("window")
    given = length if isinstance(length, int) else 28 * DAY
    asked = given // (7 * DAY)
    if not 1 <= asked <= MOST_WEEKS:
        raise UserError("This window cannot be compared.", f"Give whole weeks, from 7d to {7 * MOST_WEEKS}d.")
    zone = query.site.zone
    first = min((part.bounds[0] for part in journeys.each() if part.size), default=query.now)
    begun = day_of(first, zone)
    passed, known = (day_of(query.now, zone) - day).days, (day - begun).days
    weeks = max(min(asked, passed // 7, known // 7), 0)
    length_ = max(weeks, 1) * WEEK
    before = Span(day - length_, day - timedelta(days=1), zone)
    after = Span(day, day + length_ - timedelta(days=1), zone)
    then = (_year_before(before), _year_before(after))
    known_then = then if then[0].first >= begun else None
    starts = before.start if known_then is None else known_then[0].start
    partial, cut = first if starts + _YOUNG < first else None, given if given % (7 * DAY) else None
    return Windows(day, weeks, asked, passed, known, before, after, known_then, partial, cut)


def _year_before(span: Span) -> Span:
    return Span(span.first - YEAR, span.last - YEAR, span.zone)
