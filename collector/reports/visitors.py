"""Visitors: the list of people behind any number, and the way to find one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import Span, parse_date
from collector.journeys.journeys import Journeys
from collector.journeys.merge import ranges
from collector.journeys.part import Bool, Int64, Part
from collector.reports import groups
from collector.reports.base import Report
from collector.reports.cookieless import count_daily, day_note
from collector.reports.scope import choose, inside
from collector.reports.visitors_rows import NEVER, Listed, columns, last_seen, person_rows

SEARCH_LIMIT = 100_000
EVER = "ever"


@dataclass(frozen=True, slots=True)
class Page:
    """Which stretch of the list is shown: those after the key (last seen, code), at most `limit`."""

    after: tuple[int, int] | None
    limit: int


def run(journeys: Journeys, query: Query) -> Result:
    """People active in the range who fit all filters, last seen first."""
    page = Page(_after(query.values.get("after")), _limit(query))
    wanted = _searched(journeys, query)
    total = daily = 0
    candidates: list[tuple[int, int, int, int]] = []
    parts = list(journeys.each())
    for at, part in enumerate(parts):
        mask = fitting(journeys, part, query)
        if wanted is not None:
            mask &= np.isin(part.persons, wanted)
        total += int(np.count_nonzero(mask))
        daily += count_daily(journeys, part, mask)
        candidates += [(*key, at) for key in _latest(part, query, mask, page)]
    candidates.sort(key=lambda row: (-row[0], -row[1]))
    shown = [Listed(parts[at], person, code, seen) for seen, code, person, at in candidates[: page.limit]]
    more = len(candidates) > page.limit
    cursor = f"{shown[-1].last_seen}_{shown[-1].code}" if more else None
    block = Block(
        "visitors",
        "table",
        T("Visitors"),
        columns(query),
        person_rows(journeys, query, shown),
        draw={"link": "person", **({"next": ("after", cursor)} if cursor else {})},
        note=T("There are more people: ask again with after={cursor}.", cursor=cursor) if cursor else None,
        empty=T("Nobody fits. Widen the range, or take a filter away."),
    )
    number = Block(
        "total", "number", T("People"), (Column("people", T("People"), "count"),), [[total]], draw={"link": "people"}
    )
    note = day_note(daily, total)
    return Result([number, block], journeys.as_of, _headline(query, total), [] if note is None else [note])


def fitting(journeys: Journeys, part: Part, query: Query) -> Bool:
    """Persons of the part that the common filters and this report's own leave, search aside."""
    chosen = choose(journeys, part, query)
    start, end = _here(query)
    filters, matchers = groups.wanted(query), _matchers(query)
    if filters or matchers:
        mask = inside(part, query, chosen, start, end)
        if filters:
            mask &= groups.session_mask(journeys, part, filters)[part.session]
        found = np.zeros(len(part.persons), dtype=np.bool_)
        found[part.person[np.flatnonzero(mask)]] = True
    else:
        found = _active(part, query, chosen, start, end)
    for matcher in matchers:
        rows = journeys.rows(part, matcher, query.include_bots)
        did = np.zeros_like(found)
        did[part.person[rows[mask[rows]]]] = True
        found &= did
    if query.values.get("identified") in ("yes", "no"):
        found &= (part.persons % 2 == 1) == (query.values["identified"] == "yes")
    return found


def _here(query: Query) -> tuple[int, int]:
    """The instants between which people must have been here: those of the range, or of `at`.

    Raises:
        UserError: `at` is no day.
    """
    given = query.values.get("at")
    if not isinstance(given, str) or not given:
        return query.start, query.end
    if given == EVER:
        return -(2**62), 2**62
    first, _, last = given.partition("..")
    span = Span(parse_date(first), parse_date(last or first), query.site.zone)
    return span.start, span.end


def _active(part: Part, query: Query, chosen: Bool, start: int, end: int) -> Bool:
    """Those of the chosen persons who did anything that counts from `start` to before `end`."""
    check()
    if part.size and start <= part.bounds[0] and part.bounds[1] < end:
        bots = query.include_bots
        return chosen & part.memo.get(("ever seen", bots), lambda: last_seen(part, bots) > NEVER)
    found = np.zeros(len(part.persons), dtype=np.bool_)
    people = np.flatnonzero(chosen)
    if len(people) > len(chosen) // 4:
        found[part.person[np.flatnonzero(inside(part, query, chosen, start, end))]] = True
        return found
    # Of a few people only their own rows need to be looked at.
    rows = ranges(part.person_row[people], part.person_row[people + 1])
    time = part.time[rows]
    fits = (time >= start) & (time < end)
    fits &= part.counted(query.include_bots, rows)
    found[part.person[rows[fits]]] = True
    return found


def _matchers(query: Query) -> Sequence[Matcher]:
    given = query.values.get("did")
    return given if isinstance(given, tuple) else ()


def _latest(part: Part, query: Query, mask: Bool, page: Page) -> list[tuple[int, int, int]]:
    """The part's first `limit` + 1 of the page: (last seen, code, place in the part)."""
    people = np.flatnonzero(mask)
    seen, code = last_seen(part, query.include_bots)[people], part.persons[people]
    if page.after is not None:
        time, last_code = page.after
        kept = (seen < time) | ((seen == time) & (code < last_code))
        people, seen, code = people[kept], seen[kept], code[kept]
    size = page.limit + 1
    if len(people) > size:
        # Only those at least as late as the size-th latest can be on the page; ties are kept and cut below.
        least = np.partition(seen, len(seen) - size)[len(seen) - size]
        kept = seen >= least
        people, seen, code = people[kept], seen[kept], code[kept]
    order = np.lexsort((-code, -seen))[:size]
    return [(int(seen[at]), int(code[at]), int(people[at])) for at in order]


def _searched(journeys: Journeys, query: Query) -> Int64 | None:
    text = query.values.get("search")
    if not isinstance(text, str) or not text:
        return None
    return np.array(sorted(journeys.people.find(text, SEARCH_LIMIT)), dtype=np.int64)


def _limit(query: Query) -> int:
    limit = query.values.get("limit")
    return limit if isinstance(limit, int) else 50


def _after(text: object) -> tuple[int, int] | None:
    if not isinstance(text, str) or not text:
        return None
    time, _, code = text.partition("_")
    try:
        return int(time), int(code)
    except ValueError as error:
        raise UserError(f"{text!r} is not a place in the list.", "Use the value that the page before gave.") from error


def _headline(query: Query, total: int) -> Text:
    if total == 1:
        return T("One person fits.")
    if query.span is None:
        return T("{people} people.", people=Value(total, "count"))
    return T("{people} people were active in this time.", people=Value(total, "count"))


REPORT = Report(
    name="visitors",
    title=T("Visitors"),
    summary=T("Who came: every person with what they did, to filter, to search and to open."),
    params=(
        Param("search", "text", T("Search"), T("A part of a user id or of a visitor's key.")),
        Param(
            "identified",
            "choice",
            T("Identified"),
            default="any",
            choices=(("any", T("all")), ("yes", T("known by a user id")), ("no", T("anonymous"))),
        ),
        Param("did", "matcher", T("Did in the range"), T("People who did this within the range."), repeat=True),
        *groups.FILTERS,
        Param(
            "at",
            "text",
            T("Here on"),
            T("A day, or two as DAY..DAY, or ever: who was here then, of those whom the filters find in the range."),
        ),
        Param("after", "text", T("After"), T("Where the page before ended.")),
        Param("limit", "int", T("Rows"), default="50", minimum=1, maximum=1_000),
    ),
    run=run,
    example={"did": ["event:add_to_cart"], "limit": ["20"]},
    menu=20,
    people=False,  # it says itself what its filters leave
)
