"""Chats by how fast they were answered and by whom, with what people did afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
from collector.reports.chat_facts import waits
from collector.reports.chat_talks import answered_by, talks
from collector.reports.followed import followed
from collector.reports.scope import choose, inside

# The first response by the band's name: its words, and the seconds that it is shorter than.
RESPONSES = {
    "30s": (T("under 30 seconds"), 30.0),
    "2m": (T("30 seconds to 2 minutes"), 120.0),
    "10m": (T("2 to 10 minutes"), 600.0),
    "later": (T("later"), np.inf),
    "never": (T("never"), np.nan),
}


class Asked(NamedTuple):
    """Each person's first chat in the range that they wrote in: its row, and the place of its band in `RESPONSES`."""

    row: Int64
    band: Int64


class Answered(NamedTuple):
    """Chats in the range whose agent (or team) is known: its first row, the place of the name, seconds, rating."""

    row: Int64
    code: Int64
    names: list[str]
    seconds: Float64
    score: Float64


@dataclass(slots=True)
class Tally:
    """One group over all parts. people: different ones; over, reached: of these; waits, scores: of its chats."""

    chats: int = 0
    people: int = 0
    over: int = 0
    reached: int = 0
    waits: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def counted(part: Part, journeys: Journeys, query: Query) -> Bool:
    """Rows of the range of people who can be followed."""
    return inside(part, query, choose(journeys, part, query, lasting=True), query.start, query.end)


def asked(journeys: Journeys, part: Part, query: Query) -> Asked:
    """The first chats of people by how long they waited for an agent."""
    mask, found = counted(part, journeys, query), waits(journeys, part, query.include_bots)
    here = mask[found.row]
    row, seconds = found.row[here], found.seconds[here]
    first = first_of(part.person[row])
    ends = np.array([end for _, end in RESPONSES.values()][:-2])
    band = np.searchsorted(ends, seconds[first], side="right")
    return Asked(row[first], np.where(np.isnan(seconds[first]), len(RESPONSES) - 1, band))


def answered(journeys: Journeys, part: Part, query: Query, name: str) -> Answered:
    """The chats in the range by the `agent` or `team` that answered."""
    mask, found = counted(part, journeys, query), talks(journeys, part, query.include_bots)
    code, names = answered_by(journeys, part, found, name)
    kept = np.flatnonzero((code >= 0) & mask[found.row])
    kept = kept[np.argsort(found.row[kept], kind="stable")]
    return Answered(found.row[kept], code[kept], names, found.seconds[kept], found.score[kept])


def by_response(journeys: Journeys, query: Query) -> dict[str, Tally]:
    """People by how long they waited in their first chat."""
    tallies = {name: Tally() for name in RESPONSES}
    for part in journeys.each():
        found = asked(journeys, part, query)
        then = followed(journeys, part, query, found.row)
        for at, tally in enumerate(tallies.values()):
            mine = found.band == at
            tally.people += int(np.count_nonzero(mine))
            tally.over += int(np.count_nonzero(mine & then.over))
            tally.reached += int(np.count_nonzero(mine & then.reached))
    return tallies


def by_answerer(journeys: Journeys, query: Query, name: str) -> dict[str, Tally]:
    """Chats by the `agent` or `team` that answered; a person counts once for each, from their first chat with it."""
    tallies: dict[str, Tally] = {}
    for part in journeys.each():
        found = answered(journeys, part, query, name)
        for code in np.unique(found.code).tolist():
            mine = found.code == code
            tally = tallies.setdefault(found.names[code], Tally())
            row, seconds, score = found.row[mine], found.seconds[mine], found.score[mine]
            first = row[first_of(part.person[row])]
            then = followed(journeys, part, query, first)
            tally.chats += len(row)
            tally.people += len(first)
            tally.over += int(np.count_nonzero(then.over))
            tally.reached += int(np.count_nonzero(then.reached))
            tally.waits += seconds[~np.isnan(seconds)].tolist()
            tally.scores += score[~np.isnan(score)].tolist()
    return tallies


def first_of(person: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Bool:
    """Which entries are the first of their person, who ascend."""
    first = np.ones(len(person), dtype=np.bool_)
    first[1:] = person[1:] != person[:-1]
    return first
