"""Conversations: who wrote in them, when an agent answered, how they were rated, and who answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collector.core.event import CHAT_EVENTS
from collector.core.matcher import Matcher, cell_text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64, Part

_CLOSERS = ("chat_ended", "chat_rated", "chat_offline_form")
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Talks:
    """The conversations of a part, all ever.

    row: first row of each. asked: row of the visitor's first message, the number of the part's rows where none was
    written. seconds: from it to the first message of an agent after it, NaN where none came. score: the last rating.
    every, number: all chat rows, ascending, and the conversation of each. answering: which of them are an agent's.
    """

    row: Int64
    asked: Int64
    seconds: Float64
    score: Float64
    every: Int64
    number: Int64
    answering: Int64


def talks(journeys: Journeys, part: Part, include_bots: bool) -> Talks:
    """The conversations of a part: a session's chat, cut where it goes on after an end (SEMANTICS 10)."""
    rows = {name: journeys.rows(part, Matcher("event", name), include_bots) for name in CHAT_EVENTS}
    every = np.sort(np.concatenate(list(rows.values())))
    number = _numbers(part, every, np.concatenate([rows[name] for name in _CLOSERS]))
    count = int(number.max(initial=-1)) + 1
    messages, rated = rows["chat_message"], rows["chat_rated"]
    role, of = roles(journeys, part, messages), number[np.searchsorted(every, messages)]
    # A conversation is one session's, whose rows are in the order of time.
    asked = _least(of[role == "visitor"], messages[role == "visitor"], count, part.size)
    since = np.append(part.time, NEVER)[asked]
    later = (role == "agent") & (part.time[messages] >= since[of])
    told = _least(of[later], part.time[messages[later]], count, NEVER)
    joined = rows["chat_agent_joined"]
    return Talks(
        row=_least(number, every, count, part.size),
        asked=asked,
        seconds=np.where(told < NEVER, (told - since) / 1000, np.nan),
        score=_last(number[np.searchsorted(every, rated)], scores(journeys, part, rated), count),
        every=every,
        number=number,
        answering=np.sort(np.concatenate([joined, messages[role == "agent"]])),
    )


def answered_by(journeys: Journeys, part: Part, found: Talks, name: str) -> tuple[Int64, list[str]]:
    """For each conversation a code of the first `agent` or `team` named by who answered, -1 for none; their names."""
    column = journeys.properties.column(part, name)
    names: dict[str, int] = {}
    known = [names.setdefault(text, len(names)) if text else -1 for text in map(cell_text, column.values)]
    code = np.array([*known, -1], dtype=np.int64)[column.code[found.answering]]
    rows = found.answering[code >= 0]
    of = found.number[np.searchsorted(found.every, rows)]
    first = np.full(len(found.row), -1, dtype=np.int64)
    first[of[::-1]] = code[code >= 0][::-1]  # of several writes to one place the last one, here the first row, stays
    return first, list(names)


def roles(journeys: Journeys, part: Part, rows: Int64) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Who wrote each of these messages; "" where it is not said."""
    column = journeys.properties.column(part, "role")
    names = np.array([*(str(value) for value in column.values), ""], dtype=np.str_)
    return names[column.code[rows]]


def scores(journeys: Journeys, part: Part, rows: Int64) -> Float64:
    """The property `score` of rows; NaN where it is no number."""
    column = journeys.properties.column(part, "score")
    told = [
        float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else np.nan
        for cell in column.values
    ]
    found: Float64 = np.array([*told, np.nan])[column.code[rows]]
    return found


def _numbers(part: Part, every: Int64, closing: Int64) -> Int64:
    closed = np.isin(every, closing)
    order = np.argsort(part.session[every], kind="stable")
    session = part.session[every][order]
    fresh = np.ones(len(every), dtype=np.bool_)
    fresh[1:] = (session[1:] != session[:-1]) | (closed[order][:-1] & ~closed[order][1:])
    number = np.empty(len(every), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number


def _least(of: Int64, values: Int64, count: int, none: int) -> Int64:
    found = np.full(count, none, dtype=np.int64)
    np.minimum.at(found, of, values)
    return found


def _last(of: Int64, values: Float64, count: int) -> Float64:
    found = np.full(count, np.nan)
    known = ~np.isnan(values)
    found[of[known]] = values[known]
    return found
