"""The small tables of what events repeat: kinds, pages, sources and agents, with their ids kept in memory."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from collector.core.event import IDENTIFY, PAGE, Agent, Event, Kind, Source
from collector.store.clean import clean_text
from collector.store.engine import Engine, Row

Entry = tuple[str | int, ...]
NONE = -1
COLUMNS = {
    "kind": ("type", "name", "target"),
    "page": ("url", "path", "title"),
    "source": ("channel", "source", "medium", "campaign", "term", "content", "campaign_mark"),
    "agent": ("device", "os", "browser"),
}
# Entries kept in memory a table, and how many characters of one: some 70 MB at worst, whatever anybody sends.
CACHE_LIMIT = 100_000
LONGEST = 500


def kind_entry(event: Event) -> Entry:
    """The row of `kind` that an event belongs to. An identify's name is a person's id, which is kept in `person`."""
    if event.type == IDENTIFY:
        return (IDENTIFY, "", "")
    return (event.type, event.path if event.type == PAGE else event.name, event.target)


def page_entry(event: Event) -> Entry | None:
    """The row of `page` that an event belongs to, None where it happened on no page."""
    return (event.url, event.path, event.title) if event.url or event.path else None


def source_entry(source: Source | None) -> Entry | None:
    """The row of `source` for a source."""
    if source is None:
        return None
    return (
        source.channel,
        source.source,
        source.medium,
        source.campaign,
        source.term,
        source.content,
        int(source.campaign_mark),
    )


def agent_entry(agent: Agent | None) -> Entry | None:
    """The row of `agent` for an agent."""
    return None if agent is None else (agent.device, agent.os, agent.browser)


def read_kind(row: Row) -> Kind:
    """The kind in (type, name, target)."""
    return Kind(row[0], row[1], row[2])


def read_source(row: Row) -> Source | None:
    """The source in a row of `COLUMNS["source"]`; None for the nulls of an outer join."""
    if row[0] is None:
        return None
    return Source(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))


def read_agent(row: Row) -> Agent | None:
    """The agent in (device, os, browser); None for the nulls of an outer join."""
    return None if row[0] is None else Agent(row[0], row[1], row[2])


def clean_entry(entry: Entry) -> Entry:
    """The entry as the tables hold it."""
    return tuple(clean_text(part) if isinstance(part, str) else part for part in entry)


def _digest(entry: Entry) -> str:
    # Entries can be longer than an index of Postgres may hold (2,704 bytes), so the index is over a hash.
    return blake2b("\x1f".join(map(str, entry)).encode(), digest_size=16).hexdigest()


def _length(entry: Entry) -> int:
    return sum(len(part) for part in entry if isinstance(part, str))


class Dictionary:
    """Ids of one table's rows. What a transaction adds is remembered only once it has been committed."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self._table = table
        self._known: dict[tuple[int, Entry], int] = {}
        self._fresh: dict[tuple[int, Entry], int] = {}

    def ids(self, site: int, entries: Iterable[Entry]) -> dict[Entry, int]:
        """The id of each entry, made where it is new; call it inside `Engine.writing`."""
        found: dict[Entry, int] = {}
        missing: list[Entry] = []
        for entry in set(entries):
            number = self._known.get((site, entry)) or self._fresh.get((site, entry))
            if number is None:
                missing.append(entry)
            else:
                found[entry] = number
        if missing:
            found |= self._store(site, missing)
        return found

    def _store(self, site: int, entries: list[Entry]) -> dict[Entry, int]:
        clean = {entry: clean_entry(entry) for entry in entries}
        digests = {entry: _digest(row) for entry, row in clean.items()}
        columns = COLUMNS[self._table]
        self._engine.run_many(
            f"INSERT INTO {self._table} (site, digest, {', '.join(columns)}) "  # noqa: S608 - names of ours
            f"VALUES (?, ?{', ?' * len(columns)}) ON CONFLICT (site, digest) DO NOTHING",
            [(site, digests[entry], *clean[entry]) for entry in sorted(entries, key=str)],
        )
        rows = self._engine.rows(
            f"SELECT digest, id FROM {self._table} WHERE site = ? AND {self._engine.within('digest', 'text')}",  # noqa: S608
            (site, self._engine.many(sorted(set(digests.values())))),
        )
        by_digest: dict[str, int] = dict(rows)
        stored = {entry: by_digest[digest] for entry, digest in digests.items()}
        self._fresh.update({(site, entry): number for entry, number in stored.items()})
        return stored

    def committed(self) -> None:
        """Keep what the transaction added."""
        if len(self._known) + len(self._fresh) > CACHE_LIMIT:
            self._known.clear()
        self._known.update({key: number for key, number in self._fresh.items() if _length(key[1]) <= LONGEST})
        self._fresh.clear()

    def rolled_back(self) -> None:
        """Forget what the transaction added."""
        self._fresh.clear()

    def clear(self) -> None:
        """Forget everything: rows may have been erased."""
        self._known.clear()
        self._fresh.clear()
