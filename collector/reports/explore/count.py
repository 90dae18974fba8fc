"""Events of a range with the values they are broken down by, and what can be counted of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Float64, Int64, Part
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


# For each code of some rows how much of a measure there is; the average of nothing is NaN.
Counts: TypeAlias = Float64 | Int64


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
    counted = count(values.found, len(values.texts), measure)
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


def count(found: Sequence[Found], codes: int, measure: str) -> Counts:
    """People, events, sessions, value or average of each code; a person, or a visit, counts once for each it has."""
    if measure == "average":
        carrying = _summed(found, codes, lambda one: np.bincount(one.codes[_carries(one)], minlength=codes))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Float64 = count(found, codes, "value") / carrying
        return mean
    ways: dict[str, Callable[[Found], Counts]] = {
        "people": lambda one: distinct_people(one.codes, one.part.person[one.rows], codes),
        "events": lambda one: np.bincount(one.codes, minlength=codes),
        "sessions": lambda one: _sessions(one, codes),
        "value": lambda one: _value(one, codes),
    }
    return _summed(found, codes, ways[measure])


def _summed(found: Sequence[Found], codes: int, way: Callable[[Found], Counts]) -> Counts:
    total: Counts = np.zeros(codes, dtype=np.int64)
    for one in found:
        check()
        total = total + way(one)
    return total


def _carries(one: Found) -> Bool:
    part = one.part
    carries: Bool = part.memo.get("carries a value", lambda: ~np.isnan(part.value))
    return carries[one.rows]


def _value(one: Found, codes: int) -> Counts:
    carries = _carries(one)
    return np.bincount(one.codes[carries], weights=one.part.value[one.rows[carries]], minlength=codes)


def _sessions(one: Found, codes: int) -> Counts:
    """For each code the number of different sessions. Those of a person with two visitors may take turns."""
    if codes == 1:
        held = np.zeros(len(one.part.session_row), dtype=np.bool_)
        held[one.part.session[one.rows]] = True
        return np.array([np.count_nonzero(held)], dtype=np.int64)
    session = one.part.session[one.rows].astype(np.int64)
    # Most repetitions are neighbours, and what is left is sorted but for a few: Timsort takes little time for it.
    fresh = np.ones(len(session), dtype=np.bool_)
    fresh[1:] = (session[1:] != session[:-1]) | (one.codes[1:] != one.codes[:-1])
    pairs = np.sort(session[fresh] * codes + one.codes[fresh], kind="stable")
    distinct = np.ones(len(pairs), dtype=np.bool_)
    distinct[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[distinct] % max(1, codes), minlength=codes)
