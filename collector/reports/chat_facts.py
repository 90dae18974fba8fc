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
from collector.reports.chat_talks import scores, talks
from collector.reports.scope import choose, distinct_sorted, inside, kind_mask, page_path

BANDS = {"0": 0, "1": 1, "2": 2, "3-5": 5, "6-10": 10, "11+": None}
SATISFIED = 4


@dataclass(slots=True)
class ChatFacts:
    """Sums over parts. `waits` are first response times in seconds, `unanswered` conversations without an agent.

    `before` counts people by pages seen before their first chat in the range; `pages` people by where it began.
    """

    people: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
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


class Began(NamedTuple):
    """Each person's first chat in the range: its row, the band of pages seen before it, the page it began on."""

    row: Int64
    band: list[str]
    page: list[str]


def chat_facts(journeys: Journeys, query: Query) -> ChatFacts:
    """The facts of chats in the question's range."""
    facts = ChatFacts()
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        for name in CHAT_EVENTS:
            found = chat_rows(journeys, part, query, name, mask)
            facts.people[name] += distinct_sorted(part.person[found].astype(np.int64))
            facts.times[name] += len(found)
        service(journeys, part, query, mask, facts)
        began = beginnings(journeys, part, query, mask)
        facts.before.update(began.band)
        facts.pages.update(began.page)
    return facts


def chat_rows(journeys: Journeys, part: Part, query: Query, name: str, mask: Bool) -> Int64:
    """The rows in `mask` of one of the chat's events."""
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


def waits(journeys: Journeys, part: Part, include_bots: bool) -> Waits:
    """First visitor message to first agent message of each conversation (SEMANTICS 10)."""
    if not len(journeys.rows(part, Matcher("event", "chat_message"), include_bots)):
        return Waits(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))
    found = talks(journeys, part, include_bots)
    order = np.argsort(found.asked, kind="stable")
    order = order[found.asked[order] < part.size]
    return Waits(found.asked[order], found.seconds[order])


def beginnings(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Began:
    """Where and when in their journey people began their first chat of the range."""
    started = chat_rows(journeys, part, query, "chat_started", mask)
    person = part.person[started]
    first = started[np.append(True, person[1:] != person[:-1])] if len(started) else started
    is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
    seen = np.concatenate([[0], np.cumsum(is_page[part.kind])]) if len(first) else np.zeros(1, dtype=np.int64)
    before = seen[first] - seen[part.person_row[part.person[first]]] if len(first) else first
    pages = [page_path(journeys.pages.get(page, ("", ""))[1]) for page in part.page[first].tolist()]
    return Began(first, [_band(count) for count in before.tolist()], pages)


def _band(pages: int) -> str:
    return next(name for name, most in BANDS.items() if most is None or pages <= most)


def quantile(values: list[float], share: float) -> float | None:
    """A quantile of values, None of none."""
    return float(np.quantile(np.array(values), share)) if values else None


def satisfied(told: list[float]) -> float | None:
    """CSAT: the share of ratings of 4 or 5 (SEMANTICS 10)."""
    return sum(score >= SATISFIED for score in told) / len(told) if told else None
