"""A site that is deleted takes everything with it, in small transactions; its number is never given out again (E8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from collector.store.engine import Engine

BATCH = 5_000
# Tables with an id and a site, in the order in which nothing is left pointing nowhere for long.
_BY_ID = ("event", "link", "quarantine", "consent", "visitor", "person", "kind", "page", "source", "change")
_BY_SITE = ("claim", "cleared", "trusted_visitor", "tally", "suppressed", "retention_run", "outcome_count")


def mark_deleted(engine: Engine, site: int, now: int) -> None:
    """From here on what still arrives for the site is let go of, not stored nor set aside."""
    with engine.writing():
        engine.run("INSERT INTO deleted_site (site, time) VALUES (?, ?) ON CONFLICT (site) DO NOTHING", (site, now))


def delete_site(engine: Engine, site: int, pause: Callable[[], bool] | None = None) -> Mapping[str, int]:
    """Remove everything of a site that is marked as deleted; rows by table. It can be repeated if it was cut short."""
    counts: Counter[str] = Counter()
    with engine.erasing():
        for table in _BY_ID:
            _empty(engine, table, site, counts, pause)
        with engine.writing():
            for table in _BY_SITE:
                counts[table] += engine.run(f"DELETE FROM {table} WHERE site = ?", (site,))  # noqa: S608 - names of ours
            engine.run(
                "DELETE FROM flag WHERE agent_text IN (SELECT id FROM agent_text WHERE site = ?)",
                (site,),
            )
            counts["agent_text"] += engine.run("DELETE FROM agent_text WHERE site = ?", (site,))
    return dict(counts)


def _empty(engine: Engine, table: str, site: int, counts: Counter[str], pause: Callable[[], bool] | None) -> None:
    some = f"SELECT id FROM {table} WHERE site = ? LIMIT ?"  # noqa: S608 - names of ours
    while True:
        with engine.writing():
            number = engine.run(f"DELETE FROM {table} WHERE id IN ({some})", (site, BATCH))  # noqa: S608
        counts[table] += number
        if number < BATCH:
            return
        if pause is not None and pause():
            return


def deleted_sites(engine: Engine) -> frozenset[int]:
    """The numbers of sites whose data was deleted."""
    return frozenset(row[0] for row in engine.rows("SELECT site FROM deleted_site"))
