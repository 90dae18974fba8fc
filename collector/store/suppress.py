"""Who was erased must not come back by a retry or a repeated import: keyed hashes of visitor keys and user ids (E7)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence

from collector.core.event import Event, Json
from collector.store.clean import clean_text
from collector.store.engine import Engine
from collector.store.identity import CHANGE
from collector.store.protocol import SetAside

VISITOR, USER = "visitor", "user"
_REMEMBERED = 100_000
_LONGEST = 256


def suppress(engine: Engine, site: int, visitors: Iterable[str], users: Iterable[str], now: int) -> list[str]:
    """Refuse these from now on; the digests of the visitors, in their order. Inside `Engine.writing`."""
    key = _key(engine)
    hidden = [digest(key, site, VISITOR, visitor) for visitor in visitors]
    engine.run_many(
        "INSERT INTO suppressed (site, digest, time) VALUES (?, ?, ?) ON CONFLICT (site, digest) DO NOTHING",
        [(site, one, now) for one in [*hidden, *(digest(key, site, USER, user) for user in users)]],
    )
    return hidden


def lift(engine: Engine, site: int, name: str, now: int) -> bool:
    """Take a visitor's key or a user id off the list; whether it was on it."""
    key = _key(engine)
    both = [digest(key, site, kind, clean_text(name)) for kind in (VISITOR, USER)]
    with engine.writing():
        gone = engine.run(
            f"DELETE FROM suppressed WHERE site = ? AND {engine.within('digest', 'text')}",  # noqa: S608
            (site, engine.many(both)),
        )
        if gone:
            engine.run(CHANGE, (site, "lift", 0, now))
    return gone > 0


def suppressions(engine: Engine, site: int) -> int:
    """How many are on the list."""
    row = engine.row("SELECT count(*) FROM suppressed WHERE site = ?", (site,))
    return int(row[0]) if row else 0


def digest(key: bytes, site: int, kind: str, name: str) -> str:
    """What is kept of a name: useless without the key, and of another site never the same."""
    return hmac.new(key, f"{kind}|{site}|{name}".encode(), hashlib.sha256).hexdigest()[:40]


def _key(engine: Engine) -> bytes:
    row = engine.row("SELECT value FROM secret WHERE name = 'suppress'")
    if row is None:
        raise LookupError("the key of the suppression list is missing")
    return bytes.fromhex(row[0])


class Suppressed:
    """The list as an appender asks it: read again when `heed` is told that it may have changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._key = b""
        self._digests: dict[int, frozenset[str]] = {}
        self._known: dict[tuple[int, str, str], bool] = {}

    def forget(self) -> None:
        """The list may have changed."""
        self._digests.clear()
        self._known.clear()

    def _list(self, site: int) -> frozenset[str]:
        if site not in self._digests:
            rows = self._engine.rows("SELECT digest FROM suppressed WHERE site = ?", (site,))
            self._digests[site] = frozenset(row[0] for row in rows)
        return self._digests[site]

    def split(self, site: int, events: Sequence[Event]) -> tuple[Sequence[Event], int]:
        """(the events of those who are not on the list, how many others there are)."""
        if not self._list(site):
            return events, 0
        kept = [event for event in events if not self._refused(site, event)]
        return kept, len(events) - len(kept)

    def named(self, thing: SetAside) -> bool:
        """Whether what goes to quarantine names anybody on the list, wherever it does."""
        if thing.site is None or not self._list(thing.site):
            return False
        try:
            document = json.loads(thing.raw)
        except (ValueError, RecursionError):
            return False
        return any(self._has(thing.site, kind, text) for text in _texts(document) for kind in (VISITOR, USER))

    def _refused(self, site: int, event: Event) -> bool:
        return self._has(site, VISITOR, event.visitor) or (bool(event.user) and self._has(site, USER, event.user or ""))

    def _has(self, site: int, kind: str, name: str) -> bool:
        found = self._known.get((site, kind, name))
        if found is None:
            self._key = self._key or _key(self._engine)
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            found = digest(self._key, site, kind, clean_text(name)) in self._digests[site]
            self._known[site, kind, name] = found
        return found


def _texts(document: Json) -> Iterator[str]:
    """Every text in a document that is short enough to be somebody's id."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if 0 < len(part) <= _LONGEST:
                yield part
            waiting += _within(part)
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _within(text: str) -> list[Json]:
    """The document that a text is, as the events that a record could not read are; nothing where it is none."""
    if not text.startswith(("{", "[")):
        return []
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []
