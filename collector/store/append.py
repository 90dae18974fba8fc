"""The way into the ledger: events to rows, many at a time, in one transaction with the mark."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from collector.core.event import Event
from collector.store.admin import set_aside
from collector.store.clean import clean_text, json_text
from collector.store.dictionaries import (
    COLUMNS,
    NONE,
    Dictionary,
    agent_entry,
    kind_entry,
    page_entry,
    source_entry,
)
from collector.store.engine import Engine
from collector.store.identity import Claims
from collector.store.protocol import BOT_REASONS, Appended, Mark, SetAside

_BOTS = {reason: number for number, reason in enumerate(BOT_REASONS)}
AGENT_SITE = 0  # agents are the same for every site


class Appender:
    """Writes events. One a process and database: it remembers the ids of dictionary rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dictionaries = {table: Dictionary(engine, table) for table in COLUMNS}
        self._erasures = 0

    def append(
        self, batches: Sequence[tuple[int, Sequence[Event]]], mark: Mark | None, aside: Sequence[SetAside] = ()
    ) -> Appended:
        """Store every batch (site, events), what goes to quarantine, and the mark in one transaction."""
        stored = total = 0
        with self._engine.serial:
            # Left by an append that was rolled back, or by a fork in the middle of one: it was never committed.
            for dictionary in self._dictionaries.values():
                dictionary.rolled_back()
            with self._engine.writing():
                self._heed_erasures()
                for site, events in batches:
                    total += len(events)
                    stored += self._append_site(site, events) if events else 0
                set_aside(self._engine, aside)
                if mark is not None:
                    self._engine.run(
                        "INSERT INTO mark (inbox, seq) VALUES (?, ?) "
                        "ON CONFLICT (inbox) DO UPDATE SET seq = excluded.seq",
                        (mark.inbox, mark.seq),
                    )
            for dictionary in self._dictionaries.values():
                dictionary.committed()
        return Appended(stored, total - stored)

    def _heed_erasures(self) -> None:
        # An erasure, also by another process, may have removed dictionary rows that are remembered here.
        row = self._engine.row("SELECT max(id) FROM change WHERE kind = 'forget'")
        latest = row[0] or 0 if row else 0
        if latest != self._erasures:
            self._erasures = latest
            for dictionary in self._dictionaries.values():
                dictionary.clear()

    def _append_site(self, site: int, events: Sequence[Event]) -> int:
        fresh = self._new_events(site, events)
        if not fresh:
            return 0
        claims = Claims(self._engine, site, [event for _, event in fresh])
        kinds, pages, sources, agents = self._entries(site, [event for _, event in fresh])
        rows = []
        for uid, event in fresh:
            page, source, agent = page_entry(event), source_entry(event.source), agent_entry(event.agent)
            value = event.value
            rows.append(
                (
                    site,
                    uid,
                    claims.place(event),
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
        self._engine.insert_events(rows)
        self._count(site, Counter(_BOTS[event.bot] for _, event in fresh))
        return len(rows)

    def _new_events(self, site: int, events: Sequence[Event]) -> list[tuple[object, Event]]:
        """The events whose id is new, the first of each; a repeated one must not even move a visitor."""
        by_uid: dict[object, Event] = {}
        for event in events:
            by_uid.setdefault(self._engine.uid(event.id), event)
        for uid in self._engine.known_uids(site, list(by_uid)):
            del by_uid[uid]
        return list(by_uid.items())

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
