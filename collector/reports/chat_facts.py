"""What chats were like: how far people went, where and when they began, how fast an agent answered, ratings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from collector.core.event import CHAT_EVENTS, PAGE
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.scope import choose, distinct_sorted, inside, kind_mask, page_path

_CLOSERS = ("chat_ended", "chat_rated", "chat_offline_form")


@dataclass(slots=True)
class ChatFacts:
    """Sums over parts. `waits` are first response times in seconds, `unanswered` conversations without an agent.

    `before` counts people by pages seen before their first chat in the range; `pages` people by where it began.
    """

    people: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    scores: list[float] = field(default_factory=list)
    before: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)


class Ratings(NamedTuple):
    """The ratings of a part's chats, all ever, ascending by row."""

    row: Int64
    score: Float64


class Waits(NamedTuple):
    """The conversations of a part that a visitor wrote in, all ever, ascending by row.

    row: of the visitor's first message. seconds: to the first message of an agent after it, NaN where none came.
    """

    row: Int64
    seconds: Float64


def chat_facts(journeys: Journeys, query: Query) -> ChatFacts:
    """The facts of chats in the question's range."""
    facts = ChatFacts()
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        rows = {name: _rows(journeys, part, query, name, mask) for name in CHAT_EVENTS}
        for name, found in rows.items():
            facts.people[name] += distinct_sorted(part.person[found].astype(np.int64))
            facts.times[name] += len(found)
        if len(rows["chat_message"]):
            role = _roles(journeys, part, rows["chat_message"])
            facts.roles.update(str(name) for name in role.tolist())
        service(journeys, part, query, mask, facts)
        _beginnings(journeys, part, rows["chat_started"], facts)
    return facts


def _rows(journeys: Journeys, part: Part, query: Query, name: str, mask: Bool) -> Int64:
    rows = journeys.rows(part, Matcher("event", name), query.include_bots)
    return rows[mask[rows]]


def service(journeys: Journeys, part: Part, query: Query, mask: Bool, facts: ChatFacts) -> None:
    """Add the ratings, and the first response times of conversations begun, in the part's rows in `mask`."""
    scored = ratings(journeys, part, query.include_bots)
    facts.scores += scored.score[mask[scored.row]].tolist()
    found = waits(journeys, part, query.include_bots)
    seconds = found.seconds[mask[found.row]]
    answered = ~np.isnan(seconds)
    facts.waits += seconds[answered].tolist()
    facts.unanswered += int(np.count_nonzero(~answered))


def ratings(journeys: Journeys, part: Part, include_bots: bool) -> Ratings:
    """The ratings of a part's chats."""
    rows = journeys.rows(part, Matcher("event", "chat_rated"), include_bots)
    if not len(rows):
        return Ratings(rows, np.empty(0, dtype=np.float64))
    score = scores(journeys, part, rows)
    return Ratings(rows[~np.isnan(score)], score[~np.isnan(score)])


def scores(journeys: Journeys, part: Part, rows: Int64) -> Float64:
    """The property `score` of rows; NaN where it is no number."""
    column = journeys.properties.column(part, "score")
    told = [
        float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else np.nan
        for cell in column.values
    ]
    found: Float64 = np.array([*told, np.nan])[column.code[rows]]
    return found


def waits(journeys: Journeys, part: Part, include_bots: bool) -> Waits:
    """First visitor message to first agent message of each conversation (SEMANTICS 10)."""
    rows = {name: journeys.rows(part, Matcher("event", name), include_bots) for name in CHAT_EVENTS}
    messages = rows["chat_message"]
    if not len(messages):
        return Waits(messages, np.empty(0, dtype=np.float64))
    role = _roles(journeys, part, messages)
    conversation = _conversations(part, rows)[np.searchsorted(_all(rows), messages)]
    visitor, agent = role == "visitor", role == "agent"
    # A conversation is one session's, whose rows are in the order of time.
    first = np.full(int(conversation.max()) + 1, part.size, dtype=np.int64)
    np.minimum.at(first, conversation[visitor], messages[visitor])
    never = np.iinfo(np.int64).max
    asked = np.append(part.time, never)[first]
    later = agent & (part.time[messages] >= asked[conversation])
    told = np.full(len(first), never, dtype=np.int64)
    np.minimum.at(told, conversation[later], part.time[messages[later]])
    seconds = np.where(told < never, (told - asked) / 1000, np.nan)
    order = np.argsort(first, kind="stable")
    order = order[first[order] < part.size]
    return Waits(first[order], seconds[order])


def _roles(journeys: Journeys, part: Part, rows: Int64) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    column = journeys.properties.column(part, "role")
    names = np.array([*(str(value) for value in column.values), ""], dtype=np.str_)
    return names[column.code[rows]]


def _all(rows: dict[str, Int64]) -> Int64:
    return np.sort(np.concatenate(list(rows.values())))


def _conversations(part: Part, rows: dict[str, Int64]) -> Int64:
    """For each chat row (ascending) its conversation: a session's chat, cut where it goes on after an end."""
    every = _all(rows)
    closed = np.isin(every, np.concatenate([rows[name] for name in _CLOSERS]))
    order = np.argsort(part.session[every], kind="stable")
    session = part.session[every][order]
    fresh = np.ones(len(every), dtype=np.bool_)
    fresh[1:] = (session[1:] != session[:-1]) | (closed[order][:-1] & ~closed[order][1:])
    number = np.empty(len(every), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number


def _beginnings(journeys: Journeys, part: Part, started: Int64, facts: ChatFacts) -> None:
    if not len(started):
        return
    person = part.person[started]
    first = started[np.append(True, person[1:] != person[:-1])]
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    seen = np.concatenate([[0], np.cumsum(is_page[part.kind])])
    before = seen[first] - seen[part.person_row[part.person[first]]]
    facts.before.update(_band(int(count)) for count in before)
    for page in part.page[first].tolist():
        facts.pages[page_path(journeys.pages.get(page, ("", ""))[1])] += 1


BANDS = ("0", "1", "2", "3-5", "6-10", "11+")


def _band(pages: int) -> str:
    if pages <= 2:
        return str(pages)
    return "3-5" if pages <= 5 else "6-10" if pages <= 10 else "11+"


def quantile(values: list[float], share: float) -> float | None:
    """A quantile of values, None of none."""
    return float(np.quantile(np.array(values), share)) if values else None


SATISFIED = 4


def satisfied(told: list[float]) -> float | None:
    """CSAT: the share of ratings of 4 or 5 (SEMANTICS 10)."""
    return sum(score >= SATISFIED for score in told) / len(told) if told else None
