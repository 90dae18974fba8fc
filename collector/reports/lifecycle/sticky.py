"""Stickiness: people active on a day, in seven and in thirty days, and on how many days they were (SEMANTICS 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import and_

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import day_of
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports import counted
from collector.reports.lifecycle.asked import Active, Asked, between, last_of_each, link
from collector.reports.local_days import ActiveDays, Periods, day_number
from collector.reports.people_list import Behind
from collector.reports.scope import share

WINDOWS: Mapping[str, int] = {"daily": 1, "weekly": 7, "monthly": 30}
# Up to as many days there is a row a day, above it one a week, and where those are too many, one a month.
_MOST_DAYS, _MOST_WEEKS = 184, 370


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """People active in the days up to each day of the range.

    count: [window, day]. full: for each day whether the data reach back over the longest window. over: whether it is.
    ratios: daily by monthly people; nothing where either is not known whole.
    """

    days: Sequence[date]
    count: Int64
    full: Sequence[bool]
    over: Sequence[bool]
    ratios: Sequence[float | None]

    def mean(self, window: int) -> float | None:
        """The mean over the days that are over."""
        known = [int(self.count[window, at]) for at, over in enumerate(self.over) if over]
        return sum(known) / len(known) if known else None

    @property
    def stickiness(self) -> float | None:
        """The mean ratio of the days where it is known."""
        known = [ratio for ratio in self.ratios if ratio is not None]
        return sum(known) / len(known) if known else None


def windows(journeys: Journeys, active: Sequence[Active], question: Asked) -> Windows:
    """Count the people of all parts, each once a window."""
    first, last = question.first_day, question.last_day
    count = np.zeros((len(WINDOWS), last - first + 1), dtype=np.int64)
    for one in active:
        check()
        count += _of_everybody(one, first, last) if one.everybody else _covered(one.days, first, last)
    zone, span = question.span.zone, question.span
    shown = [span.first + timedelta(days=number) for number in range(last - first + 1)]
    today = day_of(question.now, zone)
    begun = min((part.bounds[0] for part in journeys.each() if part.size), default=question.now)
    since = day_of(begun, zone) + timedelta(days=max(WINDOWS.values()) - 1)
    full, over = [day >= since for day in shown], [day < today for day in shown]
    daily, monthly = count[0].tolist(), count[2].tolist()
    told = map(and_, full, over)
    ratios = [share(day, month) if known else None for day, month, known in zip(daily, monthly, told, strict=True)]
    return Windows(shown, count, full, over, ratios)


def _of_everybody(one: Active, first: int, last: int) -> Int64:
    """`_covered`, whose answer for all days is kept with the part."""
    found = np.zeros((len(WINDOWS), last - first + 1), dtype=np.int64)
    if not len(one.days.day):
        return found

    def find() -> tuple[int, Int64]:
        low, high = int(one.days.day.min()), int(one.days.day.max())
        return low, _covered(one.days, low, high + max(WINDOWS.values()))

    low, count = one.part.memo.get(("active people", *one.key), find)
    begin, end = max(first, low), min(last + 1, low + count.shape[1])
    if begin < end:
        found[:, begin - first : end - first] = count[:, begin - low : end - low]
    return found


def _covered(days: ActiveDays, first: int, last: int) -> Int64:
    """For each window, how many people were active in its days up to each day from the first to the last."""
    days = between(days, first - max(WINDOWS.values()) + 1, last)
    size = last - first + 2
    begun = np.bincount(np.clip(days.day, first, last + 1) - first, minlength=size)
    # Nobody counts twice: an active day covers those up to the person's next one at most.
    following = np.full(len(days.day), last + 1, dtype=np.int32)
    np.copyto(following[:-1], days.day[1:], where=days.person[1:] == days.person[:-1])
    found = []
    for length in WINDOWS.values():
        until = np.minimum(days.day + np.int32(length), following)
        np.clip(until, first, last + 1, out=until)
        until -= np.int32(first)
        found.append(begun - np.bincount(until, minlength=size))
    # Steps up and down of the number of people.
    return np.stack(found).cumsum(axis=1)[:, :-1]


def window_people(active: Sequence[Active], which: str, day: date) -> list[Behind]:
    """Those active in the window that ends on a day, at their last time in it."""
    last = day_number(day)
    first = last - WINDOWS[which] + 1
    found = [(one.part, last_of_each(between(one.days, first, last))) for one in active]
    return [Behind.each(part, days.last.astype(np.int64)) for part, days in found]


def day_called(question: Asked, group: str) -> date:
    """The day of the range written so; the last one where none is named.

    Raises:
        UserError: it is no day of the range.
    """
    if not group:
        return question.span.last
    try:
        day = date.fromisoformat(group)
    except ValueError as error:
        raise UserError(f"{group!r} is not a day.", "Write it as YYYY-MM-DD.") from error
    if not question.span.first <= day <= question.span.last:
        raise UserError(f"{group} is not a day of this range.", "Choose one within it.")
    return day


def _steps(found: Windows) -> tuple[str, list[tuple[int, int]]]:
    """The unit of the rows, and the first and last day of each, as places."""
    days = len(found.days)
    if days <= _MOST_DAYS:
        return "day", [(at, at) for at in range(days)]
    unit = "week" if days / 7 <= _MOST_WEEKS else "month"
    ends = [at for at, day in enumerate(found.days) if at == days - 1 or _ends(day, unit)]
    begins = [0, *(at + 1 for at in ends[:-1])]
    return unit, list(zip(begins, ends, strict=True))


def _ends(day: date, unit: str) -> bool:
    return day.weekday() == 6 if unit == "week" else (day + timedelta(days=1)).day == 1


def active_blocks(query: Query, found: Windows) -> list[Block]:
    """People by the day, seven and thirty days over time; and the ratio of the first to the last."""
    unit, steps = _steps(found)
    rows: list[list[Cell]] = []
    ratios: list[list[Cell]] = []
    days = []
    for begin, end in steps if found.count.any() else ():
        day = found.days[end].isoformat()
        many = found.count[0, begin : end + 1]
        known = [ratio for ratio in found.ratios[begin : end + 1] if ratio is not None]
        ratio = sum(known) / len(known) if known else None
        daily: Cell = int(many[0]) if unit == "day" else float(many.mean())
        rows.append([day, daily, int(found.count[1, end]), int(found.count[2, end]), ratio, not found.over[end]])
        ratios.append([day, ratio, not found.over[end]])
        days.append(day)
    links = {window: [link(query, window, group=day) for day in days] for window in WINDOWS}
    if unit != "day":
        del links["daily"]
    until = Column("day", {"day": T("Day"), "week": T("Week to"), "month": T("Month to")}[unit], "date")
    told = Column("stickiness", T("Stickiness"), "ratio", T("Daily by monthly people: how much of a month they come."))
    undone = Column("unfinished", T("Unfinished"), "bool", T("The day is not over."))
    daily_help = T("Active on the day.") if unit == "day" else T("Active on a day, on the mean of these days.")
    people = Block(
        id="active",
        kind="series",
        title=T("Active people"),
        columns=(
            until,
            Column("daily", T("Daily"), "count" if unit == "day" else "number", daily_help),
            Column("weekly", T("Weekly"), "count", T("Active in the seven days up to this day.")),
            Column("monthly", T("Monthly"), "count", T("Active in the thirty days up to this day.")),
            told,
            undone,
        ),
        rows=rows,
        draw={
            "x": "day",
            "y": ["daily", "weekly", "monthly"],
            "open": "unfinished",
            "link": "monthly",
            "cell_links": links,
        },
        links=links["monthly"],
        note=_young(found),
        empty=T("Nobody was active in this time."),
    )
    if all(row[1] is None for row in ratios):
        return [people]
    title = T("Stickiness: daily by monthly people")
    draw = {"x": "day", "y": ["stickiness"], "open": "unfinished", "link": "stickiness"}
    return [people, Block("ratio", "series", title, (until, told, undone), ratios, draw, links["monthly"])]


def _young(found: Windows) -> Text | None:
    if all(found.full) or not found.count.any():
        return None
    return T("Stickiness is told from the thirtieth day of data on: before it nobody can have been active for a month.")


def times_active(active: Sequence[Active], question: Asked) -> list[Int64]:
    """For each part on how many days, or in how many weeks or months, of the range each person was active."""
    return [_times(one, question) for one in active]


def _times(one: Active, question: Asked) -> Int64:
    days, person = between(one.days, question.first_day, question.last_day), one.days.person
    if days is one.days and question.counted != "day":
        person = one.in_periods(question.counted).person
    elif question.counted == "day":
        person = days.person
    else:
        periods = Periods(question.counted, question.span.first, question.span.last, question.span.zone)
        period = periods.of_days(days.day)
        fresh = np.ones(len(period), dtype=np.bool_)
        fresh[1:] = (days.person[1:] != days.person[:-1]) | (period[1:] != period[:-1])
        person = days.person[fresh]
    return np.bincount(person, minlength=len(one.part.persons))


def times_people(active: Sequence[Active], question: Asked, times: int) -> list[Behind]:
    """Who was active in exactly so many days, weeks or months of the range."""
    listed = []
    for one, many in zip(active, times_active(active, question), strict=True):
        last = last_of_each(between(one.days, question.first_day, question.last_day))
        listed.append(Behind.each(one.part, last.last[many[last.person] == times].astype(np.int64)))
    return listed


def stickiness_block(query: Query, question: Asked, active: Sequence[Active]) -> Block:
    """How many people were active in exactly how many days, weeks or months."""
    found = times_active(active, question)
    people = np.bincount(np.concatenate(found) if found else np.empty(0, dtype=np.int64))
    people[:1] = 0  # who was not active
    total = int(people.sum())
    at_least = people[::-1].cumsum()[::-1]
    rows: list[list[Cell]] = [
        [times, int(people[times]), share(int(people[times]), total), share(int(at_least[times]), total)]
        for times in range(1, len(people))
    ]
    titles = {
        "day": (T("On how many days they were active"), T("Active days")),
        "week": (T("In how many weeks they were active"), T("Active weeks")),
        "month": (T("In how many months they were active"), T("Active months")),
    }
    title, label = titles[question.counted]
    return Block(
        id="stickiness",
        kind="series",
        title=title,
        columns=(
            Column("times", label, "count", T("Exactly so many, of the range.")),
            Column("people", T("People"), "count"),
            Column("share", T("Share"), "ratio"),
            Column("at_least", T("So many or more"), "ratio"),
        ),
        rows=rows,
        draw={"x": "times", "y": ["people"], "as": "bars", "link": "people"},
        links=[link(query, "times", at=times) for times in range(1, len(people))],
        note=T("Of {people} active in the range.", people=counted.people(total)) if rows else None,
        empty=T("Nobody was active in this time."),
    )
