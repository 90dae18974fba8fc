"""Quarantine: what could not be processed, kept as it came until it is replayed, given up, or too old."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.times import MINUTE
from collector.store.clean import clean_text
from collector.store.engine import Engine, Row
from collector.store.protocol import AsideReason, Quarantined, SetAside

# A site that sends nothing but nonsense must not fill the disk: the first of it tells what is wrong as well as all.
SITE_BYTES = 64 * 2**20
_ROW_BYTES = 100  # what a row takes beside its bytes
_RECOUNT = MINUTE
_AT_ONCE = 1_000
_COLUMNS = "id, site, raw, reason, time, events"


class AsideRoom:
    """How much more each site's quarantine takes. For the one process that loads: it remembers what it counted."""

    def __init__(self, engine: Engine, most: int = SITE_BYTES) -> None:
        self._engine = engine
        self._most = most
        self._used: dict[int | None, tuple[int, int]] = {}

    def fitting(self, things: Sequence[SetAside]) -> tuple[list[SetAside], list[SetAside]]:
        """(those that there is room for, the others); the newest give way. Inside `Engine.writing`."""
        kept: list[SetAside] = []
        late: list[SetAside] = []
        for thing in things:
            size = len(thing.raw) + _ROW_BYTES
            used = self._known(thing, size)
            if used + size > self._most:
                late.append(thing)
                continue
            self._used[thing.site] = used + size, self._used[thing.site][1]
            kept.append(thing)
        return kept, late

    def forget(self) -> None:
        """Count anew: what was counted may have been rolled back."""
        self._used.clear()

    def _known(self, thing: SetAside, size: int) -> int:
        known = self._used.get(thing.site)
        # Others let go of rows without telling: look again before refusing, but not at every row.
        stale = known is None or (known[0] + size > self._most and abs(thing.time - known[1]) >= _RECOUNT)
        if known is None or stale:
            known = self._used[thing.site] = self._count(thing.site), thing.time
        return known[0]

    def _count(self, site: int | None) -> int:
        where, params = _of(site)
        row = self._engine.row(f"SELECT count(*), sum(length(raw)) FROM quarantine WHERE {where}", params)  # noqa: S608
        return int(row[0]) * _ROW_BYTES + int(row[1] or 0) if row else 0


def _of(site: int | None) -> tuple[str, Row]:
    return ("site IS NULL", ()) if site is None else ("site = ?", (site,))


def quarantine(engine: Engine, site: int | None, raw: bytes, reason: str, now: int) -> None:
    """Keep what could not be processed."""
    with engine.writing():
        set_aside(engine, [SetAside(site, raw, reason, now)])


def set_aside(engine: Engine, things: Sequence[SetAside]) -> int:
    """Put things into quarantine; how many rows there are more. Inside `Engine.writing`."""
    return engine.run_many(
        "INSERT INTO quarantine (site, raw, reason, time, events) VALUES (?, ?, ?, ?, ?)",
        [(thing.site, thing.raw, clean_text(thing.reason), thing.time, thing.events) for thing in things],
    )


def _quarantined(row: Row) -> Quarantined:
    return Quarantined(row[0], row[1], bytes(row[2]), row[3], row[4], row[5])


def quarantined(
    engine: Engine, site: int | None, after: int, limit: int, reason: str | None = None
) -> Sequence[Quarantined]:
    """What was set aside for the site (None: for all and for none), in order of id."""
    where = "" if site is None else "site = ? AND "
    where += "" if reason is None else "reason = ? AND "
    params = tuple(part for part in (site, reason) if part is not None)
    query = f"SELECT {_COLUMNS} FROM quarantine WHERE {where}id > ? ORDER BY id LIMIT ?"  # noqa: S608 - names of ours
    return [_quarantined(row) for row in engine.rows(query, (*params, after, limit))]


def reasons(engine: Engine, site: int) -> Sequence[AsideReason]:
    """What is in a site's quarantine by reason, the most frequent first."""
    rows = engine.rows(
        "SELECT reason, count(*), sum(events), min(time), max(time) FROM quarantine WHERE site = ? "
        "GROUP BY reason ORDER BY count(*) DESC, reason",
        (site,),
    )
    return [AsideReason(row[0], row[1], int(row[2]), row[3], row[4]) for row in rows]


def sizes(engine: Engine) -> Sequence[tuple[int, int]]:
    """(site, rows) of every quarantine; 0 for what is nobody's."""
    return [(row[0] or 0, row[1]) for row in engine.rows("SELECT site, count(*) FROM quarantine GROUP BY site")]


def release(engine: Engine, ids: Sequence[int]) -> int:
    """Let go of what was set aside, once it has been replayed or given up; how many there were."""
    with engine.writing():
        return engine.run(f"DELETE FROM quarantine WHERE {engine.within('id')}", (engine.many(list(ids)),))  # noqa: S608


def expire(engine: Engine, before: int) -> int:
    """Let go of what was set aside before an instant, in pieces so that nobody waits long; how many there were."""
    gone = 0
    while rows := engine.rows("SELECT id FROM quarantine WHERE time < ? ORDER BY time LIMIT ?", (before, _AT_ONCE)):
        gone += release(engine, [row[0] for row in rows])
    return gone
