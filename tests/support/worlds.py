"""Small worlds for tests: journeys in memory from a list of events, with the ledger's answers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from collector.core.event import ENGAGEMENT, PAGE, Agent, Json, Kind, Source
from collector.core.identity import is_cookieless
from collector.core.matcher import parse_matcher
from collector.core.query import Query, Segment, Site, parse_query
from collector.core.stored import LinkedVisitor, Profile, StoredEvent
from collector.journeys.build import Raw, build_part
from collector.journeys.journeys import Journeys, PropertyColumn
from collector.journeys.part import Part, known_person, person_code
from collector.reports.base import Report

K = TypeVar("K")
UTC = ZoneInfo("UTC")
HOST = "https://shop.example"


@dataclass(frozen=True, slots=True)
class E:
    """One event: `what` is `page:/path`, `event:name`, `click:Text`, `engagement` ...; `page` where it happened."""

    visitor: str
    time: int
    what: str
    page: str = "/"
    source: Source | None = None
    agent: Agent | None = None
    value: float | None = None
    props: Mapping[str, Json] = field(default_factory=dict)
    bot: int = 0
    target: str = ""

    @property
    def kind(self) -> Kind:
        type_, _, name = self.what.partition(":")
        return Kind(type_, name, self.target)

    @property
    def path(self) -> str:
        return self.kind.name if self.kind.type == PAGE else self.page


class Ids(Generic[K]):
    """A dictionary table: numbers from 1 in order of first sight."""

    def __init__(self) -> None:
        self.number: dict[K, int] = {}

    def of(self, key: K | None) -> int:
        return -1 if key is None else self.number.setdefault(key, len(self.number) + 1)

    def rows(self) -> dict[int, K]:
        return {number: key for key, number in self.number.items()}


@dataclass(slots=True)
class Ledger:
    """Events by id (their place in the list, from 1), visitors and users; plays `People` and `Properties`."""

    events: Sequence[E]
    visitors: dict[str, int]
    users: Mapping[str, str]
    known: dict[str, int]
    told: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def traits(self, name: str) -> Mapping[int, Json]:
        numbers = self.known.items()
        return {person_code(0, n): self.told[user][name] for user, n in numbers if name in self.told.get(user, {})}

    def person(self, visitor: str) -> int:
        user = self.users.get(visitor)
        return person_code(self.visitors[visitor], None if user is None else self.known[user])

    def members(self, code: int) -> list[str]:
        return [visitor for visitor in self.visitors if self.person(visitor) == code]

    def keys(self, codes: Sequence[int]) -> Mapping[int, str]:
        names = {}
        for code in codes:
            user = known_person(code)
            names[code] = self.members(code)[0] if user is None else {n: u for u, n in self.known.items()}[user]
        return names

    def code(self, key: str) -> int | None:
        for visitor in self.visitors:
            if key in (visitor, self.users.get(visitor)):
                return self.person(visitor)
        return None

    def codes(self, keys: Sequence[str]) -> Sequence[int]:
        return sorted({code for key in keys if (code := self.code(key)) is not None})

    def find(self, text: str, limit: int = 10_000) -> Sequence[int]:
        wanted = text.casefold()
        found = {
            self.person(visitor)
            for visitor in self.visitors
            if wanted in visitor.casefold() or wanted in self.users.get(visitor, "").casefold()
        }
        return sorted(found)[:limit]

    def profile(self, code: int) -> Profile:
        members = self.members(code)
        user = self.users.get(members[0], "") if members else ""
        return Profile(user, {}, [LinkedVisitor(self.visitors[key], key) for key in members])

    def timeline(self, code: int, before: tuple[int, int] | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        members = set(self.members(code))
        found = [(e.time, at) for at, e in enumerate(self.events, 1) if e.visitor in members]
        found = sorted((key for key in found if before is None or key < before), reverse=True)
        return [stored(self.events[at - 1], at) for _, at in found[:limit]]

    def column(self, part: Part, name: str) -> PropertyColumn:
        values: list[Json] = []
        code = np.full(part.size, -1, dtype=np.int32)
        for row, number in enumerate(part.id.tolist()):
            props = self.events[number - 1].props if number <= len(self.events) else {}
            if name in props:
                if props[name] not in values:
                    values.append(props[name])
                code[row] = values.index(props[name])
        return PropertyColumn(code, values)

    def names(self) -> Sequence[str]:
        return list(dict.fromkeys(name for event in self.events for name in event.props))


def stored(event: E, number: int) -> StoredEvent:
    """The ledger's row of an event."""
    return StoredEvent(
        id=number,
        uid=f"uid-{number}",
        visitor=event.visitor,
        time=event.time,
        received=event.time,
        kind=event.kind,
        url=HOST + event.path,
        path=event.path,
        title="",
        query="",
        referrer="",
        pageview="",
        source=event.source,
        agent=event.agent,
        bot="known" if event.bot else "",
        value=event.value,
        props=event.props,
    )


def world(
    events: Sequence[E], users: Mapping[str, str] | None = None, as_of: int | None = None, parts: int = 1
) -> Journeys:
    """Journeys of these events; `users` maps visitors to known users; `parts` splits the persons."""
    users = users or {}
    visitors, known = Ids[str](), Ids[str]()
    for event in events:
        visitors.of(event.visitor)
        known.of(users.get(event.visitor))
    ledger = Ledger(events, visitors.number, users, known.number)
    kinds, pages, sources, agents = Ids[Kind](), Ids[str](), Ids[Source](), Ids[Agent]()
    for event in events:
        kinds.of(event.kind)
        pages.of(event.path)
        sources.of(event.source)
        agents.of(event.agent)

    def whole(read: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(read, dtype=np.int64)

    raw = Raw(
        code=whole([ledger.person(e.visitor) for e in events]),
        visitor=whole([visitors.number[e.visitor] for e in events]),
        time=whole([e.time for e in events]),
        id=whole(list(range(1, len(events) + 1))),
        kind=whole([kinds.number[e.kind] for e in events]),
        page=whole([pages.number[e.path] for e in events]),
        source=whole([sources.of(e.source) for e in events]),
        agent=whole([agents.of(e.agent) for e in events]),
        bot=whole([e.bot for e in events]),
        value=np.array([np.nan if e.value is None else e.value for e in events], dtype=np.float64),
        engaged=whole([0 for _ in events]),
        engagement=np.array([e.kind.type == ENGAGEMENT for e in events], dtype=np.bool_),
        campaign=np.array([e.source is not None and e.source.campaign_mark for e in events], dtype=np.bool_),
    )
    return Journeys(
        parts=[build_part(only(raw, raw.code % parts == at), len(kinds.number) + 1) for at in range(parts)],
        kinds=kinds.rows(),
        pages={number: (HOST + path, path) for number, path in pages.rows().items()},
        sources=sources.rows(),
        agents=agents.rows(),
        properties=ledger,
        people=ledger,
        as_of=max((e.time for e in events), default=0) if as_of is None else as_of,
        cookieless=whole(sorted(number for key, number in visitors.number.items() if is_cookieless(key))),
    )


def only(raw: Raw, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Raw:
    """Some of the rows."""
    return Raw(**{name: getattr(raw, name)[keep] for name in Raw.__dataclass_fields__})


def site(
    goals: Mapping[str, str] | None = None, zone: str = "UTC", segments: Mapping[str, Segment] | None = None
) -> Site:
    """A site whose goals are matchers written as text."""
    read = [(name, parse_matcher(text)) for name, text in (goals or {}).items()]
    return Site(1, "shop", ZoneInfo(zone), segments or {}, read)


def question(report: Report, now: int, of: Site | None = None, **arguments: str | Sequence[str]) -> Query:
    """A query as a page reads it: `all_time="1"` is `--all-time`, a list is a repeated argument."""
    given = {
        name.rstrip("_").replace("_", "-"): [value] if isinstance(value, str) else list(value)
        for name, value in arguments.items()
    }
    return parse_query(report.params, given, of or site(), now)
