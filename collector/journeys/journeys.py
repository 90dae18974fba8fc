"""One site's journeys at one moment: the parts, the dictionaries, and how matchers find rows in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from collector.core.deadline import check, looking, progress
from collector.core.errors import UserError
from collector.core.event import Agent, Json, Kind, Source
from collector.core.matcher import Condition, Matcher, cell_text
from collector.core.stored import Profile, StoredEvent
from collector.journeys.memo import Memo
from collector.journeys.part import Bool, Hits, Int32, Int64, Part, looked_up

DIRECT = Source()
# What a person's trait is called where something is broken down, as in conditions on people.
TRAIT = "trait:"
# From this part of all rows on, looking at each is quicker than sorting those that fit.
_FEW = 8


@dataclass(frozen=True, slots=True, eq=False)
class PropertyColumn:
    """One property on the rows of a part: `code[row]` is an index into `values`, -1 where the event has none."""

    code: Int32
    values: Sequence[Json]


class Properties(Protocol):
    """Where property columns come from (the ledger, through files beside the view)."""

    def column(self, part: Part, name: str) -> PropertyColumn:
        """The column of a property; all -1 where nobody ever sent it."""

    def names(self) -> Sequence[str]:
        """Names of properties that events had lately, most used first."""


class People(Protocol):
    """Who is behind a person code, and what the ledger knows of them, looked up when they are shown."""

    def keys(self, codes: Sequence[int]) -> Mapping[int, str]:
        """For each code the user id of a known person, else the visitor's key."""

    def code(self, key: str) -> int | None:
        """The code of a person by user id or by the key of any visitor of theirs."""

    def codes(self, keys: Sequence[str]) -> Sequence[int]:
        """The different codes, ascending, of those of these user ids and visitors' keys that are known."""

    def find(self, text: str, limit: int = 10_000) -> Sequence[int]:
        """Codes of persons whose user id, or the key of a visitor of theirs, contains `text` (case ignored)."""

    def profile(self, code: int) -> Profile:
        """User id, traits and visitors of a person."""

    def traits(self, name: str) -> Mapping[int, Json]:
        """For each code of a known person who has the trait its value."""

    def timeline(self, code: int, before: tuple[int, int] | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        """The person's latest events in descending (time, id), those before that key; engagement included."""


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """What reports are asked of. `as_of` is ms UTC of the ledger state that the parts hold.

    cookieless: visitors counted for a day only, ascending.
    generation: the name of this state of the view; "" for one that only memory holds.
    derived: the folder of answers that come from it, which the next erasure removes.
    of_persons: breakdowns that a question itself knows, by name: for each person of a part a place in some texts.
    """

    parts: Sequence[Part]
    kinds: Mapping[int, Kind]
    pages: Mapping[int, tuple[str, str]]
    sources: Mapping[int, Source]
    agents: Mapping[int, Agent]
    properties: Properties
    people: People
    as_of: int
    memo: Memo = field(default_factory=Memo)
    cookieless: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    generation: str = ""
    derived: Path | None = None
    of_persons: Mapping[str, Callable[[Part], tuple[Int32, Sequence[str]]]] = field(default_factory=dict)

    def kind_ids(self, matcher: Matcher) -> frozenset[int]:
        """The kinds that fit a matcher, by looking at the dictionary only; remembered."""
        found = self.memo.get(("kinds", matcher.subject, matcher.pattern))
        if not isinstance(found, frozenset):
            found = frozenset(number for number, kind in looking(self.kinds.items()) if matcher.fits_kind(kind))
            self.memo["kinds", matcher.subject, matcher.pattern] = found
        return found

    def source_at(self, source: int) -> Source:
        """The source behind an id; direct for -1."""
        return self.sources.get(source, DIRECT)

    def rows(self, part: Part, matcher: Matcher, include_bots: bool = False) -> Int64:
        """Rows of `part` that fit, ascending; persons that are not alive in this part included (see `Part.alive`)."""
        return self.hits(part, matcher, include_bots).rows.astype(np.int64, copy=False)

    def hits(self, part: Part, matcher: Matcher, include_bots: bool = False) -> Hits:
        """Rows that fit with their keys, ascending. One kind without conditions is a slice and costs nothing."""
        if not matcher.conditions and not matcher.is_source and not include_bots and matcher.subject != "any":
            kinds = self.kind_ids(matcher)
            if len(kinds) == 1:
                return _kind_slice(part, next(iter(kinds)))
        if matcher.subject == "any" and not matcher.conditions:
            # Nearly all rows: found at once, and too many bytes to push other answers out for.
            return self._find(part, matcher, include_bots)
        return part.memo.get(("hits", matcher, include_bots), lambda: self._find(part, matcher, include_bots))

    def _find(self, part: Part, matcher: Matcher, include_bots: bool) -> Hits:
        check()
        rows = self._rows_by_kind(part, matcher, include_bots)
        for condition in matcher.conditions:
            check()
            rows = rows[self._passes(part, condition, rows)]
        return Hits(part.key[rows], rows.astype(np.int32))

    def _rows_by_kind(self, part: Part, matcher: Matcher, include_bots: bool) -> Int64:
        if matcher.is_source:
            fits = [number for number in (-1, *self.sources) if self._fits_source(matcher, number)]
            rows = part.session_row[np.isin(part.source[part.session_row], fits)]
            return rows[part.counted(include_bots, rows)]
        if matcher.subject == "any":
            return np.flatnonzero(part.counted(include_bots))
        wanted = sorted(self.kind_ids(matcher))
        runs = [_kind_slice(part, kind).rows for kind in wanted]
        if include_bots or sum(map(len, runs)) * _FEW > part.size:
            told = np.zeros(len(part.kind_start), dtype=np.bool_)
            told[[kind for kind in wanted if kind < len(told)]] = True
            mask = looked_up(told, part.kind)
            return np.flatnonzero(mask & part.counted(include_bots))
        return np.sort(np.concatenate(runs)).astype(np.int64) if runs else np.empty(0, dtype=np.int64)

    def _fits_source(self, matcher: Matcher, number: int) -> bool:
        source = self.source_at(number)
        return matcher.fits_source(source.channel, source.source)

    def _passes(self, part: Part, condition: Condition, rows: Int64) -> Bool:
        column = self.properties.column(part, condition.key)
        fits = np.array(
            [condition.test(value) for value in looking(column.values)] + [condition.test(None, False)], dtype=np.bool_
        )
        return fits[column.code[rows]]

    def persons_with(self, part: Part, matcher: Matcher, include_bots: bool = False) -> Bool:
        """Which persons of the part ever did it, as a mask over `part.persons`."""
        mask = np.zeros(len(part.persons), dtype=np.bool_)
        mask[part.person[self.rows(part, matcher, include_bots)]] = True
        return mask

    def of_a_day(self, part: Part) -> Bool | None:
        """Persons of the part who are counted for a day only, as a mask; None where nobody is.

        Whoever is known by a user id is not: that person is the same on every day.
        """
        known = self.cookieless
        if not len(known):
            return None
        # A part's persons and the kind of their keys never change, so that what was found once stays true.
        found = part.memo.get("of a day", lambda: _of_a_day(part.persons, known))
        return found if found.any() else None

    def session_source(self, part: Part, rows: Int64) -> Int32:
        """Source ids of the sessions that these rows belong to, -1 for direct."""
        return part.source[part.session_row[part.session[rows]]]

    def labels(self, part: Part, rows: Int64, name: str) -> tuple[Int64, list[str]]:
        """A breakdown: for each row a code, and the text of each code.

        Names: channel, source, medium, campaign (of the row's session), device, os, browser, page, landing (first page
        of the session), event (the kind's name), `trait:plan` (a trait of the row's person) and those of `of_persons`;
        any other is a property of the event. Unknown is the empty text.

        Raises:
            UserError: what stands after `trait:` cannot be a trait's name.
        """
        check()
        if self.is_of_person(name):
            places, values = self._told_of_persons(part, name)
            return _coded(places[part.person[rows]], lambda n: cell_text(values[n]) if n >= 0 else "")
        if name in _SOURCE_FIELDS:
            ids = self.session_source(part, rows)
            return _coded(ids, lambda n: str(getattr(self.source_at(n), name)))
        if name in ("device", "os", "browser"):
            ids = part.agent[rows]
            return _coded(ids, lambda n: str(getattr(self.agents.get(n, Agent()), name)))
        if name in ("page", "landing"):
            ids = part.page[rows if name == "page" else part.session_row[part.session[rows]]]
            return _coded(ids, lambda n: self.pages.get(n, ("", ""))[1])
        if name == "event":
            ids = part.kind[rows]
            return _coded(ids, lambda n: self.kinds[n].name)
        column = self.properties.column(part, name)
        ids = column.code[rows]
        return _coded(ids, lambda n: cell_text(column.values[n]) if n >= 0 else "")

    def is_of_person(self, name: str) -> bool:
        """Whether a breakdown tells people apart, so that all rows of a person have one value."""
        return name.startswith(TRAIT) or name in self.of_persons

    def _told_of_persons(self, part: Part, name: str) -> tuple[Int32, Sequence[Json]]:
        if name in self.of_persons:
            return self.of_persons[name](part)
        trait = name.removeprefix(TRAIT).strip()
        if not trait or set(trait) & set("[]=!<>~"):
            raise UserError(f"{name!r} is not the name of a trait.", "Write it like trait:plan.")
        return self.traits(part, trait)

    def traits(self, part: Part, name: str) -> tuple[Int32, Sequence[Json]]:
        """For each person of the part the place of their trait in all its values, -1 for none."""
        found = self.memo.get(("trait", name))
        if not isinstance(found, tuple):
            found = self.memo["trait", name] = _by_value(self.people.traits(name))
        codes, places, values = found
        if not len(codes):
            return np.full(len(part.persons), -1, dtype=np.int32), values
        at = np.minimum(np.searchsorted(codes, part.persons), len(codes) - 1)
        return np.where(codes[at] == part.persons, places[at], -1).astype(np.int32), values

    def each(self) -> Iterator[Part]:
        """The parts that hold anybody; between two of them a question may be stopped."""
        parts = [part for part in self.parts if part.alive.any()]
        whole, done = sum(part.size for part in parts), 0
        for part in parts:
            check()
            yield part
            done += part.size
            progress(done / whole if whole else 1.0)


def _by_value(told: Mapping[int, Json]) -> tuple[Int64, Int32, list[Json]]:
    """Codes of persons, ascending, the place of each one's value, and the different values."""
    known: dict[tuple[type, Hashable], int] = {}
    values: list[Json] = []
    places = np.empty(len(told), dtype=np.int32)
    codes = sorted(told)
    for at, code in enumerate(looking(codes)):
        value = told[code]
        plain = value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True)
        places[at] = place = known.setdefault((type(value), plain), len(values))
        if place == len(values):
            values.append(value)
    return np.array(codes, dtype=np.int64), places, values


def _of_a_day(persons: Int64, cookieless: Int64) -> Bool:
    visitors = persons >> 1
    place = np.minimum(np.searchsorted(cookieless, visitors), len(cookieless) - 1)
    found: Bool = (cookieless[place] == visitors) & (persons & 1 == 0)
    return found


def _kind_slice(part: Part, kind: int) -> Hits:
    if kind + 1 >= len(part.kind_start):
        return Hits(part.kind_keys[:0], part.kind_rows[:0])
    run = slice(int(part.kind_start[kind]), int(part.kind_start[kind + 1]))
    return Hits(part.kind_keys[run], part.kind_rows[run])


_SOURCE_FIELDS = ("channel", "source", "medium", "campaign")


def _coded(ids: Int32, name: Callable[[int], str]) -> tuple[Int64, list[str]]:
    """Ids (-1 for none) to codes of their texts; ids with the same text share one code."""
    if not len(ids):
        return np.empty(0, dtype=np.int64), []
    # The place of -1 is the last one, as an index from the end.
    seen = np.zeros(int(ids.max()) + 2, dtype=np.bool_)
    seen[ids] = True
    names = {number: name(number) for number in np.flatnonzero(seen[:-1]).tolist() + ([-1] if seen[-1] else [])}
    texts = sorted(set(names.values()))
    place = {text: code for code, text in enumerate(texts)}
    lookup = np.zeros(len(seen), dtype=np.int64)
    lookup[list(names)] = [place[text] for text in names.values()]
    return lookup[ids], texts
