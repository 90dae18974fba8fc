"""Visits by retargeting ads: whom they brought back, after how long, to which cart, by which campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from collector.core.event import AD_SEEN
from collector.core.matcher import Condition, Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY, SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.followed import Followed, followed, goal_rows
from collector.reports.scope import choose, distinct_sorted, inside, rows_of_any

CAME = Matcher("source", "retargeting")
SAW = Matcher("event", AD_SEEN)
# An impression that begins a visit makes it one of the channel, too (docs/ads.md), and says so itself.
CLICKED = Matcher("source", "retargeting", (Condition("channel", "!=", "retargeting"),))

# Time away before the first visit by an ad: words, and the ms that it is shorter than.
GAPS = {
    "first": (T("no earlier visit"), 0),
    "day": (T("under a day"), DAY),
    "3d": (T("1 to 3 days"), 3 * DAY),
    "7d": (T("3 to 7 days"), 7 * DAY),
    "later": (T("longer"), np.iinfo(np.int64).max),
}


@dataclass(frozen=True, slots=True, eq=False)
class Came:
    """Visits of a part in the range that an ad led to, ascending.

    row: the first of each. away: ms since the last thing done before, -1 for nothing. left: whether a cart was left
    before. then: what followed.
    """

    row: Int64
    away: Int64
    left: Bool
    then: Followed


@dataclass(slots=True)
class Tally:
    """People: how many, for how many the time for the goal is over, and how many of these reached it."""

    people: int = 0
    over: int = 0
    reached: int = 0


@dataclass(slots=True)
class Facts:
    """Sums over parts. away: seconds. recency: people by the time away before their first visit by an ad."""

    people: int = 0
    visits: int = 0
    new: int = 0
    away: list[float] = field(default_factory=list)
    campaign_people: Counter[tuple[str, str]] = field(default_factory=Counter)
    campaign_visits: Counter[tuple[str, str]] = field(default_factory=Counter)
    carts: int = 0
    recovered: int = 0
    recency: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in GAPS})


def came(journeys: Journeys, part: Part, query: Query, how: Matcher) -> Came:
    """The part's visits in the range that an ad led to."""
    mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
    row = journeys.rows(part, how, query.include_bots)
    row = row[mask[row]]
    again = row > part.person_row[part.person[row]]
    away = np.where(again, part.time[row] - part.time[np.maximum(row - 1, 0)], -1)
    then = followed(journeys, part, query, row)
    return Came(row, away, _left_carts(journeys, part, query, row), then)


def facts_of(journeys: Journeys, query: Query, how: Matcher) -> Facts:
    """The facts of the visits that ads led to."""
    facts = Facts()
    for part in journeys.each():
        found = came(journeys, part, query, how)
        if len(found.row):
            _add(journeys, part, found, facts)
    return facts


def _add(journeys: Journeys, part: Part, found: Came, facts: Facts) -> None:
    person = part.person[found.row].astype(np.int64)
    facts.people += distinct_sorted(person)
    facts.visits += len(found.row)
    facts.new += int(np.count_nonzero(found.away < 0))
    facts.away += (found.away[found.away >= 0] / SECOND).tolist()
    for label, mine in campaigns(journeys, part, found.row).items():
        facts.campaign_visits[label] += int(np.count_nonzero(mine))
        facts.campaign_people[label] += distinct_sorted(person[mine])
    facts.carts += distinct_sorted(person[found.left])
    facts.recovered += distinct_sorted(person[found.left & found.then.so_far])
    first = np.append(True, person[1:] != person[:-1])
    for name, mine in bands(found.away).items():
        tally, mine = facts.recency[name], mine & first
        tally.people += int(np.count_nonzero(mine))
        tally.over += int(np.count_nonzero(mine & found.then.over))
        tally.reached += int(np.count_nonzero(mine & found.then.reached))


def campaigns(journeys: Journeys, part: Part, row: Int64) -> dict[tuple[str, str], Bool]:
    """Which of these visits are of each source and campaign."""
    ids = part.source[row].astype(np.int64)
    found: dict[tuple[str, str], Bool] = {}
    for number in np.unique(ids).tolist():
        source = journeys.source_at(number)
        label, mine = (source.source, source.campaign), ids == number
        found[label] = found[label] | mine if label in found else mine
    return found


def bands(away: Int64) -> dict[str, Bool]:
    """Which of these belong to each band of `GAPS`."""
    at = np.searchsorted(np.array([end for _, end in GAPS.values()]), away, side="right")
    return {name: at == number for number, name in enumerate(GAPS)}


def _left_carts(journeys: Journeys, part: Part, query: Query, rows: Int64) -> Bool:
    """Visits before which a cart was filled and no goal reached since."""
    given, goals = query.values.get("cart"), goal_rows(journeys, part, query)
    carts = rows_of_any(journeys, part, [given] if isinstance(given, Matcher) else [], query.include_bots)
    cart, goal = latest(part, carts, rows), latest(part, rows[:0] if goals is None else goals, rows)
    return np.asarray((cart >= 0) & (goal < cart))


def latest(part: Part, events: Int64, rows: Int64, itself: bool = False) -> Int64:
    """For each row the latest of `events` before it by the same person, -1 for none; or the row `itself` too."""
    if not len(events):
        return np.full(len(rows), -1, dtype=np.int64)
    place = np.searchsorted(events, rows, side="right" if itself else "left") - 1
    found = events[np.maximum(place, 0)]
    return np.where((place >= 0) & (part.person[found] == part.person[rows]), found, -1)
