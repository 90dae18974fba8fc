"""The benchmarks' events written straight into a SQLite ledger, for a server that has a long past."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.data import ArrayLedger
from benchmarks.vocabulary import AGENTS, KINDS, PAGES, SOURCES

_AT_ONCE = 100_000


def fill(database: Path, site: int, events: ArrayLedger) -> None:
    """Write all events and what they refer to; the ledger is migrated and holds nothing else."""
    db = sqlite3.connect(database)
    db.execute("PRAGMA synchronous = OFF")
    with db:
        _many(db, "visitor (id, site, key)", ((n, site, f"v_{n:032x}") for n in range(1, events.visitors + 1)))
        kinds = ((n, site, f"bench-{n}", k.type, k.name, k.target) for n, k in enumerate(KINDS, 1))
        _many(db, "kind (id, site, digest, type, name, target)", kinds)
        pages = ((n, site, f"bench-{n}", f"https://shop.example{path}", path, "") for n, path in enumerate(PAGES, 1))
        _many(db, "page (id, site, digest, url, path, title)", pages)
        _many(
            db,
            "source (id, site, digest, channel, source, medium, campaign, term, content, campaign_mark)",
            (
                (n, site, f"bench-{n}", s.channel, s.source, s.medium, s.campaign, "", "", int(s.campaign_mark))
                for n, s in enumerate(SOURCES, 1)
            ),
        )
        agents = ((n, 0, f"bench-{n}", a.device, a.os, a.browser) for n, a in enumerate(AGENTS, 1))
        _many(db, "agent (id, site, digest, device, os, browser)", agents)
        columns = "id, site, uid, visitor, time, received, kind, page, source, agent, bot, value"
        _many(db, f"event ({columns}, query, referrer, pageview)", _events(site, events))
    db.close()


def _many(db: sqlite3.Connection, into: str, rows: Iterable[tuple[object, ...]]) -> None:
    places = ", ".join("?" * (into.count(",") + 1))
    db.executemany(f"INSERT INTO {into} VALUES ({places})", rows)


def _events(site: int, events: ArrayLedger) -> Iterator[tuple[object, ...]]:
    after = 0
    while len((some := events.scan(site, after, _AT_ONCE)).id):
        after = int(some.id[-1])
        numbers = some.id.tolist()
        uids = [number.to_bytes(16, "big") for number in numbers]
        # SQLite keeps NaN as NULL.
        columns = (some.visitor, some.time, some.time, some.kind, some.page, some.source, some.agent, some.bot)
        for number, uid, *row in zip(
            numbers, uids, *(column.tolist() for column in (*columns, some.value)), strict=True
        ):
            yield (number, site, uid, *row, "", "", "")
