"""The ledger over SQL: the verbs of `protocol.Ledger`, each handed to the module that knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from collector.core.event import Agent, Event, Json, Kind, Source
from collector.core.stored import StoredEvent
from collector.store import accounts, admin, aside, forget, people, reading, traits, upkeep
from collector.store.append import AGENT_SITE, Appender
from collector.store.clean import clean_text
from collector.store.dictionaries import COLUMNS, read_agent, read_kind, read_source
from collector.store.engine import Engine, Row
from collector.store.protocol import (
    BOT_REASONS,
    Appended,
    AsideReason,
    Change,
    Columns,
    Crowd,
    LinkRow,
    Mark,
    Outcome,
    PersonRow,
    Quarantined,
    SetAside,
    VisitorRow,
)
from collector.store.verbs import SqlPrivacy

MIGRATIONS = Path(__file__).parent / "migrations"


class SqlLedger(SqlPrivacy):
    """A `Ledger` in SQLite or Postgres."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._appender = Appender(engine)

    @property
    def bot_reasons(self) -> Sequence[str]:
        return BOT_REASONS

    def migrate(self) -> None:
        self.engine.migrate(MIGRATIONS, "ledger_migration")

    def close(self) -> None:
        self.engine.close()

    # -- writing
    def append(self, site: int, events: Sequence[Event], mark: Mark | None = None) -> Appended:
        return self._appender.append([(site, events)], mark)

    def append_marked(
        self, batches: Sequence[tuple[int, Sequence[Event]]], mark: Mark, aside: Sequence[SetAside] = ()
    ) -> Appended:
        return self._appender.append(batches, mark, aside)

    def marks(self) -> Mapping[str, int]:
        return dict(self.engine.rows("SELECT inbox, seq FROM mark"))

    def drop_marks(self, inboxes: Sequence[str]) -> None:
        upkeep.drop_marks(self.engine, inboxes)

    def tidy(self, inboxes: Sequence[str], now: int) -> None:
        upkeep.tidy(self.engine, inboxes, now)

    def link(self, site: int, visitor: str, user: str, now: int, reason: str = "admin") -> None:
        admin.link(self.engine, site, visitor, user, now, reason)

    def unlink(self, site: int, visitor: str, now: int) -> None:
        admin.unlink(self.engine, site, visitor, now)

    def forget(self, site: int, visitors: Sequence[int], now: int) -> Mapping[str, int]:
        return forget.forget(self.engine, site, visitors, now)

    def quarantine(self, site: int | None, raw: bytes, reason: str, now: int) -> None:
        aside.quarantine(self.engine, site, raw, reason, now)

    def quarantined(
        self, site: int | None = None, after: int = 0, limit: int = 100, reason: str | None = None
    ) -> Sequence[Quarantined]:
        return aside.quarantined(self.engine, site, after, limit, reason)

    def quarantine_reasons(self, site: int) -> Sequence[AsideReason]:
        return aside.reasons(self.engine, site)

    def quarantine_sizes(self) -> Sequence[tuple[int, int]]:
        return aside.sizes(self.engine)

    def release(self, ids: Sequence[int]) -> int:
        return aside.release(self.engine, ids)

    def outcomes(self, site: int | None = None, since: int = 0) -> Sequence[Outcome]:
        return accounts.outcomes(self.engine, site, since)

    def sizes(self) -> Mapping[str, int]:
        return self.engine.sizes()

    def migrated(self) -> bool:
        return not self.engine.pending(MIGRATIONS, "ledger_migration")

    # -- reading
    def head(self, site: int) -> int:
        row = self.engine.row("SELECT max(id) FROM event WHERE site = ?", (site,))
        return int(row[0] or 0) if row else 0

    def scan(self, site: int, after: int, limit: int) -> Columns:
        return self.engine.scan("site = ? AND id > ?", (site, after), limit)

    def scan_visitors(self, site: int, visitors: Sequence[int]) -> Columns:
        where = f"site = ? AND {self.engine.within('visitor')}"
        return self.engine.scan(where, (site, self.engine.many([int(number) for number in visitors])), None)

    def kinds(self, site: int, after: int = 0) -> Sequence[tuple[int, Kind]]:
        return [(row[0], read_kind(row[1:])) for row in self._dictionary("kind", site, after)]

    def pages(self, site: int, after: int = 0) -> Sequence[tuple[int, str, str]]:
        return [(row[0], row[1], row[2]) for row in self._dictionary("page", site, after)]

    def sources(self, site: int, after: int = 0) -> Sequence[tuple[int, Source]]:
        rows = self._dictionary("source", site, after)
        return [(row[0], read_source(row[1:]) or Source()) for row in rows]

    def agents(self, after: int = 0) -> Sequence[tuple[int, Agent]]:
        rows = self._dictionary("agent", AGENT_SITE, after)
        return [(row[0], read_agent(row[1:]) or Agent()) for row in rows]

    def _dictionary(self, table: str, site: int, after: int) -> list[Row]:
        columns = ", ".join(COLUMNS[table])
        query = f"SELECT id, {columns} FROM {table} WHERE site = ? AND id > ? ORDER BY id"  # noqa: S608 - names of ours
        return self.engine.rows(query, (site, after))

    def visitors(self, site: int, after: int = 0) -> Sequence[VisitorRow]:
        rows = self.engine.rows("SELECT id, key FROM visitor WHERE site = ? AND id > ? ORDER BY id", (site, after))
        return [VisitorRow(*row) for row in rows]

    def visitor_ids(self, site: int, keys: Sequence[str]) -> Mapping[str, int]:
        """The rows of those of `keys` that are known."""
        query = f"SELECT key, id FROM visitor WHERE site = ? AND {self.engine.within('key', 'text')}"  # noqa: S608
        return dict(self.engine.rows(query, (site, self.engine.many([clean_text(key) for key in keys]))))

    def person_ids(self, site: int, users: Sequence[str]) -> Mapping[str, int]:
        query = f"SELECT user_id, id FROM person WHERE site = ? AND {self.engine.within('user_id', 'text')}"  # noqa: S608
        return dict(self.engine.rows(query, (site, self.engine.many([clean_text(user) for user in users]))))

    def persons(self, site: int, after: int = 0) -> Sequence[tuple[int, str]]:
        rows = self.engine.rows("SELECT id, user_id FROM person WHERE site = ? AND id > ? ORDER BY id", (site, after))
        return [(row[0], row[1]) for row in rows]

    def visitor_keys(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        query = f"SELECT id, key FROM visitor WHERE site = ? AND {self.engine.within('id')}"  # noqa: S608
        return dict(self.engine.rows(query, (site, self.engine.many(list(ids)))))

    def user_ids(self, site: int, ids: Sequence[int]) -> Mapping[int, str]:
        query = f"SELECT id, user_id FROM person WHERE site = ? AND {self.engine.within('id')}"  # noqa: S608
        return dict(self.engine.rows(query, (site, self.engine.many(list(ids)))))

    def search(self, site: int, text: str, limit: int) -> tuple[Sequence[int], Sequence[int]]:
        escaped = clean_text(text).replace("!", "!!").replace("%", "!%").replace("_", "!_")
        found = [
            self.engine.rows(
                f"SELECT id FROM {table} WHERE site = ? "  # noqa: S608 - names of ours
                f"AND lower({column}) LIKE lower(?) ESCAPE '!' ORDER BY id LIMIT ?",
                (site, f"%{escaped}%", limit),
            )
            for table, column in (("person", "user_id"), ("visitor", "key"))
        ]
        return [row[0] for row in found[0]], [row[0] for row in found[1]]

    def links(self, site: int, visitors: Sequence[int] | None = None) -> Sequence[LinkRow]:
        query = "SELECT id, visitor, person, time, reason FROM link WHERE site = ?"
        if visitors is None:
            return [LinkRow(*row) for row in self.engine.rows(f"{query} ORDER BY id", (site,))]
        query = f"{query} AND {self.engine.within('visitor')} ORDER BY id"
        return [LinkRow(*row) for row in self.engine.rows(query, (site, self.engine.many(list(visitors))))]

    def changes(self, site: int, after: int) -> Sequence[Change]:
        query = "SELECT id, kind, visitor FROM change WHERE site = ? AND id > ? ORDER BY id"
        return [Change(*row) for row in self.engine.rows(query, (site, after))]

    def property_values(self, site: int, name: str, after: int, upto: int) -> Iterator[tuple[int, Json]]:
        return reading.property_values(self.engine, site, name, after, upto)

    def property_names(self, site: int, limit: int = 200) -> Sequence[str]:
        return reading.property_names(self.engine, site, limit)

    def person(self, site: int, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
        return people.person(self.engine, site, key)

    def trait_values(self, site: int, name: str) -> Mapping[int, Json]:
        return traits.trait_values(self.engine, site, name)

    def trait_names(self, site: int, limit: int = 200) -> Sequence[str]:
        return traits.trait_names(self.engine, site, limit)

    def crowds(self, site: int, least: int, limit: int = 20) -> Sequence[Crowd]:
        return people.crowds(self.engine, site, least, limit)

    def link_reasons(self, site: int, since: int) -> Mapping[str, int]:
        return people.link_reasons(self.engine, site, since)

    def cookieless(self, site: int, after: int = 0) -> tuple[Sequence[int], int]:
        return people.cookieless(self.engine, site, after)

    def timeline(
        self, visitors: Sequence[int], before: tuple[int, int] | None = None, limit: int = 500
    ) -> Sequence[StoredEvent]:
        return reading.timeline(self.engine, visitors, before, limit)

    def export(self, site: int, after: int = 0, limit: int = 5_000) -> Sequence[tuple[StoredEvent, str]]:
        return reading.export(self.engine, site, after, limit)

    def counts(self, site: int) -> Mapping[str, int]:
        return admin.counts(self.engine, site)

    def last_event(self, site: int) -> StoredEvent | None:
        return reading.last_event(self.engine, site)
