"""Old data is let go of in small transactions, so that whoever appends never waits long (REQUIREMENTS E5)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from collector.store import flags
from collector.store.engine import Engine
from collector.store.identity import CHANGE
from collector.store.privacy import RetentionRun
from collector.store.seats import give_back

# Rows of one transaction: some 50 ms of an append's patience on a slow disk.
BATCH = 2_000
# Ids that one look for old events covers: reading holds nobody up, but a statement should end soon.
SPAN = 100_000
SHARED = ("kind", "page", "source")
T = TypeVar("T")
# Whoever has no event from an instant on, and is not the name of a device on which somebody else has.
_IDLE = (
    "FROM visitor v WHERE v.site = ? AND NOT EXISTS (SELECT 1 FROM event e WHERE e.visitor = v.id AND e.time >= ?) "
    "AND (v.current = 0 OR NOT EXISTS (SELECT 1 FROM event e WHERE e.visitor = v.current AND e.time >= ?))"
)
_FOR_EVER = -(2**62)


class _Stopped(Exception):  # noqa: N818 - the caller's wish, not an error
    """Told to stop between two transactions."""


def old_counts(engine: Engine, site: int, before: int) -> Mapping[str, int]:
    """What `expire` would remove, by table."""

    def number(query: str, *params: object) -> int:
        row = engine.row(query, params)
        return int(row[0]) if row else 0

    idle = f"SELECT v.id {_IDLE}"
    linked = f"FROM link l WHERE l.visitor IN ({idle})"
    return {
        "event": number("SELECT count(*) FROM event WHERE site = ? AND time < ?", site, before),
        "visitor": number(f"SELECT count(*) {_IDLE}", site, before, before),
        "link": number(f"SELECT count(*) {linked}", site, before, before),
        "person": number(
            f"SELECT count(DISTINCT l.person) {linked} AND NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM link o WHERE o.person = l.person AND o.visitor NOT IN ({idle}))",
            *(site, before, before) * 2,
        ),
        "quarantine": number("SELECT count(*) FROM quarantine WHERE site = ? AND time < ?", site, before),
        "consent": number(
            "SELECT count(*) FROM consent c WHERE c.site = ? AND c.time < ? AND NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM visitor v WHERE v.site = c.site AND v.key = c.visitor AND v.id NOT IN ({idle}))",
            *(site, before, site, before, before),
        ),
    }


def expire(
    engine: Engine, site: int, before: int, now: int, pause: Callable[[], bool] | None = None
) -> Mapping[str, int]:
    """Remove what is older than `before`, and what is nobody's then; rows by table."""
    counts: Counter[str] = Counter(event=0, visitor=0, link=0, person=0, quarantine=0, consent=0)
    with engine.erasing():
        try:
            _Run(engine, site, before, now, pause, counts).all()
        except _Stopped:
            return dict(counts)
        with engine.writing():
            engine.run(
                "INSERT INTO retention_run (site, time, before, counts) VALUES (?, ?, ?, ?) ON CONFLICT (site) DO "
                "UPDATE SET time = excluded.time, before = excluded.before, counts = excluded.counts",
                (site, now, before, json.dumps(counts)),
            )
    return dict(counts)


def last_expiry(engine: Engine, site: int) -> RetentionRun | None:
    """The last complete run."""
    row = engine.row("SELECT time, before, counts FROM retention_run WHERE site = ?", (site,))
    return None if row is None else RetentionRun(row[0], row[1], json.loads(row[2]))


def pieces(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """The items, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class _Run:
    """One pass over a site."""

    def __init__(
        self,
        engine: Engine,
        site: int,
        before: int,
        now: int,
        pause: Callable[[], bool] | None,
        counts: Counter[str],
    ) -> None:
        self._engine, self._site, self._before, self._now = engine, site, before, now
        self._pause, self._counts = pause, counts

    def all(self) -> None:
        """Events first, then who and what is left without any."""
        self._events()
        self._visitors()
        if self._counts["event"] or self._counts["visitor"]:
            self._names()
        self._aside()
        self._consents()

    def _breathe(self) -> None:
        if self._pause is not None and self._pause():
            raise _Stopped

    def _events(self) -> None:
        head = self._engine.row("SELECT max(id) FROM event WHERE site = ?", (self._site,))
        query = "SELECT id FROM event WHERE site = ? AND id > ? AND id <= ? AND time < ?"
        for low in range(0, (head[0] or 0) if head else 0, SPAN):
            rows = self._engine.rows(query, (self._site, low, low + SPAN, self._before))
            for some in pieces([row[0] for row in rows]):
                with self._engine.writing():
                    self._delete_events(some)
                self._breathe()

    def _delete_events(self, ids: Sequence[int]) -> None:
        engine, bound = self._engine, self._engine.many(ids)
        groups = engine.rows(
            f"SELECT visitor, bot, count(*) FROM event WHERE {engine.within('id')} GROUP BY 1, 2",  # noqa: S608
            (bound,),
        )
        bots: Counter[int] = Counter()
        for _, bot, number in groups:
            bots[bot] += number
        engine.run_many(
            "UPDATE tally SET events = events - ? WHERE site = ? AND bot = ?",
            [(number, self._site, bot) for bot, number in sorted(bots.items())],
        )
        engine.run(f"DELETE FROM cleared WHERE {engine.within('event')}", (bound,))  # noqa: S608
        self._counts["event"] += engine.run(f"DELETE FROM event WHERE {engine.within('id')}", (bound,))  # noqa: S608
        visitors = sorted({row[0] for row in groups})
        engine.run_many(CHANGE, [(self._site, "trim", visitor, self._now) for visitor in visitors])

    def _visitors(self) -> None:
        # Whoever came back meanwhile is looked at again inside the transaction.
        rows = self._engine.rows(f"SELECT v.id {_IDLE}", (self._site, _FOR_EVER, _FOR_EVER))
        for some in pieces([row[0] for row in rows]):
            with self._engine.writing():
                self._delete_visitors(some)
            self._breathe()

    def _delete_visitors(self, candidates: Sequence[int]) -> None:
        engine = self._engine
        idle = engine.rows(
            f"SELECT v.id, v.key {_IDLE} AND {engine.within('v.id')}",
            (self._site, _FOR_EVER, _FOR_EVER, engine.many(candidates)),
        )
        if not idle:
            return
        ids = engine.many([row[0] for row in idle])
        persons = engine.rows(f"SELECT DISTINCT person FROM link WHERE {engine.within('visitor')}", (ids,))  # noqa: S608
        self._counts["link"] += engine.run(f"DELETE FROM link WHERE {engine.within('visitor')}", (ids,))  # noqa: S608
        engine.run(f"DELETE FROM claim WHERE {engine.within('visitor')}", (ids,))  # noqa: S608
        flags.drop(engine, ids)
        give_back(engine, self._site, [row[1] for row in idle], ids)
        self._counts["visitor"] += engine.run(f"DELETE FROM visitor WHERE {engine.within('id')}", (ids,))  # noqa: S608
        self._counts["person"] += engine.run(
            f"DELETE FROM person WHERE {engine.within('id')} "  # noqa: S608
            "AND NOT EXISTS (SELECT 1 FROM link WHERE link.person = person.id)",
            (engine.many([row[0] for row in persons]),),
        )
        engine.run_many(CHANGE, [(self._site, "forget", row[0], self._now) for row in idle])

    def _names(self) -> None:
        """Dictionary rows that no event uses: found by reading all, taken out after a look at what came since."""
        engine, site = self._engine, self._site
        for table in SHARED:
            rows = engine.rows(f"SELECT id FROM {table} WHERE site = ? ORDER BY id", (site,))  # noqa: S608 - names of ours
            row = engine.row("SELECT max(id) FROM event WHERE site = ?", (site,))
            head = (row[0] or 0) if row else 0
            used = {row[0] for row in engine.rows(f"SELECT DISTINCT {table} FROM event WHERE site = ?", (site,))}  # noqa: S608
            for some in pieces([row[0] for row in rows if row[0] not in used]):
                with engine.writing():
                    late = engine.rows(f"SELECT DISTINCT {table} FROM event WHERE site = ? AND id > ?", (site, head))  # noqa: S608
                    gone = sorted(set(some) - {row[0] for row in late})
                    self._counts[table] += engine.run(
                        f"DELETE FROM {table} WHERE {engine.within('id')}",  # noqa: S608
                        (engine.many(gone),),
                    )
                    # Appenders remember these rows; a change tells them to look again.
                    engine.run(CHANGE, (site, "trim", 0, self._now))
                self._breathe()
        with engine.writing():
            self._counts["agent_text"] += flags.drop_unused_texts(engine, site)

    def _aside(self) -> None:
        query = "SELECT id FROM quarantine WHERE site = ? AND time < ? ORDER BY id"
        self._delete("quarantine", query)

    def _consents(self) -> None:
        """Proof of consent is needed as long as what it allowed is kept: it goes once its visitor is gone."""
        query = (
            "SELECT id FROM consent c WHERE c.site = ? AND c.time < ? "
            "AND NOT EXISTS (SELECT 1 FROM visitor v WHERE v.site = c.site AND v.key = c.visitor)"
        )
        self._delete("consent", query)

    def _delete(self, table: str, query: str) -> None:
        engine = self._engine
        for some in pieces([row[0] for row in engine.rows(query, (self._site, self._before))]):
            with engine.writing():
                bound = engine.many(some)
                self._counts[table] += engine.run(f"DELETE FROM {table} WHERE {engine.within('id')}", (bound,))  # noqa: S608
            self._breathe()
