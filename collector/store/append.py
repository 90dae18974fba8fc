"""The way into the ledger: events to rows, many at a time, in one transaction with the mark."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from collector.core.event import Event
from collector.store import accounts, consent, flags
from collector.store.accounts import Account
from collector.store.aside import AsideRoom, set_aside
from collector.store.clean import clean_text, json_text
from collector.store.deletion import deleted_sites
from collector.store.dictionaries import (
    COLUMNS,
    NONE,
    Dictionary,
    Entry,
    agent_entry,
    clean_entry,
    kind_entry,
    page_entry,
    source_entry,
)
from collector.store.engine import Engine
from collector.store.identity import Claims
from collector.store.protocol import BOT_REASONS, Appended, Mark, SetAside
from collector.store.suppress import Suppressed

_BOTS = {reason: number for number, reason in enumerate(BOT_REASONS)}
# Changes after which what an appender remembers may be gone: dictionary rows, and who is refused.
_ERASURES = " UNION ALL ".join(
    (
        "SELECT max(id) FROM change WHERE kind = 'forget'",
        "SELECT max(id) FROM change WHERE kind = 'trim'",
        "SELECT max(id) FROM change WHERE kind = 'lift'",
        "SELECT count(*) FROM deleted_site",
    )
)
AGENT_SITE = 0  # agents are the same for every site


def _alike(event: Event, kind: Entry | None, created: int | None) -> bool:
    """Whether an event says what the one with its id says: the same thing at the same time by the device's clock.

    Our own time of it differs from retry to retry, because the request arrives anew.
    """
    if event.created is not None and created is not None and event.created != created:
        return False
    return kind is None or clean_entry(kind_entry(event)) == kind


class Appender:
    """Writes events. One a process and database: it remembers the ids of dictionary rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dictionaries = {table: Dictionary(engine, table) for table in COLUMNS}
        self._erasures: tuple[int, ...] = ()
        self._deleted: frozenset[int] = frozenset()
        self._suppressed = Suppressed(engine)
        self._room = AsideRoom(engine)

    def append(
        self, batches: Sequence[tuple[int, Sequence[Event]]], mark: Mark | None, aside: Sequence[SetAside] = ()
    ) -> Appended:
        """Store every batch (site, events), what goes to quarantine, the counts and the mark in one transaction."""
        account: Account = Counter()
        with self._engine.serial:
            # Left by an append that was rolled back, or by a fork in the middle of one: it was never committed.
            for dictionary in self._dictionaries.values():
                dictionary.rolled_back()
            try:
                with self._engine.writing():
                    self._heed_erasures()
                    for site, events in batches:
                        if events:
                            self._append_site(site, events, account)
                    self._set_aside(aside, account)
                    if mark is not None:
                        self._save(mark, account)
            except BaseException:
                self._room.forget()
                raise
            for dictionary in self._dictionaries.values():
                dictionary.committed()
        ends = Counter[str]()
        for (_, outcome, _), number in account.items():
            ends[outcome] += number
        return Appended(
            ends[accounts.STORED] + ends[accounts.FLAGGED], ends[accounts.DUPLICATE], ends[accounts.REFUSED]
        )

    def _save(self, mark: Mark, account: Account) -> None:
        for site, number in mark.accepted.items():
            account[site, accounts.ACCEPTED, ""] += number
        accounts.add(self._engine, account, mark.time)
        self._engine.run(
            "INSERT INTO mark (inbox, seq, time) VALUES (?, ?, ?) "
            "ON CONFLICT (inbox) DO UPDATE SET seq = excluded.seq, time = excluded.time",
            (mark.inbox, mark.seq, mark.time),
        )

    def _set_aside(self, things: Sequence[SetAside], account: Account) -> None:
        if not things:
            return
        welcome: list[SetAside] = []
        for thing in things:
            if thing.site in self._deleted:
                account[thing.site or 0, accounts.REFUSED, accounts.DELETED] += thing.events
            elif self._suppressed.named(thing):
                account[thing.site or 0, accounts.REFUSED, accounts.ERASED] += thing.events
            else:
                welcome.append(thing)
        kept, late = self._room.fitting(welcome)
        for thing in kept[: set_aside(self._engine, kept)]:
            account[thing.site or 0, accounts.QUARANTINED, clean_text(thing.reason)] += thing.events
        for thing in late:
            account[thing.site or 0, accounts.QUARANTINED, accounts.NO_ROOM] += thing.events

    def _heed_erasures(self) -> None:
        # An erasure, also by another process, may have removed dictionary rows that are remembered here.
        latest = tuple(row[0] or 0 for row in self._engine.rows(_ERASURES))
        if latest != self._erasures:
            self._erasures = latest
            self._suppressed.forget()
            self._deleted = deleted_sites(self._engine)
            for dictionary in self._dictionaries.values():
                dictionary.clear()

    def _append_site(self, site: int, events: Sequence[Event], account: Account) -> None:
        if site in self._deleted:
            account[site, accounts.REFUSED, accounts.DELETED] += len(events)
            return
        events, refused = self._suppressed.split(site, events)
        account[site, accounts.REFUSED, accounts.ERASED] += refused
        fresh = self._new_events(site, events, account)
        if not fresh:
            return
        new = [event for _, event in fresh]
        claims = Claims(self._engine, site, new)
        kinds, pages, sources, agents = self._entries(site, new)
        places = [claims.place(event) for event in new]
        flags.pardon(self._engine, new, places)
        rows = []
        for (uid, event), place in zip(fresh, places, strict=True):
            page, source, agent = page_entry(event), source_entry(event.source), agent_entry(event.agent)
            value = event.value
            rows.append(
                (
                    site,
                    uid,
                    place,
                    event.time,
                    event.received,
                    event.created,
                    event.sent,
                    kinds[kind_entry(event)],
                    NONE if page is None else pages[page],
                    NONE if source is None else sources[source],
                    NONE if agent is None else agents[agent],
                    _BOTS[event.bot],
                    value if value is not None and math.isfinite(value) else None,
                    clean_text(event.query),
                    clean_text(event.referrer),
                    clean_text(event.pageview),
                    json_text(event.props) if event.props else None,
                )
            )
        claims.save()
        consent.save(self._engine, site, new)
        flags.save(self._engine, site, new, places)
        inserted = self._engine.insert_events(rows)
        bots = Counter(event.bot for _, event in fresh)
        self._count(site, Counter({_BOTS[reason]: number for reason, number in bots.items()}))
        # What the database took and is no bot's: an event that got lost on the way here is missing in the sum.
        account[site, accounts.STORED, ""] += inserted - bots.total() + bots.pop("", 0)
        for reason, number in bots.items():
            account[site, accounts.FLAGGED, reason] += number

    def _new_events(self, site: int, events: Sequence[Event], account: Account) -> list[tuple[object, Event]]:
        """The events whose id is new, the first of each; a repeated one must not even move a visitor."""
        by_uid: dict[object, Event] = {}
        for event in events:
            uid = self._engine.uid(event.id)
            first = by_uid.setdefault(uid, event)
            if first is not event:
                same = _alike(event, clean_entry(kind_entry(first)), first.created)
                account[site, accounts.DUPLICATE, "" if same else accounts.CONFLICT] += 1
        known = self._engine.known_events(site, list(by_uid))
        if known:
            kinds = self._kinds({kind for _, kind, _ in known})
            for uid, kind, created in known:
                same = _alike(by_uid.pop(uid), kinds.get(kind), created)
                account[site, accounts.DUPLICATE, "" if same else accounts.CONFLICT] += 1
        return list(by_uid.items())

    def _kinds(self, ids: set[int]) -> dict[int, Entry]:
        query = f"SELECT id, type, name, target FROM kind WHERE {self._engine.within('id')}"  # noqa: S608
        return {row[0]: tuple(row[1:]) for row in self._engine.rows(query, (self._engine.many(sorted(ids)),))}

    def _entries(self, site: int, events: Sequence[Event]) -> list[dict[tuple[str | int, ...], int]]:
        dictionaries = self._dictionaries
        pages = {page_entry(event) for event in events}
        # Few different objects stand behind many events: ingest shares them.
        sources = {source_entry(source) for source in {event.source for event in events}}
        agents = {agent_entry(agent) for agent in {event.agent for event in events}}
        return [
            dictionaries["kind"].ids(site, {kind_entry(event) for event in events}),
            dictionaries["page"].ids(site, {entry for entry in pages if entry is not None}),
            dictionaries["source"].ids(site, {entry for entry in sources if entry is not None}),
            dictionaries["agent"].ids(AGENT_SITE, {entry for entry in agents if entry is not None}),
        ]

    def _count(self, site: int, bots: Counter[int]) -> None:
        self._engine.run_many(
            "INSERT INTO tally (site, bot, events) VALUES (?, ?, ?) "
            "ON CONFLICT (site, bot) DO UPDATE SET events = tally.events + excluded.events",
            [(site, bot, number) for bot, number in sorted(bots.items())],
        )
