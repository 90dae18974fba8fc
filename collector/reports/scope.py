"""What a question is asked of: which rows of a part are inside it, and the facts of sessions that reports share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.event import PAGE, PASSIVE, Kind
from collector.core.matcher import Matcher
from collector.core.query import FILTERS, Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int32, Int64, Part, pieces
from collector.reports import people_mask

Codes: TypeAlias = Int64 | Int32 | NDArray[np.uint16]
K = TypeVar("K", bound=Hashable)

MOST_CELLS = 200_000_000
_DIGIT = 2.0**26  # more than a session has rows, and few enough to count exactly


class Sessions(NamedTuple):
    """Facts of a part's sessions: the person, the last row, engaged milliseconds.

    `bounce`: one page and no other event (SEMANTICS 2).
    """

    person: Int32
    last: Int32
    engaged: Float64
    bounce: Bool


def inside(part: Part, query: Query, chosen: Bool, start: int, end: int) -> Bool:
    """Rows of chosen persons with `start` <= time < `end`."""
    check()
    mask = (part.time >= start) & (part.time < end)
    mask &= part.counted(query.include_bots)
    if not chosen.all():
        mask &= chosen[part.person]
    return mask


def choose(journeys: Journeys, part: Part, query: Query, lasting: bool = False) -> Bool:
    """Persons of the part that the question's common filters leave.

    Where they are followed for longer than a day (`lasting`), those counted for a day only are left out unless asked
    for: a window, a cohort or a comparison over time would take each of their days for another person (E4).
    """
    check()
    left = people_mask.chosen(journeys, part, query)
    if lasting and not query.include_cookieless:
        of_a_day = journeys.of_a_day(part)
        if of_a_day is not None:
            left &= ~of_a_day
    return left


def kind_mask(journeys: Journeys, test: Callable[[Kind], bool]) -> Bool:
    """For each kind id whether the kind passes `test`."""
    mask = np.zeros(max(journeys.kinds, default=0) + 1, dtype=np.bool_)
    for number, kind in journeys.kinds.items():
        mask[number] = test(kind)
    return mask


def sessions(journeys: Journeys, part: Part, include_bots: bool) -> Sessions:
    """The sessions' facts, remembered with the part."""
    return part.memo.get(("sessions", include_bots), lambda: _sessions(journeys, part, include_bots))


def _sessions(journeys: Journeys, part: Part, include_bots: bool) -> Sessions:
    check()
    # Pages and all that counts are counted at once, each a digit of one number.
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    digits = is_page * _DIGIT + ~kind_mask(journeys, lambda kind: kind in PASSIVE)
    counted, engaged = np.zeros(len(part.session_row)), np.zeros(len(part.session_row))
    last = part.session_row.astype(np.int32)
    for piece in pieces(part.size):
        session, kind, given = part.session[piece], part.kind[piece], part.engaged[piece]
        mine = part.bot[piece] >= 0 if include_bots else part.bot[piece] == 0
        rows = None if mine.all() else np.flatnonzero(mine)
        if rows is not None:
            session, kind, given = session[mine], kind[mine], given[mine]
        _add(counted, session, digits.take(kind))
        if given.any():
            _add(engaged, session, given)
        ends = np.append(np.flatnonzero(session[1:] != session[:-1]), len(session) - 1) if len(session) else session
        # Rows ascend, and of several writes to one place the last one stays.
        last[session[ends]] = piece.start + (ends if rows is None else rows[ends])
    return Sessions(part.person[part.session_row], last, engaged, counted == _DIGIT + 1)


def _add(sums: Float64, session: Int32, weights: NDArray[Any]) -> None:
    """Add to the sums of some sessions, which are neighbours."""
    if len(session):
        low = int(session.min())
        found = np.bincount(session - low, weights)
        sums[low : low + len(found)] += found


def distinct_sorted(person: Int64 | Int32) -> int:
    """How many different persons, from an ascending array."""
    return int(np.count_nonzero(person[1:] != person[:-1])) + 1 if len(person) else 0


def rows_of_any(journeys: Journeys, part: Part, matchers: Sequence[Matcher], include_bots: bool) -> Int64:
    """Ascending rows that fit any of the matchers."""
    found = [journeys.rows(part, matcher, include_bots) for matcher in matchers]
    if not found:
        return np.empty(0, dtype=np.int64)
    return found[0] if len(found) == 1 else np.unique(np.concatenate(found))


def coded(ids: Int64 | Int32, name: Callable[[int], K]) -> tuple[Int64, list[K]]:
    """Dictionary ids (-1 for none) to codes of what `name` makes of them; ids with the same name share a code."""
    if not len(ids):
        return np.empty(0, dtype=np.int64), []
    # The place of -1 is the last one, as an index from the end.
    seen = np.zeros(int(ids.max()) + 2, dtype=np.bool_)
    seen[ids] = True
    present = np.flatnonzero(seen[:-1])
    places: dict[K, int] = {}
    lookup = np.zeros(len(seen), dtype=np.int64)
    for number in ([-1] if seen[-1] else []) + present.tolist():
        lookup[number] = places.setdefault(name(number), len(places))
    return lookup[ids], list(places)


def distinct_people(codes: Codes, person: Int64 | Int32, groups: int) -> Int64:
    """For each code the number of different persons; `person` ascends."""
    if groups == 1:
        return np.array([distinct_sorted(person)], dtype=np.int64)
    persons = int(person[-1]) + 1 if len(person) else 0
    if len(codes) > 4 * persons:
        # Most repetitions are neighbours, as whoever does much does it in a few visits.
        fresh = np.ones(len(codes), dtype=np.bool_)
        fresh[1:] = (codes[1:] != codes[:-1]) | (person[1:] != person[:-1])
        kept = np.flatnonzero(fresh)
        codes, person = codes[kept], person[kept]
    if persons * groups <= MOST_CELLS:
        # One flag a (code, person): persons ascend, so that the writes of a code walk through memory in order.
        seen = np.zeros((groups, persons), dtype=np.bool_)
        at = np.multiply(codes, persons, dtype=np.int64)
        at += person
        seen.reshape(-1)[at] = True
        return np.array([np.count_nonzero(flags) for flags in seen], dtype=np.int64)
    # A stable sort of 16-bit codes is a radix sort, several times faster, and keeps persons in order.
    narrow = codes.astype(np.uint16) if groups <= 65_536 else codes
    order = np.argsort(narrow, kind="stable")
    sorted_codes, sorted_person = codes[order], person[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (sorted_codes[1:] != sorted_codes[:-1]) | (sorted_person[1:] != sorted_person[:-1])
    return np.bincount(sorted_codes[fresh], minlength=groups).astype(np.int64)


def page_path(path: str) -> str:
    """A path as pages are counted: with and without its closing slash is one page, as matchers see it."""
    return path.rstrip("/") or "/"


def common_arguments(query: Query) -> tuple[tuple[str, str], ...]:
    """The arguments of the range and the filters, to carry into links."""
    carried = ("period", "from", "to", "all-time", *FILTERS)
    return tuple((name, text) for name, text in query.arguments if name in carried)


def here_on(query: Query, first: date, last: date) -> tuple[tuple[str, str], ...]:
    """The arguments of the list of visitors of these days, of those whom the filters find in the question's range."""
    carried = tuple(pair for pair in query.arguments if pair[0] in FILTERS)
    if not people_mask.of_range(query):
        return (*carried, ("from", str(first)), ("to", str(last)))
    span = query.span
    days = (("from", str(span.first)), ("to", str(span.last))) if span else (("all-time", "1"),)
    return (("report", "visitors"), *carried, *days, ("at", f"{first}..{last}"))


def share(part: float, whole: float) -> float | None:
    """A ratio, None where there is nothing to divide by."""
    return part / whole if whole else None
