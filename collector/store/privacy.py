"""What a ledger can do about people's rights and about bots: values and verbs, a part of `protocol.Ledger`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Consent:
    """One line of the consent log: who (a visitor's key, or the hash of one that was erased), when (ms UTC), and what.

    `state` is granted or denied; `policy` the version that the site told (`props.version`); `mode` cookie, cookieless
    or server; `host` of the page; `browser` without its version.
    """

    id: int
    visitor: str
    time: int
    state: str
    purpose: str
    policy: str
    mode: str
    host: str
    browser: str


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """The last time that old data was let go of: when, what was older than `before` (ms UTC), and rows by table."""

    time: int
    before: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FlaggedAgent:
    """A user agent whose events were set aside: for which reason, by which version of the list, how many, and last."""

    id: int
    text: str
    list_version: str
    reason: str
    events: int
    visitors: int
    last: int


@dataclass(frozen=True, slots=True)
class FlaggedVisitor:
    """A visitor whose events were set aside."""

    key: str
    reason: str
    events: int
    last: int


@dataclass(frozen=True, slots=True)
class FlaggedPlace:
    """An origin whose pages were only tried out, "" where there is none; how many events were set aside, and the last.

    That is a local or a preview host which the site does not list among its origins.
    """

    origin: str
    events: int
    last: int


class Aside(Protocol):
    """What is shown of something in quarantine: `protocol.Quarantined` is one."""

    @property
    def raw(self) -> bytes: ...

    @property
    def reason(self) -> str: ...

    @property
    def time(self) -> int: ...


class PrivacyVerbs(Protocol):
    """Consent, retention, suppression, deletion of a site, and what was flagged."""

    def lift(self, site: int, key: str, now: int) -> bool:
        """Take an erased visitor's key or user id from the list of those who are refused; whether it was there."""

    def quarantined_naming(self, site: int, words: Sequence[str]) -> Sequence[Aside]:
        """What was set aside and names one of these user ids or visitors, in order of id."""

    def suppressions(self, site: int) -> int:
        """How many visitor keys and user ids of erased people are refused."""

    def consents(self, site: int, after: int = 0, limit: int = 5_000) -> Sequence[Consent]:
        """The consent log, in order of id."""

    def consents_of(self, site: int, keys: Sequence[str]) -> Sequence[Consent]:
        """The consent log of these visitors, in order of id."""

    def old_counts(self, site: int, before: int) -> Mapping[str, int]:
        """What `expire` would remove, rows by table; names that nothing uses any more aside."""

    def expire(self, site: int, before: int, now: int, pause: Callable[[], bool] | None = None) -> Mapping[str, int]:
        """Remove what is older than `before` (ms UTC) in small transactions, and what is nobody's then; rows by table.

        Args:
            pause: called between transactions, to let others write; True stops here, and the next run goes on.
        """

    def last_expiry(self, site: int) -> RetentionRun | None:
        """The last complete `expire` of a site."""

    def mark_deleted(self, site: int, now: int) -> None:
        """Let nothing more in for a site, before `delete_site`; there is no way back."""

    def delete_site(self, site: int, pause: Callable[[], bool] | None = None) -> Mapping[str, int]:
        """Remove everything of a site that was marked so, in small transactions; rows by table. It can be repeated.

        Args:
            pause: as of `expire`.
        """

    def deleted_sites(self) -> frozenset[int]:
        """Sites whose data was deleted: what still arrives for them is let go of."""

    def flagged_times(self, site: int, start: int, end: int) -> Sequence[tuple[str, int, int]]:
        """(reason, quarter of an hour, events) of flagged events with start <= time < end, attention aside.

        A quarter is counted since 1970 in UTC, because every time zone is off by a multiple of it.
        """

    def flagged_agents(self, site: int, start: int, end: int, limit: int = 100) -> Sequence[FlaggedAgent]:
        """User agents of flagged events in that time, most events first."""

    def flagged_visitors(self, site: int, start: int, end: int, limit: int = 100) -> Sequence[FlaggedVisitor]:
        """Visitors with flagged events in that time, most events first."""

    def flagged_text(self, site: int, number: int) -> str:
        """The user agent with this id, "" where the site has none."""

    def trust_visitor(self, site: int, key: str, people: bool, trusted: Sequence[str], now: int) -> int:
        """Call a visitor a person whatever flags its events, or take that back; how many stored events changed.

        Args:
            trusted: the trusted parts of user agents, which a visitor taken off the list may still have.

        Raises:
            UserError: there is no such visitor.
        """

    def trusted_visitors(self, site: int) -> Sequence[tuple[str, int]]:
        """(key, since ms UTC) of visitors that somebody called people."""

    def reclassify(self, site: int, trusted: Sequence[str], now: int) -> int:
        """Make stored events agree with the trusted parts of user agents; how many changed."""

    def flagged_places(self, site: int, start: int, end: int) -> Sequence[FlaggedPlace]:
        """Where pages were tried out in that time, most events first."""

    def reclassify_places(self, site: int, own: Callable[[str], bool], now: int) -> int:
        """Make stored events of pages that were tried out agree with the site's own origins; how many changed.

        Args:
            own: whether pages of an origin are the site's.
        """

    def flag_visitor(self, site: int, key: str, reason: str, since: int, now: int) -> int:
        """Set a visitor's events from `since` on aside for `reason`, unless somebody called it a person; how many."""
