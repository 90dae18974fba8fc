"""What the ledger tells of one event and one person, dictionaries resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collector.core.event import Agent, Json, Kind, Source


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a timeline or an export. `visitor` is the anonymous identity's key it was stored with."""

    id: int
    uid: str
    visitor: str
    time: int
    received: int
    kind: Kind
    url: str
    path: str
    title: str
    query: str
    referrer: str
    pageview: str
    source: Source | None
    agent: Agent | None
    bot: str
    value: float | None
    props: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class LinkedVisitor:
    """A visitor of a person: its key, and since when and why it belongs to them (None for an anonymous one)."""

    id: int
    key: str
    time: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a person is: user id ("" for an anonymous visitor), traits, and the visitors that are theirs.

    verified: the names of the traits that the site vouches for; the others were claimed by browsers.
    """

    user: str
    traits: Mapping[str, Json] = field(default_factory=dict)
    visitors: Sequence[LinkedVisitor] = ()
    verified: frozenset[str] = frozenset()
