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
from collector.journeys.part import Bool, Float64, Int32, Int64, Part
from collector.reports.local_days import Periods, days_of
from collector.reports.named import OTHER, named
from collector.reports.scope import choose, distinct_people, inside

_OF_VISITS = ("channel", "source", "medium", "campaign", "landing")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Rows of a part that are asked for, put together to stretches of one visit, one day and the same values.

    Most of what is counted does not change within a stretch, so that it is looked at once for all of its rows.

    rows, last: the first and the last row of each stretch, ascending. events: how many rows it has.
    carrying: rows that carry a value, ascending. within: the stretch of each of them.
    codes: of the value of each stretch; the same codes in every part.
    """

    part: Part
    rows: Int64
    last: Int64
    events: Int64
    carrying: Int64
    within: Int64
    codes: Int32 | Int64


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Stretches of all parts by the values of one property; `texts[code]` is the value."""

    found: Sequence[Found]
    texts: Sequence[str]


# For each code of some rows how much of a measure there is; the average of nothing is NaN.
Counts: TypeAlias = Float64 | Int64


def asked(journeys: Journeys, part: Part, query: Query, matcher: Matcher, names: Sequence[str]) -> Found:
    """Rows of the part that fit the matcher and the question's range and filters, each of them of one value of `names`.

    All have the code 0.
    """
    rows = _asked_rows(journeys, part, query, matcher)
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = False
    ids = [part.session, *(_ids(journeys, part, name) for name in names)]
    kept = [column if len(rows) == part.size else column[rows] for column in ids if column is not None]
    for mine in (days_of(part, rows, query.site.zone), *kept):
        check()
        fresh[1:] |= mine[1:] != mine[:-1]
    begin = np.flatnonzero(fresh)
    after = np.append(begin[1:], len(rows))[: len(begin)]
    carried = np.flatnonzero(_carries(part)[rows])
    within = np.searchsorted(begin, carried, side="right") - 1
    codes = np.zeros(len(begin), dtype=np.int32)
    return Found(part, rows[begin], rows[after - 1], after - begin, rows[carried], within, codes)


def _asked_rows(journeys: Journeys, part: Part, query: Query, matcher: Matcher) -> Int64:
    mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
    if matcher.subject == "any" and not matcher.conditions:
        return np.flatnonzero(mask)
    rows = journeys.rows(part, matcher, query.include_bots)
    return rows[mask[rows]]


def _ids(journeys: Journeys, part: Part, name: str) -> Int32 | None:
    """What tells rows of different values apart (see `Journeys.labels`); None where a visit has one value."""
    if name in _OF_VISITS or journeys.is_of_person(name):
        return None
    if name in ("device", "os", "browser"):
        return part.agent
    columns = {"page": part.page, "event": part.kind}
    return columns[name] if name in columns else journeys.properties.column(part, name).code


def by_value(journeys: Journeys, asked_: Sequence[Found], name: str) -> Values:
    """The stretches with the values of a property, by which they were told apart (see `Journeys.labels`)."""
    known: dict[str, int] = {}
    found = []
    for one in asked_:
        check()
        codes, texts = journeys.labels(one.part, one.rows, name)
        places = np.array([known.setdefault(named(text), len(known)) for text in texts], dtype=np.int32)
        found.append(replace(one, codes=places[codes] if len(codes) else codes))
    return Values(found, list(known))


def largest(values: Values, measure: str, most: int) -> Values:
    """The same stretches by the values with the most of a measure, the others together as one."""
    counted = count(values.found, len(values.texts), measure)
    if np.isnan(counted).all():
        counted = count(values.found, len(values.texts), "people")  # nothing carries a value
    rank = np.nan_to_num(counted.astype(np.float64), nan=-np.inf)
    order = sorted(range(len(values.texts)), key=lambda at: (-float(rank[at]), values.texts[at]))
    kept, rest = order[:most], order[most:]
    place = np.full(max(1, len(values.texts)), len(kept), dtype=np.int32)
    place[kept] = np.arange(len(kept))
    texts = [values.texts[at] for at in kept] + ([OTHER] if rest else [])
    return Values([replace(one, codes=place[one.codes]) for one in values.found], texts)


def crossed(first: Values, second: Values) -> list[Found]:
    """The stretches with a code for each pair of values: `code // len(second.texts)` is the first's."""
    width = len(second.texts)
    pairs = zip(first.found, second.found, strict=True)
    return [replace(one, codes=one.codes * width + other.codes) for one, other in pairs]


def over_time(values: Values, periods: Periods) -> list[Found]:
    """The stretches with a code for each value and period: `code // len(periods)` is the value's."""
    found = []
    for one in values.found:
        period = periods.of_days(days_of(one.part, one.rows, periods.zone))
        found.append(replace(one, codes=one.codes * np.int32(len(periods)) + period))
    return found


def count(found: Sequence[Found], codes: int, measure: str) -> Counts:
    """People, events, sessions, value or average of each code; a person, or a visit, counts once for each it has.

    Where no event carries a value, neither value nor average is a number: it was not asked what things are worth.
    """
    if measure in ("value", "average") and not any(len(one.carrying) for one in found):
        return np.full(codes, np.nan)
    if measure == "average":
        carrying = _summed(found, codes, lambda one: np.bincount(one.codes[one.within], minlength=codes))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Float64 = count(found, codes, "value") / carrying
        return mean
    ways: dict[str, Callable[[Found], Counts]] = {
        "people": lambda one: distinct_people(one.codes, one.part.person[one.rows], codes),
        "events": lambda one: np.bincount(one.codes, weights=one.events, minlength=codes).astype(np.int64),
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


def _carries(part: Part) -> Bool:
    carries: Bool = part.memo.get("carries a value", lambda: ~np.isnan(part.value))
    return carries


def _value(one: Found, codes: int) -> Counts:
    return np.bincount(one.codes[one.within], weights=one.part.value[one.carrying], minlength=codes)


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
