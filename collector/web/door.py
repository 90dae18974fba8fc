"""What the collect routes need, as values and small callables, so that they run without a server."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, cast

from flask import Flask, current_app

from collector.counters import Counters
from collector.inbox.box import Inbox, InboxFull
from collector.ingest.keep_policy import ANYTHING, KeepPolicy
from collector.ingest.preview import host_of, is_preview
from collector.ingest.rules import Policy
from collector.ingest.signed import Prove, by_signature
from collector.settings import Keys
from collector.web.connected import NOTHING, Connected
from collector.web.limits import Limiter

EXTENSION = "desireline.door"
_WILD = re.compile(r"(https?)://\*\.([^/:]+)(:\d+)?")


@dataclass(frozen=True, slots=True)
class CollectSite:
    """What the door knows of a site: `origins` are exact, or `https://*.example.com` for every subdomain.

    The policies say what the browser's privacy signals lead to. `signed_required`: no user id is taken from a browser
    without a signature; `identity_version` is of the key that signs them. `preset`: cookieless sets no cookie whatever
    the tag asks for; exempt renews none, and names nobody (no identify, no linker across domains). `cookie_domain`: the
    domain whose subdomains share a visitor, "" where each host has its own.
    """

    id: int
    origins: tuple[str, ...]
    policy_gpc: Policy = "cookieless"
    policy_dnt: Policy = "ignore"
    signed_required: bool = False
    identity_version: int = 1
    connected: Connected = field(default=NOTHING, kw_only=True)
    cookie_domain: str = field(default="", kw_only=True)
    preset: Literal["standard", "cookieless", "exempt"] = "standard"

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may send (scheme, host and port; never a substring, B8 and C2.13)."""
        if not origin or origin == "null":
            return False
        origin = origin.lower()
        for allowed in self.origins:
            if origin == allowed:
                return True
            wild = _WILD.fullmatch(allowed)
            if wild and origin.startswith(f"{wild[1]}://") and origin.endswith(f".{wild[2]}{wild[3] or ''}"):
                return True
        return False

    def previews(self, origin: str) -> bool:
        """Whether pages of this origin only try the tag out: what they send is kept, apart from visitors (F8)."""
        return is_preview(host_of(origin)) and not self.allows(origin)


class SiteBook(Protocol):
    """Finds sites by their keys; cheap enough to ask for every request."""

    def by_write_key(self, key: str) -> CollectSite | None: ...

    def by_secret_key(self, key: str) -> CollectSite | None: ...

    def remembered(self, key: str) -> CollectSite | None:
        """`by_write_key` where that needs to ask nobody; None also where it does."""


class LazyInbox:
    """A worker's inbox, opened by the first request: never before the fork, never by a command that only looks.

    Attributes:
        settled: what is called by the inbox that will be opened each time it has told everybody of a commit.
    """

    def __init__(self, make: Callable[[], Inbox]) -> None:
        self.settled: Callable[[], None] | None = None
        self._make = make
        self._inbox: Inbox | None = None
        self._lock = threading.Lock()

    @property
    def opened(self) -> Inbox | None:
        """The inbox, where it can be used without being opened first."""
        return None if self._inbox is None or self._inbox.gone else self._inbox

    def get(self) -> Inbox:
        """The inbox, a new one where its files were removed. InboxFull where the disk takes not even an empty one."""
        inbox = self._inbox
        if inbox is not None and not inbox.gone:
            return inbox
        try:
            with self._lock:
                if self._inbox is not None and self._inbox.gone:
                    self._inbox.close()
                    self._inbox = None
                self._inbox = self._inbox or self._open()
                return self._inbox
        except (OSError, sqlite3.Error) as error:
            raise InboxFull("disk") from error

    def _open(self) -> Inbox:
        inbox = self._make()
        if self.settled is not None:
            inbox.settled = self.settled
        return inbox

    def close(self) -> None:
        """Commit what waits and let go."""
        if self._inbox is not None:
            self._inbox.close()


@dataclass(slots=True)
class Door:
    """The collector's door.

    Attributes:
        clock: ms UTC now.
        salt: the random salt of the day that holds a moment (cookieless visitors); `salt_before` of the day before it.
        policy: what a site, by its id, lets in: `keep` takes out the rest before the first write.
        https: true where browsers reach the collector by https whatever the request says.
        public_url: the origin that browsers reach the collector by, "" for what the request says.
        redeem: whether a holder may use a number now, which only the first that asks may.
        counters: what was counted at the doors; `limiter`: who sends too much.
    """

    sites: SiteBook
    inbox: LazyInbox
    keys: Keys
    salt: Callable[[int], bytes]
    clock: Callable[[], int]
    dist: Path
    https: bool = False
    policy: Callable[[int], KeepPolicy] = lambda _: ANYTHING
    counters: Counters = field(default_factory=Counters)
    limiter: Limiter = field(default_factory=Limiter)
    public_url: str = ""
    salt_before: Callable[[int], bytes | None] = lambda now: None  # noqa: ARG005
    redeem: Callable[[str, str, int], bool] = lambda number, holder, now: False  # noqa: ARG005

    def prove(self, site: CollectSite) -> Prove:
        """Who vouches for the users that a sender without the secret key claims: the site's signature."""
        return by_signature(self.keys.cookie, site.id, site.identity_version, site.signed_required)


def install(app: Flask, door: Door) -> None:
    """Make `door` the one that the app's collect routes use."""
    app.extensions[EXTENSION] = door


def the_door() -> Door:
    """The current app's door."""
    return cast(Door, current_app.extensions[EXTENSION])
