"""What chats were like: how far people went, where and when they began, how fast an agent answered, ratings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from collector.core.event import CHAT_EVENTS, PAGE
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
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


def chat_facts(journeys: Journeys, query: Query) -> ChatFacts:
    """The facts of chats in the question's range."""
    facts = ChatFacts()
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        rows = {name: _rows(journeys, part, query, name, mask) for name in CHAT_EVENTS}
        for name, found in rows.items():
            facts.people[name] += distinct_sorted(part.person[found].astype(np.int64))
            facts.times[name] += len(found)
        _ratings(journeys, part, rows["chat_rated"], facts)
        _answers(journeys, part, rows, facts)
        _beginnings(journeys, part, rows["chat_started"], facts)
    return facts


def service(journeys: Journeys, part: Part, query: Query, mask: Bool, facts: ChatFacts) -> None:
    """Add ratings and first response times of the part's rows in `mask`, without the other facts."""
    rows = {name: _rows(journeys, part, query, name, mask) for name in CHAT_EVENTS}
    if len(rows["chat_rated"]):
        _ratings(journeys, part, rows["chat_rated"], facts)
    _answers(journeys, part, rows, facts)


def _rows(journeys: Journeys, part: Part, query: Query, name: str, mask: Bool) -> Int64:
    rows = journeys.rows(part, Matcher("event", name), query.include_bots)
    return rows[mask[rows]]


def _ratings(journeys: Journeys, part: Part, rows: Int64, facts: ChatFacts) -> None:
    column = journeys.properties.column(part, "score")
    for code in column.code[rows].tolist():
        value = column.values[code] if code >= 0 else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            facts.scores.append(float(value))


def _answers(journeys: Journeys, part: Part, rows: dict[str, Int64], facts: ChatFacts) -> None:
    """First visitor message to first agent message of each conversation (SEMANTICS 10)."""
    messages = rows["chat_message"]
    if not len(messages):
        return
    role = _roles(journeys, part, messages)
    for name, count in zip(*np.unique(role, return_counts=True), strict=True):
        facts.roles[str(name)] += int(count)
    conversation = _conversations(part, rows)[np.searchsorted(_all(rows), messages)]
    visitor, agent = role == "visitor", role == "agent"
    size = int(conversation.max()) + 1
    never = np.iinfo(np.int64).max
    asked = np.full(size, never, dtype=np.int64)
    np.minimum.at(asked, conversation[visitor], part.time[messages[visitor]])
    later = agent & (part.time[messages] >= asked[conversation])
    told = np.full(size, never, dtype=np.int64)
    np.minimum.at(told, conversation[later], part.time[messages[later]])
    answered = (asked < never) & (told < never)
    facts.waits += ((told - asked)[answered] / 1000).tolist()
    facts.unanswered += int(np.count_nonzero((asked < never) & (told == never)))


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


def satisfied(scores: list[float]) -> float | None:
    """CSAT: the share of ratings of 4 or 5 (SEMANTICS 10)."""
    return sum(score >= 4 for score in scores) / len(scores) if scores else None
