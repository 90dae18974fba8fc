"""Raw event columns to a part: sort by person and time, fold engagement, cut sessions, order by kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.journeys.part import ASIDE, Bool, Float64, Int16, Int32, Int64, Part
from collector.journeys.sessions import session_starts

LONGEST_LAG = 2**31 - 1
MAX_ENGAGED = 30 * 60 * 1_000  # one page view's attention is capped, as a sleeping laptop yields hours (A6.4)


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Events in any order, each with its person's code. `engagement` marks rows that only carry attention."""

    code: Int64
    visitor: Int64
    time: Int64
    id: Int64
    kind: Int64
    page: Int64
    source: Int64
    agent: Int64
    bot: Int64
    value: Float64
    engaged: Int64
    engagement: Bool
    campaign: Bool


def build_part(raw: Raw, kinds: int, lag: Int64 | None = None) -> Part:
    """The part that holds these events; `kinds` is one more than the greatest kind id.

    `lag` is given where the rows come from parts, with attention already folded in (see `Part.lag`).

    Raises:
        OverflowError: persons and time together need more than 63 bits (about 30 million persons over five years).
    """
    order = np.lexsort((raw.id, raw.time, raw.code))
    events = order[~raw.engagement[order]]
    engaged, lags = _fold_engagement(raw, lag)
    codes = raw.code[events]
    persons, person_row, person = _persons(codes)
    time = raw.time[events]
    origin, shift = packing(time, len(persons))
    key = (person.astype(np.int64) << shift) | (time - origin)
    bot = raw.bot[events].astype(np.int16)
    kind = raw.kind[events].astype(np.int32)
    session, session_row = _sessions(raw, events)
    kind_rows, kind_start = by_kind(kind, bot, kinds)
    return Part(
        shift=shift,
        origin=origin,
        person=person,
        time=time,
        key=key,
        id=raw.id[events],
        visitor=raw.visitor[events].astype(np.int32),
        kind=kind,
        page=raw.page[events].astype(np.int32),
        source=raw.source[events].astype(np.int32),
        agent=raw.agent[events].astype(np.int32),
        bot=bot,
        value=raw.value[events],
        engaged=engaged[events],
        lag=lags[events],
        session=session,
        persons=persons,
        person_row=person_row,
        alive=np.ones(len(persons), dtype=np.bool_),
        session_row=session_row,
        kind_rows=kind_rows,
        kind_keys=key[kind_rows],
        kind_start=kind_start,
    )


def _persons(codes: Int64) -> tuple[Int64, Int64, Int32]:
    fresh = np.ones(len(codes), dtype=np.bool_)
    fresh[1:] = codes[1:] != codes[:-1]
    first = np.flatnonzero(fresh)
    person = (np.cumsum(fresh) - 1).astype(np.int32)
    return codes[first], np.append(first, len(codes)).astype(np.int64), person


def packing(time: Int64, persons: int) -> tuple[int, int]:
    """The origin of times, and how many bits they take in a key."""
    origin = int(time.min()) if len(time) else 0
    shift = max(int(time.max()) - origin, 1).bit_length() if len(time) else 1
    if shift + max(persons, 1).bit_length() > 63:
        raise OverflowError(f"{persons} persons over {shift} bits of time do not fit one part")
    return origin, shift


def _fold_engagement(raw: Raw, lag: Int64 | None) -> tuple[Int32, Int32]:
    """Attention of each event row: its own, and that of the engagement rows that follow it at the same visitor.

    Also how long after the row the last of it came, -1 where there is none.
    """
    engaged = np.where(raw.engagement, 0, raw.engaged).astype(np.int64)
    lags = np.full(len(engaged), -1, dtype=np.int64) if lag is None else lag.astype(np.int64)
    if raw.engagement.any():
        by_visitor = np.lexsort((raw.id, raw.engagement, raw.time, raw.visitor))
        carries = raw.engagement[by_visitor]
        is_event = ~carries & (raw.bot[by_visitor] != ASIDE)
        last = np.maximum.accumulate(np.where(is_event, np.arange(len(by_visitor)), -1))
        target = np.where(last >= 0, by_visitor[np.maximum(last, 0)], -1)
        fits = (target >= 0) & carries
        fits &= raw.visitor[by_visitor] == raw.visitor[np.maximum(target, 0)]
        amounts = np.nan_to_num(raw.value[by_visitor[fits]]).astype(np.int64)
        np.add.at(engaged, target[fits], np.clip(amounts, 0, MAX_ENGAGED))
        np.maximum.at(lags, target[fits], raw.time[by_visitor[fits]] - raw.time[target[fits]])
    return np.minimum(engaged, MAX_ENGAGED).astype(np.int32), np.minimum(lags, LONGEST_LAG).astype(np.int32)


def orphans(raw: Raw) -> Int64:
    """Visitors with engagement before any event of theirs: it belongs to an event that may yet come late."""
    if not raw.engagement.any():
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((raw.engagement, raw.time, raw.visitor))
    order = order[raw.bot[order] != ASIDE]
    visitor = raw.visitor[order]
    first: Int64 = order[np.flatnonzero(np.concatenate(([True], visitor[1:] != visitor[:-1])))]
    return raw.visitor[first[raw.engagement[first]]]


def _sessions(raw: Raw, events: Int64) -> tuple[Int32, Int64]:
    # What was told aside is a visit of its own, as another visitor's would be: it neither opens nor prolongs theirs.
    visitor = raw.visitor[events] * 2 + (raw.bot[events] == ASIDE)
    time, code = raw.time[events], raw.code[events]
    within = np.lexsort((np.arange(len(events)), time, visitor, code))
    starts = session_starts(
        visitor[within],
        time[within],
        raw.source[events][within].astype(np.int32),
        raw.campaign[events][within],
    )
    number = np.empty(len(events), dtype=np.int64)
    number[within] = np.cumsum(starts) - 1
    first = within[np.flatnonzero(starts)]
    # Two visitors of one person may overlap in time: number sessions by their first row, whoever's it is.
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[number].astype(np.int32) if len(number) else number.astype(np.int32), np.sort(first).astype(np.int64)


def by_kind(kind: Int32, bot: Int16, kinds: int) -> tuple[Int32, Int64]:
    """Rows of people by (kind, row), and where each kind begins among them."""
    people = np.flatnonzero(bot == 0)
    of_people = kind[people]
    # A stable sort of 16-bit numbers is a radix sort, about eight times faster.
    narrow = of_people.astype(np.uint16) if kinds <= 65_536 else of_people
    rows = people[np.argsort(narrow, kind="stable")].astype(np.int32)
    counts = np.bincount(of_people, minlength=kinds)
    return rows, np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
