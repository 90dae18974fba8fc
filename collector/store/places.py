"""Events of pages that were tried out: where those were, and what follows where a site calls one its own (F8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from collector.core.event import ENGAGEMENT
from collector.store.engine import Engine, Row
from collector.store.flags import PLACE, journal, move
from collector.store.privacy import FlaggedPlace

_AT_ONCE = 5_000
_NOT_PEOPLE = "NOT EXISTS (SELECT 1 FROM trusted_visitor t WHERE t.visitor = e.visitor)"


def place_of(url: str) -> str:
    """The origin of a page's address, "" where it has none, as files have."""
    return "/".join(url.split("/", 3)[:3]) if "://" in url else ""


def flagged_places(engine: Engine, site: int, start: int, end: int) -> Sequence[FlaggedPlace]:
    """Places of events that were set aside for them."""
    query = (
        "SELECT p.url, count(*), max(e.time) FROM event e JOIN kind k ON k.id = e.kind "  # noqa: S608 - words of ours
        "LEFT JOIN page p ON p.id = e.page "
        f"WHERE e.site = ? AND e.bot > 0 AND e.bot = {PLACE} AND e.time >= ? AND e.time < ? "
        f"AND k.type <> '{ENGAGEMENT}' GROUP BY p.url"
    )
    events: Counter[str] = Counter()
    last: dict[str, int] = {}
    for url, number, latest in engine.rows(query, (site, start, end)):
        place = place_of(url or "")
        events[place] += number
        last[place] = max(latest, last.get(place, latest))
    return [FlaggedPlace(place, number, last[place]) for place, number in events.most_common()]


def reclassify_places(engine: Engine, site: int, own: Callable[[str], bool], now: int) -> int:
    """Clear what came from places that are the site's own, restore what no longer is; events that changed."""
    aside = f"FROM event e WHERE e.site = ? AND e.bot > 0 AND e.bot = {PLACE}"
    cleared = f"FROM cleared c JOIN event e ON e.id = c.event WHERE c.site = ? AND c.bot = {PLACE} AND {_NOT_PEOPLE}"
    restored = _pages(engine, site, cleared, lambda place: not own(place))
    changed = 0
    for found, pages, change in ((cleared, restored, _restore), (aside, _pages(engine, site, aside, own), _clear)):
        after = 0
        query = f"SELECT e.id, e.visitor {found} AND {engine.within('e.page')} AND e.id > ? ORDER BY e.id LIMIT ?"
        while pages and (rows := engine.rows(query, (site, engine.many(pages), after, _AT_ONCE))):
            with engine.writing():
                changed += change(engine, site, rows, now)
            after = rows[-1][0]
    return changed


def _pages(engine: Engine, site: int, found: str, wanted: Callable[[str], bool]) -> list[int]:
    """The pages, in wanted places, of events that `found` chooses."""
    query = f"SELECT p.id, p.url FROM page p WHERE p.id IN (SELECT DISTINCT e.page {found})"  # noqa: S608
    return sorted(row[0] for row in engine.rows(query, (site,)) if wanted(place_of(row[1])))


def _clear(engine: Engine, site: int, rows: Sequence[Row], now: int) -> int:
    ids = engine.many([row[0] for row in rows])
    where = f"{engine.within('id')} AND bot = {PLACE}"
    engine.run(
        f"INSERT INTO cleared (event, site, visitor, bot) SELECT id, site, visitor, bot FROM event WHERE {where}",  # noqa: S608
        (ids,),
    )
    number = engine.run(f"UPDATE event SET bot = 0 WHERE {where}", (ids,))  # noqa: S608
    move(engine, site, [(PLACE, 0, number)])
    journal(engine, site, {row[1] for row in rows}, now)
    return number


def _restore(engine: Engine, site: int, rows: Sequence[Row], now: int) -> int:
    ids = engine.many([row[0] for row in rows])
    number = engine.run(f"UPDATE event SET bot = {PLACE} WHERE bot = 0 AND {engine.within('id')}", (ids,))  # noqa: S608
    engine.run(f"DELETE FROM cleared WHERE bot = {PLACE} AND {engine.within('event')}", (ids,))  # noqa: S608
    move(engine, site, [(0, PLACE, number)])
    journal(engine, site, {row[1] for row in rows}, now)
    return number
