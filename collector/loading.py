"""The loader's work: inbox records in order, through the steps, into the ledger; the only wiring of those rooms."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collector.core.event import Event
from collector.core.times import SECOND
from collector.inbox.drain import BoxReader, Orphan, readers
from collector.inbox.record import Record, decode, encode
from collector.ingest.bots import BotList
from collector.ingest.clock import DeviceClocks
from collector.ingest.overnight import Overnight
from collector.ingest.pace import Pace
from collector.ingest.rules import Arrival, SiteRules
from collector.ingest.steps import make_event
from collector.ingest.url import mask_json
from collector.store.protocol import Ledger, LedgerDown, Mark, SetAside

log = logging.getLogger(__name__)

# Records of one look at a box; and events of one transaction at most, so that a reader never waits long for a writer.
CHUNK = 1_000
EVENTS = 4_000
# A record that fails alone as often as this, with pauses of so many seconds, while the ledger takes others, is poison.
PAUSES = (0.05, 0.2, 0.5)
_BROWSERS = frozenset(("cookie", "cookieless"))


def _masked(body: bytes) -> bytes:
    """A record without addresses and tokens in its URLs: it may stay in quarantine for long."""
    return mask_json(body.decode("utf-8", "replace")).encode()


def event_aside(record: Record, text: str, reason: str) -> bytes:
    """An event that the door could not read, with what is needed to try it again: a record of it alone."""
    told = record.site, record.visitor, record.received, record.sent, record.mode, record.user_agent, record.hints
    return encode(*told, [], [(text, reason)], record.before)


def _nobody(seconds: float) -> None:
    """Nobody looks at how far behind the loader is."""


class RulesBook(Protocol):
    """Finds what the steps need to know of a site."""

    def rules(self, site: int) -> SiteRules | None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """One record read and worked through: its events, and what goes to quarantine.

    Attributes:
        quarantined: (bytes, reason, how many events they hold).
        accepted: how many events the door promised to keep with this record.
        received: ms UTC when it arrived, 0 where it does not say.
        browser: whether a browser sent it, whose pace tells people from others.
    """

    seq: int
    body: bytes
    site: int | None
    events: Sequence[Event]
    quarantined: Sequence[tuple[bytes, str, int]]
    accepted: int
    received: int = 0
    browser: bool = False


class Loader:
    """Moves what the inbox holds into the ledger.

    Args:
        ledger: where events go.
        folder: the folder of the inbox's boxes.
        rules: site settings by site id.
        bots: the list of user agents that are no people.
        loaded: called with the ids of sites that got events; must return quickly.
        clock: ms UTC now.
        lag: called with the seconds from the arrival of a transaction's oldest record to its commit.
    """

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        rules: RulesBook,
        bots: BotList,
        loaded: Callable[[frozenset[int]], None],
        clock: Callable[[], int],
        lag: Callable[[float], None] = _nobody,
    ) -> None:
        self._ledger = ledger
        self._folder = folder
        self._rules = rules
        self._bots = bots
        self._loaded = loaded
        self._clock = clock
        self._lag = lag
        self._gone: list[str] = []
        self._clocks = DeviceClocks()
        self._overnight = Overnight()
        self._pace = Pace()
        self._readers: dict[str, BoxReader] = {}
        self._marks: dict[str, int] | None = None
        # Boxes that could not be read, so that the log says so once.
        self._unreadable: set[str] = set()

    def drain_once(self) -> int:
        """One round over every box; the number of records taken. 0 means that nothing waits.

        Raises:
            LedgerDown: the ledger takes nothing just now; nothing is lost, call again later.
        """
        if self._marks is None:
            self._marks = dict(self._ledger.marks())
        self._readers = readers(self._folder, self._readers)
        taken = 0
        for reader in list(self._readers.values()):
            try:
                orphan = reader.take_over()
                taken += self._drain(reader) if orphan is None else self._finish(orphan)
                self._unreadable.discard(reader.name)
            except (sqlite3.Error, OSError) as error:
                reader.close()
                self._skip(reader.name, error)
        self._flag_found()
        return taken

    def _skip(self, box: str, error: Exception) -> None:
        """A box that cannot be read stays as it is and must not stop the others; the log says so once."""
        if box not in self._unreadable:
            self._unreadable.add(box)
            log.error("the box %s cannot be used (%s); it stays, and is tried again", box, error)

    def _flag_found(self) -> None:
        """Set the earlier events of visitors aside that were found out to be no people."""
        while self._pace.found:
            site, visitor, since = self._pace.found[-1]
            changed = self._ledger.flag_visitor(site, visitor, "behaviour", since, self._clock())
            self._pace.found.pop()
            log.info("site %d: a visitor that only opened page after page was set aside, %d events", site, changed)
            self._loaded(frozenset((site,)))

    def drain_all(self) -> None:
        """Rounds until nothing waits."""
        while self.drain_once():
            pass

    def tidy(self) -> None:
        """Let the ledger go of what is too old, and of the marks of boxes that are gone; may raise LedgerDown."""
        self._ledger.tidy(list(self._readers), self._clock())
        self.drop_marks()

    def drop_marks(self) -> None:
        """Let the ledger go of the marks of boxes that were removed: their names never come again."""
        if self._gone:
            self._ledger.drop_marks(self._gone)
            for name in self._gone:
                (self._marks or {}).pop(name, None)
            self._gone = []

    def close(self) -> None:
        """Close the files."""
        for reader in self._readers.values():
            reader.close()
        self._readers = {}

    def _finish(self, orphan: Orphan) -> int:
        """Drain the box of a worker that is gone, and remove it."""
        taken = 0
        try:
            while more := self._drain(orphan):
                taken += more
            if orphan.empty_after(self._mark(orphan)):
                orphan.remove()
                self._gone.append(orphan.name)
                self._readers.pop(orphan.name, None)
        finally:
            orphan.release()
        return taken

    def _mark(self, reader: BoxReader) -> int:
        return (self._marks or {}).get(reader.name, 0)

    def _drain(self, reader: BoxReader) -> int:
        """Take one chunk of a box."""
        rows = reader.read(self._mark(reader), CHUNK)
        if not rows:
            reader.tell(self._mark(reader))  # where a full disk did not take it before
        start = 0
        while start < len(rows):
            works: list[Work] = []
            size = 0
            while start < len(rows) and size < EVENTS:
                works.append(self._work(*rows[start]))
                size += len(works[-1].events)
                start += 1
            self._store(reader.name, works)
            reader.tell(self._mark(reader))
        return len(rows)

    def _work(self, seq: int, body: bytes) -> Work:
        """Run the steps over a record; one that cannot be worked through is quarantined as it is."""
        if not body:
            return Work(seq, body, None, (), (), 0)
        site: int | None = None
        held = 1  # what cannot be read counts as one event
        try:
            record = decode(body)
            site, held = record.site, len(record.events) + len(record.quarantined)
            rules = self._rules.rules(site)
            if rules is None:
                if site in self._ledger.deleted_sites():
                    return Work(seq, b"", None, (), (), 0)  # sent while the site was being deleted
                return Work(seq, body, None, (), [(_masked(body), "unknown_site", held)], held)
            browser = record.mode in _BROWSERS
            aside = [(event_aside(record, text, reason), reason, 1) for text, reason in record.quarantined]
            return Work(seq, body, site, self._events(record, rules), aside, held, record.received, browser)
        except LedgerDown:
            raise
        except Exception as error:
            log.exception("record %d cannot be worked through", seq)
            return Work(seq, body, site, (), [(_masked(body), type(error).__name__, held)], held)

    def _events(self, record: Record, rules: SiteRules) -> list[Event]:
        arrival = Arrival(
            rules,
            self._bots,
            record.received,
            record.sent,
            self._visitor(record),
            record.user_agent,
            record.hints,
            record.mode == "server",
            self._ahead(record),
            record.mode == "relay",
        )
        return [make_event(raw, arrival) for raw in record.events]

    def _visitor(self, record: Record) -> str:
        if record.mode != "cookieless":
            return record.visitor
        return self._overnight.visitor(record.site, record.visitor, record.before, record.received)

    def _ahead(self, record: Record) -> int | None:
        if record.sent is None or record.mode == "server" or not record.visitor:
            return None
        return self._clocks.ahead(record.site, record.visitor, record.received, record.sent)

    def _store(self, box: str, works: Sequence[Work]) -> None:
        """Append a chunk with its mark; a chunk that fails is taken record by record."""
        try:
            self._append(box, works)
        except LedgerDown:
            # A full disk may still take a small write: what fails so is never the records' fault.
            raise
        except Exception:
            log.exception("a chunk of %d records failed; taking them one by one", len(works))
            for work in works:
                self._store_alone(box, work)

    def _store_alone(self, box: str, work: Work) -> None:
        for pause in PAUSES:
            try:
                self._append(box, [work])
            except LedgerDown:
                raise
            except Exception as error:  # noqa: BLE001 - one record must not stop the others
                reason = type(error).__name__
                time.sleep(pause)
            else:
                return
        log.error("record %d of box %s cannot be stored (%s): quarantined", work.seq, box, reason)
        self._append(
            box,
            [Work(work.seq, work.body, work.site, (), [(_masked(work.body), reason, work.accepted)], work.accepted)],
        )

    def _append(self, box: str, works: Sequence[Work]) -> None:
        """Events, what goes to quarantine, and the mark in one transaction: a crash repeats or loses nothing."""
        now = self._clock()
        by_site: dict[int, list[Event]] = {}
        for work in works:
            if work.site is not None and work.events:
                if work.browser:
                    self._pace.flag(work.site, work.events)
                by_site.setdefault(work.site, []).extend(work.events)
        aside = [
            SetAside(work.site, raw, reason, now, held) for work in works for raw, reason, held in work.quarantined
        ]
        accepted: Counter[int] = Counter()
        for work in works:
            accepted[work.site or 0] += work.accepted
        seq = works[-1].seq
        try:
            self._ledger.append_marked(list(by_site.items()), Mark(box, seq, now, accepted), aside)
        except LedgerDown:
            # Whether the commit was made before the connection broke, only the ledger knows.
            self._marks = None
            raise
        if self._marks is not None:
            self._marks[box] = seq
        for work in works:
            if work.browser and work.site is not None:
                self._pace.note(work.site, work.events)
        received = [work.received for work in works if work.received]
        if received:
            self._lag((self._clock() - min(received)) / SECOND)
        if by_site:
            self._loaded(frozenset(by_site))
