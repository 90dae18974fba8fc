"""One segment: who is in it, and how that changed from week to week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.deadline import check, progress
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.people import Segment
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import Span, day_of, parse_date
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.base import Report
from collector.reports.counted import people
from collector.reports.people_list import LIMIT, Behind, people_block
from collector.reports.people_mask import first_times, members

MOST_WEEKS = 53
_WEEKS = (
    Column("week", T("Week from"), "date"),
    Column("people", T("People"), "count", T("Who was in it at the end of the week.")),
    Column("joined", T("Joined"), "count", T("In it at the end of the week, and not at the end of the one before.")),
    Column("left", T("Left"), "count", T("In it at the end of the week before, and no longer at the end of this one.")),
    Column("open", T("Not over yet"), "bool"),
)
_KNOWN = ("first_seen", "last_seen", "sessions", "channel", "source", "device", "goals")
_LISTS = {"in": T("Who was in it"), "joined": T("Who joined"), "left": T("Who left")}


@dataclass(frozen=True, slots=True)
class Week:
    """A week by its first day, with the instants after the week before it and after itself."""

    first: date
    before: int
    after: int
    open: bool


def run(journeys: Journeys, query: Query) -> Result:
    """The people of the question's filters now, and at the end of each week of its range."""
    asked = Segment("", query.where, query.where_not)
    weeks = _weeks(journeys, query)
    parts = list(journeys.each())
    found = [members(journeys, part, query, asked) for part in parts]
    counts = np.zeros((len(weeks), 3), dtype=np.int64)
    for part in parts:
        counts += _history(journeys, part, query, asked, weeks)
    rows: list[list[Cell]] = [[str(week.first), *map(int, counts[at]), week.open] for at, week in enumerate(weeks)]
    number, headline = _total(journeys, query, sum(int(np.count_nonzero(mask)) for mask in found))
    series = Block(
        "weeks",
        "series",
        T("How it changed"),
        _WEEKS,
        rows,
        draw={
            "x": "week",
            "y": ["people"],
            "open": "open",
            "cell_links": {which: [_link(which, week) for week in weeks] for which in ("joined", "left")},
        },
        links=[_link("in", week) for week in weeks],
        note=T("What people were known as, and by which traits, is taken as it is now."),
        empty=T("Nobody was here in these days."),
    )
    kind, chosen = str(query.values["people"]), _week(query, weeks)
    if chosen is None:
        now = [
            Behind.persons(part, mask, include_bots=query.include_bots) for part, mask in zip(parts, found, strict=True)
        ]
        listed = people_block(journeys, query, now, T("Who is in it now"), when=None, known=_KNOWN)
        return Result([number, series, listed], journeys.as_of, headline)
    then = [
        Behind.persons(part, _of_week(journeys, part, query, asked, chosen)[kind], include_bots=query.include_bots)
        for part in parts
    ]
    title = T("{list}, week from {day}", list=_LISTS[kind], day=str(chosen.first))
    listed = people_block(journeys, query, then, title, when=None, known=_KNOWN)
    return Result([listed, number, series], journeys.as_of, headline)


def count(journeys: Journeys, query: Query) -> Result:
    """How many people the question's filters leave now, of those who did `matcher` where one is given."""
    did = query.values["matcher"]
    asked = Segment("", (*query.where, did) if isinstance(did, Matcher) else query.where, query.where_not)
    total = sum(int(np.count_nonzero(members(journeys, part, query, asked))) for part in journeys.each())
    number, headline = _total(journeys, query, total)
    return Result([number], journeys.as_of, headline)


def _total(journeys: Journeys, query: Query, total: int) -> tuple[Block, Text]:
    everyone = (members(journeys, part, query, Segment("")) for part in journeys.each())
    everybody = sum(int(np.count_nonzero(mask)) for mask in everyone)
    columns = (Column("people", T("People"), "count"), Column("share", T("Of everybody"), "ratio"))
    number = Block("total", "number", T("People"), columns, [[total, total / everybody if everybody else None]])
    return number, _headline(total, everybody)


def _link(which: str, week: Week) -> tuple[tuple[str, str], ...]:
    return (("people", which), ("at", str(week.first)))


def _week(query: Query, weeks: Sequence[Week]) -> Week | None:
    """The week whose people are asked for."""
    text = query.values["at"]
    if not isinstance(text, str) or not text:
        return None
    day = parse_date(text)
    found = next((week for week in weeks if week.first == day), None)
    if found is None:
        raise UserError(f"No week of this range begins on {day}.", "Take the first day of a week as it is listed.")
    return found


def _of_week(journeys: Journeys, part: Part, query: Query, asked: Segment, week: Week) -> dict[str, Bool]:
    before, now = (members(journeys, part, query, asked, until) for until in (week.before, week.after))
    return {"in": now, "joined": now & ~before, "left": before & ~now}


def _headline(total: int, everybody: int) -> Text:
    if not everybody:
        return T("There is nobody yet.")
    if not total:
        return T("Nobody is in it now, of {everybody}.", everybody=people(everybody))
    share = Value(total / everybody, "ratio")
    if total == 1:
        return T("One person is in it now: {share} of {everybody}.", share=share, everybody=Value(everybody, "count"))
    return T(
        "{people} people are in it now: {share} of {everybody}.",
        people=Value(total, "count"),
        share=share,
        everybody=Value(everybody, "count"),
    )


def _history(journeys: Journeys, part: Part, query: Query, asked: Segment, weeks: Sequence[Week]) -> Int64:
    """For each week how many were in it at its end, how many joined, how many left."""
    counts = np.zeros((len(weeks), 3), dtype=np.int64)
    before: Bool | None = None
    for at, week in enumerate(weeks):
        check()
        if before is None:
            before = members(journeys, part, query, asked, week.before)
        now = members(journeys, part, query, asked, week.after)
        counts[at] = [np.count_nonzero(mask) for mask in (now, now & ~before, before & ~now)]
        before = now
        progress((at + 1) / len(weeks))
    return counts


def _weeks(journeys: Journeys, query: Query) -> list[Week]:
    """The weeks that the range touches, up to now; of a long range the last ones."""
    zone = query.site.zone
    today = day_of(query.now, zone)
    firsts = [first_times(part, query.include_bots).min() for part in journeys.each()]
    begun = day_of(min([int(first) for first in firsts if first < query.now] or [query.now]), zone)
    first = begun if query.span is None else query.span.first
    last = today if query.span is None else min(query.span.last, today)
    if first > last:
        return []
    first = max(first, last - timedelta(days=7 * MOST_WEEKS - 1))
    cuts = Span(first, last, zone).cuts("week")[-MOST_WEEKS:]
    ends = [start for _, start in cuts[1:]]
    over = Span(cuts[-1][0], cuts[-1][0] + timedelta(days=6), zone).end
    ends.append(min(over, query.now + 1))
    unfinished = query.now < over
    return [
        Week(day, start, end, unfinished and at == len(cuts) - 1)
        for at, ((day, start), end) in enumerate(zip(cuts, ends, strict=True))
    ]


# What is asked while a segment or a step is being written: the number alone.
_DID = Param("matcher", "matcher", T("Did"))
COUNT = Report("segment-count", T("Segment"), T("How many people there are."), (_DID,), count, {}, people=False)
REPORT = Report(
    name="segment",
    title=T("Segment"),
    summary=T("Who is in a segment now, and how that changed from week to week."),
    params=(
        Param(
            "people",
            "choice",
            T("List"),
            default="in",
            choices=tuple(_LISTS.items()),
        ),
        Param("at", "text", T("In the week from"), T("The first day of one of the weeks: who was in it at its end.")),
        LIMIT,
    ),
    run=run,
    example={"where": ["event:purchase[#last=30d]"], "period": ["8w"]},
)
