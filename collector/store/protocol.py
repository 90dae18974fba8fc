"""What a ledger can do: the few verbs that every engine offers. Values only, no engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from collector.core.event import Agent, Event, Json, Kind, Source
from collector.core.stored import StoredEvent
from collector.store.privacy import PrivacyVerbs

Int64 = NDArray[np.int64]

# Why an event is flagged as not human, "" being a person. Events and columns hold the index: append only.
BOT_REASONS = (
    "",
    "ua_list",
    "webdriver",
    "phantom",
    "nightmare",
    "cypress",
    "zero_screen",
    "headless_brand",
    "prefetch",
    "referrer_spam",
    "admin",
    "ai_agent",
    "no_user_agent",
    "behaviour",
    "preview",
)


class LedgerDown(Exception):  # noqa: N818 - callers read "except LedgerDown"
    """The database cannot be reached, is locked, full or broken. Nothing was written: try again later."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an inbox has been loaded: stored in the same transaction as the events it brought.

    Attributes:
        time: ms UTC now, the day that they are counted on.
        accepted: site (0: nobody's) -> events that the records hold, whatever becomes of them.
    """

    inbox: str
    seq: int
    time: int = 0
    accepted: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appended:
    """What one append did: events new to the ledger, ids that were there already, and events of erased people."""

    stored: int
    duplicates: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many events of a site (0: nobody's) came to an end: accepted, which is the sum of the others, or stored,
    flagged (stored, of a bot, with its reason), duplicate (with the reason conflict where it says something else than
    what is stored), quarantined (with its reason) or refused (by the ledger: erased)."""

    site: int
    outcome: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class AsideReason:
    """What is in quarantine for one reason: rows, the events they stand for, first and last time (ms UTC)."""

    reason: str
    rows: int
    events: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Events as columns, in order of their ledger id. -1 stands for none; `value` is NaN for none.

    visitor, kind, page, source, agent are ids of dictionary rows; `bot` is 0 for people and an index into
    `Ledger.bot_reasons` otherwise; times are ms UTC.
    """

    id: Int64
    visitor: Int64
    time: Int64
    kind: Int64
    page: Int64
    source: Int64
    agent: Int64
    bot: Int64
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VisitorRow:
    """One anonymous identity: dictionary id and key."""

    id: int
    key: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Visitor `visitor` belongs to person `person` since `time`.

    `reason`: identify (claimed by the browser), signed (the site vouched for it), import or admin.
    """

    id: int
    visitor: int
    person: int
    time: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something that makes stored journeys differ: `visitor` whom it touches, 0 for none.

    `kind` is link, unlink, forget (the visitor is gone), trim (some of its events are gone), bots (some are people's
    now, or no longer) or lift (somebody erased may come back).
    """

    id: int
    kind: str
    visitor: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A known person: dictionary id, the site's own user id, and traits (the latest value of each).

    A trait named in `verified` comes from the site itself; the others were claimed by browsers that are linked now.
    """

    id: int
    user: str
    traits: Mapping[str, Json]
    verified: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Crowd:
    """A person with many visitors, and how many claims made no further link because there were too many."""

    user: str
    visitors: int
    capped: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that could not be processed: the bytes as they came, why, when (ms UTC), how many events it holds."""

    id: int
    site: int | None
    raw: bytes
    reason: str
    time: int
    events: int = 1


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something to put into quarantine: of which site (None: unknown), the bytes, why, when (ms UTC), and how many
    events it holds."""

    site: int | None
    raw: bytes
    reason: str
    time: int
    events: int = 1


class Ledger(PrivacyVerbs, Protocol):
    """The events of all sites, and who they belong to. Every method is safe to call from several processes."""

    @property
    def bot_reasons(self) -> Sequence[str]:
        """Bot reasons by the number that `Columns.bot` holds; 0 is "", a person."""

    def migrate(self) -> None:
        """Bring the schema up to date, under a lock."""

    def close(self) -> None:
        """Close this thread's connection."""

    # -- writing
    def append(self, site: int, events: Sequence[Event], mark: Mark | None = None) -> Appended:
        """Store events and their dictionary rows in one transaction; an id already there is left as it is.

        Events with `user` set link their visitor to that person (SEMANTICS 4), in the order given, up to
        `identity.MOST_VISITORS` visitors a person; `identify` events' props become traits.
        Ids grow in commit order, so a reader that has seen id n has seen every smaller one.
        """

    def append_marked(
        self, batches: Sequence[tuple[int, Sequence[Event]]], mark: Mark, aside: Sequence[SetAside] = ()
    ) -> Appended:
        """Like `append` for several sites in one transaction, with the mark and with what goes to quarantine.

        What became of the events is counted in the same transaction (`outcomes`); appends without a mark are not
        counted. A quarantine that is full keeps no more, and that is counted too.
        """

    def marks(self) -> Mapping[str, int]:
        """How far each inbox was loaded."""

    def drop_marks(self, inboxes: Sequence[str]) -> None:
        """Let go of the marks of inboxes that are gone for good."""

    def tidy(self, inboxes: Sequence[str], now: int) -> None:
        """Let go of what is too old: quarantine, marks of other inboxes than these, single days of counts."""

    def link(self, site: int, visitor: str, user: str, now: int, reason: str = "admin") -> None:
        """Link a visitor to a person (created where new). UserError when it is linked to another already."""

    def unlink(self, site: int, visitor: str, now: int) -> None:
        """Take a visitor's link back; the person keeps its other visitors."""

    def forget(self, site: int, visitors: Sequence[int], now: int) -> Mapping[str, int]:
        """Erase these visitors' events, links, and their person when nothing is left of it; counts by table."""

    # -- reading
    def head(self, site: int) -> int:
        """The greatest event id of the site, 0 where it has none."""

    def scan(self, site: int, after: int, limit: int) -> Columns:
        """Up to `limit` events with an id greater than `after`, in order of id."""

    def scan_visitors(self, site: int, visitors: Sequence[int]) -> Columns:
        """All events of these visitors, in order of id."""

    def kinds(self, site: int, after: int = 0) -> Sequence[tuple[int, Kind]]:
        """Dictionary rows with an id greater than `after`, in order of id; so too for the others below."""

    def pages(self, site: int, after: int = 0) -> Sequence[tuple[int, str, str]]:
        """(id, url, path)."""

    def sources(self, site: int, after: int = 0) -> Sequence[tuple[int, Source]]: ...

    def agents(self, after: int = 0) -> Sequence[tuple[int, Agent]]: ...

    def visitors(self, site: int, after: int = 0) -> Sequence[VisitorRow]: ...

    def persons(self, site: int, after: int = 0) -> Sequence[tuple[int, str]]:
        """(id, user id) without traits."""

    def visitor_keys(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        """The keys of those of these visitors that there are."""

    def user_ids(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        """The user ids of those of these known persons that there are."""

    def person_ids(self, site: int, users: Sequence[str]) -> Mapping[str, int]:
        """The ids of those of these user ids that are known persons."""

    def search(self, site: int, text: str, limit: int) -> tuple[Sequence[int], Sequence[int]]:
        """Ids of persons and of visitors whose user id or key contains `text`, case aside; at most `limit` of each."""

    def links(self, site: int, visitors: Sequence[int] | None = None) -> Sequence[LinkRow]:
        """The links now in force, of these visitors or of all."""

    def changes(self, site: int, after: int) -> Sequence[Change]:
        """Changes with an id greater than `after`, in order."""

    def crowds(self, site: int, least: int, limit: int = 20) -> Sequence[Crowd]:
        """Persons with at least `least` visitors, the largest first: a shared account, or a mistake."""

    def link_reasons(self, site: int, since: int) -> Mapping[str, int]:
        """How many of the links made since an instant (ms UTC) are there for each reason."""

    def cookieless(self, site: int, after: int = 0) -> tuple[Sequence[int], int]:
        """Ids greater than `after` of visitors counted for a day only, ascending; and the greatest id looked at."""

    def property_values(self, site: int, name: str, after: int, upto: int) -> Iterator[tuple[int, Json]]:
        """(event id, value) of every event with `after` < id <= `upto` that has the property; the name is bound."""

    def property_names(self, site: int, limit: int = 200) -> Sequence[str]:
        """Names of properties seen lately, most used first."""

    def person(self, site: int, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
        """A person by user id or by the key of any visitor of theirs, and all their visitors; (None, ()) if unknown."""

    def trait_values(self, site: int, name: str) -> Mapping[int, Json]:
        """For each known person who has the trait its value: what is verified over what visitors claim."""

    def trait_names(self, site: int, limit: int = 200) -> Sequence[str]:
        """Names of traits of the persons known last, most frequent first."""

    def timeline(
        self, visitors: Sequence[int], before: tuple[int, int] | None = None, limit: int = 500
    ) -> Sequence[StoredEvent]:
        """The latest events of these visitors in descending (time, id), those before that key."""

    def export(self, site: int, after: int = 0, limit: int = 5_000) -> Sequence[tuple[StoredEvent, str]]:
        """(event, user id or "") with an id greater than `after`, in order of id."""

    def quarantine(self, site: int | None, raw: bytes, reason: str, now: int) -> None:
        """Keep what could not be processed, with the reason."""

    def quarantined(
        self, site: int | None = None, after: int = 0, limit: int = 100, reason: str | None = None
    ) -> Sequence[Quarantined]:
        """What was kept so, with an id greater than `after`, in order of id; of every site where `site` is None."""

    def quarantine_reasons(self, site: int) -> Sequence[AsideReason]:
        """What is in the site's quarantine by reason, the most frequent first."""

    def quarantine_sizes(self) -> Sequence[tuple[int, int]]:
        """(site, rows) of every site's quarantine; 0 for what is nobody's."""

    def outcomes(self, site: int | None = None, since: int = 0) -> Sequence[Outcome]:
        """What became of the events that came by the inbox, of a site or of each, since the day (UTC) of an instant."""

    def sizes(self) -> Mapping[str, int]:
        """Bytes: `ledger`, and `log` where the engine has one beside it."""

    def migrated(self) -> bool:
        """Whether the schema is up to date."""

    def release(self, ids: Sequence[int]) -> int:
        """Let go of quarantined rows, once they have been replayed or given up; how many there were."""

    def visitor_ids(self, site: int, keys: Sequence[str]) -> Mapping[str, int]:
        """The dictionary ids of those of these visitor keys that are known."""

    def counts(self, site: int) -> Mapping[str, int]:
        """Totals: events (bots included), visitors, persons, quarantined, and bot:<reason>: events of such bots."""

    def last_event(self, site: int) -> StoredEvent | None:
        """The event that arrived last."""
