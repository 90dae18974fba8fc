"""Events of a range with the values they are broken down by, and what can be counted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64, Part
from collector.reports.local_days import Periods, local_days
from collector.reports.scope import choose, distinct_people, inside

NONE = "(none)"
OTHER = "(other)"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Rows of a part that are asked for, ascending, each with a code of its value; the same codes in every part."""

    part: Part
    rows: Int64
    codes: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Rows of all parts by the values of one property; `texts[code]` is the value."""

    found: Sequence[Found]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """For each code the people, events and visits, the sum of what the events carry, and how many carry something."""

    people: Int64
    events: Int64
    sessions: Int64
    value: Float64
    carrying: Int64

    def of(self, measure: str) -> Float64 | Int64:
        """One of people, events, sessions, value and average; the average of nothing is NaN."""
        if measure == "average":
            with np.errstate(invalid="ignore", divide="ignore"):
                mean: Float64 = self.value / self.carrying
            return mean
        found: Float64 | Int64 = getattr(self, measure)
        return found


def asked_rows(journeys: Journeys, part: Part, query: Query, matcher: Matcher) -> Int64:
    """Rows of the part that fit the matcher and the question's range and filters."""
    mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
    if matcher.subject == "any" and not matcher.conditions:
        return np.flatnonzero(mask)
    rows = journeys.rows(part, matcher, query.include_bots)
    return rows[mask[rows]]


def by_value(journeys: Journeys, rows: Sequence[tuple[Part, Int64]], name: str) -> Values:
    """The rows with the values of a property (see `Journeys.labels`)."""
    known: dict[str, int] = {}
    found = []
    for part, mine in rows:
        check()
        codes, texts = journeys.labels(part, mine, name)
        places = np.array([known.setdefault(text or NONE, len(known)) for text in texts], dtype=np.int64)
        found.append(Found(part, mine, places[codes] if len(codes) else codes))
    return Values(found, list(known))


def largest(values: Values, measure: str, most: int) -> Values:
    """The same rows by the values with the most of a measure, the others together as one."""
    counted = tally(values.found, len(values.texts)).of(measure)
    rank = np.nan_to_num(counted.astype(np.float64), nan=-1.0)
    order = sorted(range(len(values.texts)), key=lambda at: (-float(rank[at]), values.texts[at]))
    kept, rest = order[:most], order[most:]
    place = np.full(max(1, len(values.texts)), len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    texts = [values.texts[at] for at in kept] + ([OTHER] if rest else [])
    return Values([replace(one, codes=place[one.codes]) for one in values.found], texts)


def crossed(first: Values, second: Values) -> list[Found]:
    """The rows with a code for each pair of values: `code // len(second.texts)` is the first's."""
    width = len(second.texts)
    pairs = zip(first.found, second.found, strict=True)
    return [replace(one, codes=one.codes * width + other.codes) for one, other in pairs]


def over_time(values: Values, periods: Periods) -> list[Found]:
    """The rows with a code for each value and period: `code // len(periods)` is the value's."""
    found = []
    for one in values.found:
        period = periods.of_days(local_days(one.part, periods.zone)[one.rows]).astype(np.int64)
        found.append(replace(one, codes=one.codes * len(periods) + period))
    return found


def tally(found: Sequence[Found], codes: int) -> Tally:
    """What is counted of each code. A person, or a visit, counts once for each code it has."""
    people, events, sessions, carrying = (np.zeros(codes, dtype=np.int64) for _ in range(4))
    value = np.zeros(codes, dtype=np.float64)
    for one in found:
        check()
        people += distinct_people(one.codes, one.part.person[one.rows].astype(np.int64), codes)
        events += np.bincount(one.codes, minlength=codes)
        sessions += _sessions(one, codes)
        carried = one.part.value[one.rows]
        carries = ~np.isnan(carried)
        carrying += np.bincount(one.codes[carries], minlength=codes)
        value += np.bincount(one.codes[carries], weights=carried[carries], minlength=codes)
    return Tally(people, events, sessions, value, carrying)


def _sessions(one: Found, codes: int) -> Int64:
    """For each code the number of different sessions. Those of a person with two visitors may take turns."""
    session = one.part.session[one.rows].astype(np.int64)
    # Most repetitions are neighbours: what is left after taking those away is sorted.
    fresh = np.ones(len(session), dtype=np.bool_)
    fresh[1:] = (session[1:] != session[:-1]) | (one.codes[1:] != one.codes[:-1])
    pairs = np.unique(session[fresh] * codes + one.codes[fresh])
    return np.bincount(pairs % codes, minlength=codes) if codes else np.zeros(0, dtype=np.int64)
