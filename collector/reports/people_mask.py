"""Which people of a part a question is asked of: conditions on people, evaluated over whole arrays.

Bots' rows do not count unless the question asks for them. What depends on the part's columns alone is remembered with
the part, under all that the answer hangs on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias

import numpy as np

from collector.core.deadline import Stopped, check
from collector.core.errors import UserError
from collector.core.event import Agent
from collector.core.matcher import Condition, Matcher, fits_pattern
from collector.core.people import AnyOf, Chain, Did, Fact, PeopleCondition, Segment, Visit, When, parts_of
from collector.core.people_text import check_segments
from collector.core.query import Query
from collector.core.times import day_start
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Hits, Int32, Int64, Part
from collector.reports.assigned import assigned
from collector.reports.named import value_of
from collector.reports.people_chain import in_order

_EVER = 2**62
_OF_RANGE = ("new", "returning")
_ACTIVE = Did(Matcher("any"), when=When(inside=True))
_COMPARE: dict[str, Callable[[Int64, int], Bool]] = {
    "=": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}
# Which persons of a part a fact called so is true of; asked anew at every question.
Resolver: TypeAlias = Callable[[Journeys, Part, Query, Fact], Bool]
_RESOLVERS: dict[str, Resolver] = {}


def resolves(kind: str) -> Callable[[Resolver], Resolver]:
    """Let a function say which persons a kind of `core.people.FACTS` is true of, like `stage:`."""

    def keep(resolver: Resolver) -> Resolver:
        _RESOLVERS[kind] = resolver
        return resolver

    return keep


def chosen(journeys: Journeys, part: Part, query: Query) -> Bool:
    """Persons alive in the part of whom all of the question's `where` and none of its `where_not` holds.

    Raises:
        UserError: a segment that there is not, or segments that lead back to themselves.
    """
    return _Asked(journeys, part, query).members(Segment("", query.where, query.where_not)) & part.alive


def members(journeys: Journeys, part: Part, query: Query, segment: Segment, until: int | None = None) -> Bool:
    """Persons alive in the part who belong to a segment and did anything that counts, the question's filters aside.

    Args:
        until: ms UTC; those who belonged to it just before that instant, as far as events tell.
    """
    if until is None:
        asked, seen = _Asked(journeys, part, query), first_times(part, query.include_bots) < _EVER
    else:
        asked = _Asked(journeys, part, replace(query, now=min(query.now, until - 1)), until)
        seen = first_times(part, query.include_bots) < until
    return asked.members(segment) & seen & part.alive


def of_range(query: Query) -> bool:
    """Whether it depends on the range whom the question's filters find, so that no part of it may stand for it."""
    seen: set[str] = set()

    def any_of(segment: Segment) -> bool:
        parts = [part for one in (*segment.where, *segment.where_not) for part in parts_of(one)]
        named = {part.name for part in parts if isinstance(part, Fact) and part.kind == "segment"} - seen
        seen.update(named)
        return any(
            (isinstance(part, Did) and part.when.inside)
            or (isinstance(part, Fact) and part.kind == "is" and part.name in _OF_RANGE)
            for part in parts
        ) or any(any_of(query.site.segments[name]) for name in named if name in query.site.segments)

    return any_of(Segment("", query.where, query.where_not))


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One part under one question. Masks are over `part.persons`, alive or not, and not to be written to."""

    journeys: Journeys
    part: Part
    query: Query
    until: int | None = None
    segments: dict[str, Bool] = field(default_factory=dict)

    def members(self, segment: Segment) -> Bool:
        mask = np.ones(len(self.part.persons), dtype=np.bool_)
        for condition in segment.where:
            mask &= self.holds(condition)
        for condition in segment.where_not:
            mask &= ~self.holds(condition)
        return mask

    def holds(self, condition: PeopleCondition) -> Bool:
        check()
        if isinstance(condition, AnyOf):
            mask = np.zeros(len(self.part.persons), dtype=np.bool_)
            for option in condition.options:
                mask |= self.holds(option)
            return mask
        if isinstance(condition, Fact):
            return self._is(condition)
        if self.until is not None:
            return self._did(condition)  # of many instants, each asked once
        key = ("people", condition, self.query.include_bots, *self._hangs_on(condition))
        return self.part.memo.get(key, lambda: self._did(condition))

    def _is(self, fact: Fact) -> Bool:
        if fact.kind == "segment":
            return self._in_segment(fact.name)
        if fact.kind == "is":
            return self._state(fact.name)
        resolver = _RESOLVERS.get(fact.kind)
        if resolver is None:
            raise UserError(f"{str(fact)!r} cannot be asked here.")
        return resolver(self.journeys, self.part, self.query, fact)

    def _in_segment(self, name: str) -> Bool:
        if name not in self.segments:
            known = self.query.site.segments
            check_segments(Segment("", (Fact("segment", name),)), known)
            try:
                self.segments[name] = self.members(known[name])
            except Stopped:
                raise
            except UserError as error:
                raise UserError(f"The segment {name!r} finds nobody: {error.message}", error.hint) from error
        return self.segments[name]

    def _state(self, state: str) -> Bool:
        known: Bool = self.part.persons % 2 == 1
        if state in ("identified", "anonymous"):
            return known if state == "identified" else ~known
        first = first_times(self.part, self.query.include_bots)
        if state == "new":
            return (first >= self.query.start) & (first < self.query.end)
        return self.holds(_ACTIVE) & (first < self.query.start)

    def _hangs_on(self, condition: PeopleCondition) -> tuple[object, ...]:
        """What of the question, bots aside, the answer to a condition hangs on."""
        query = self.query
        whens = [one.when for one in parts_of(condition) if isinstance(one, Did)]
        return (
            query.now if any(when.last is not None for when in whens) else None,
            (query.start, query.end) if any(when.inside for when in whens) else None,
            query.site.zone.key if any(when.since or when.until for when in whens) else None,
        )

    def _did(self, condition: Matcher | Did | Chain | Visit) -> Bool:
        if isinstance(condition, Chain):
            return in_order(self.part, [self._hits(step) for step in condition.steps], condition.within)
        did = condition if isinstance(condition, Did) else Did(condition)
        person = self.part.person[self._hits(did).rows]
        mask = np.zeros(len(self.part.persons), dtype=np.bool_)
        if not did.counts:
            mask[person] = True
            return mask
        times = np.bincount(person, minlength=len(mask))
        for one in did.counts:
            mask |= ~_COMPARE[one.op](times, one.number)
        return ~mask

    def _hits(self, did: Did) -> Hits:
        """The events that are such a thing, in such a visit, at such a time."""
        journeys, part, bots = self.journeys, self.part, self.query.include_bots
        if isinstance(did.what, Visit):
            rows = part.session_row[_visits(journeys, part, did.what.name, _fitting(did.what))]
            rows = rows[part.counted(bots, rows)]
            hits = Hits(part.key[rows], rows)
        else:
            hits = assigned(journeys, part, did.what, bots)
        for condition in did.visit:
            hits = _those(hits, _visits(journeys, part, condition.key, _passing(condition))[part.session[hits.rows]])
        low, high = self._stretch(did.when)
        if (low, high) != (-_EVER, _EVER):
            time = part.time[hits.rows]
            hits = _those(hits, (time >= low) & (time < high))
        if did.when.first is not None:
            begun = first_times(part, bots)[part.person[hits.rows]]
            hits = _those(hits, part.time[hits.rows] - begun <= did.when.first)
        return hits

    def _stretch(self, when: When) -> tuple[int, int]:
        """The instants that a `When` leaves, from the first to before the second."""
        query, zone = self.query, self.query.site.zone
        low, high = -_EVER, _EVER
        if when.last is not None:
            low, high = query.now - when.last, query.now + 1
        if when.since:
            low = max(low, day_start(when.since, zone))
        if when.until:
            high = min(high, day_start(when.until + timedelta(days=1), zone))
        if self.until is not None:
            high = min(high, self.until)
        return (max(low, query.start), min(high, query.end)) if when.inside else (low, high)


def _those(hits: Hits, mask: Bool) -> Hits:
    return Hits(hits.keys[mask], hits.rows[mask])


def first_times(part: Part, include_bots: bool) -> Int64:
    """For each person the time of the first event that counts; far in the future for those who have none."""

    def find() -> Int64:
        times = np.where(part.counted(include_bots), part.time, _EVER)
        return np.minimum.reduceat(times, part.person_row[:-1])

    return part.memo.get(("first times", include_bots), find)


def _fitting(visit: Visit) -> Callable[[str], bool]:
    pattern = value_of(visit.pattern).casefold()
    is_path = visit.name == "landing"
    return lambda text: fits_pattern(pattern, text.casefold(), path=is_path and bool(pattern))


def _passing(condition: Condition) -> Callable[[str], bool]:
    asked = value_of(condition.value)
    if condition.op == "~":
        return lambda text: asked.casefold() in text.casefold()
    if condition.key == "landing":
        return lambda text: (text.rstrip("/") == asked.rstrip("/")) == (condition.op == "=")
    return lambda text: (text == asked) == (condition.op == "=")


def _visits(journeys: Journeys, part: Part, name: str, test: Callable[[str], bool]) -> Bool:
    """The sessions of the part whose `name`, by their first event, passes a test of its text."""
    if name in ("device", "os", "browser"):
        return _by_id(part.agent[part.session_row], lambda at: test(getattr(journeys.agents.get(at, Agent()), name)))
    if name == "landing":
        return _by_id(part.page[part.session_row], lambda at: test(journeys.pages.get(at, ("", ""))[1]))
    return _by_id(part.source[part.session_row], lambda at: test(getattr(journeys.source_at(at), name)))


def _by_id(ids: Int32, test: Callable[[int], bool]) -> Bool:
    """For each id, -1 for none, whether it passes; each different one is tested once."""
    if not len(ids):
        return np.zeros(0, dtype=np.bool_)
    present = (np.flatnonzero(np.bincount(ids + 1)) - 1).tolist()
    passes = np.zeros(present[-1] + 2, dtype=np.bool_)
    for number in present:
        passes[number + 1] = test(number)
    return passes[ids + 1]


@resolves("trait")
def _trait(journeys: Journeys, part: Part, query: Query, fact: Fact) -> Bool:  # noqa: ARG001 - a resolver
    """Whose trait is so; whoever has none fits `!=` only, as with properties."""
    places, values = journeys.traits(part, fact.name)
    passes = [value is not None if fact.test is None else fact.test.test(value) for value in values]
    absent = fact.test is not None and fact.test.test(None, False)
    mask: Bool = np.array([*passes, absent], dtype=np.bool_)[places]  # the place of none is the last one
    return mask


@resolves("list")
def _listed(journeys: Journeys, part: Part, query: Query, fact: Fact) -> Bool:
    """Who stands on a kept list, whoever they belong to by now."""
    codes = journeys.memo.get(("list", fact.name))
    if not isinstance(codes, np.ndarray):
        codes = np.array(journeys.people.codes(query.site.lists(fact.name)), dtype=np.int64)
        journeys.memo["list", fact.name] = codes
    mask: Bool = np.isin(part.persons, codes)
    return mask
