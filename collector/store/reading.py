"""Events as people read them: timelines, exports, properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from collector.core.event import Json
from collector.core.identity import VERIFIED
from collector.core.stored import StoredEvent
from collector.store.clean import clean_text, json_document, json_key
from collector.store.dictionaries import read_agent, read_kind, read_source
from collector.store.engine import Engine, Row
from collector.store.protocol import BOT_REASONS

_COLUMNS = (
    "e.id, e.uid, v.key, e.time, e.received, e.query, e.referrer, e.pageview, e.bot, e.value, "
    "k.type, k.name, k.target, p.url, p.path, p.title, "
    "s.channel, s.source, s.medium, s.campaign, s.term, s.content, s.campaign_mark, "
    "a.device, a.os, a.browser, e.props"
)
_JOINS = (
    "LEFT JOIN visitor v ON v.id = e.visitor LEFT JOIN kind k ON k.id = e.kind LEFT JOIN page p ON p.id = e.page "
    "LEFT JOIN source s ON s.id = e.source LEFT JOIN agent a ON a.id = e.agent"
)
# Properties are read in pages, so that no reading keeps a transaction open for long (REQUIREMENTS C3.6).
_PAGE = 5_000
_LATELY = 200_000


def _stored(row: Row) -> StoredEvent:
    uid = row[1]
    return StoredEvent(
        id=row[0],
        uid=str(uid if isinstance(uid, UUID) else UUID(bytes=uid)),
        visitor=row[2],
        time=row[3],
        received=row[4],
        query=row[5],
        referrer=row[6],
        pageview=row[7],
        bot=BOT_REASONS[row[8]],
        value=row[9],
        kind=read_kind(row[10:13]),
        url=row[13] or "",
        path=row[14] or "",
        title=row[15] or "",
        source=read_source(row[16:23]),
        agent=read_agent(row[23:26]),
        props=json_document(row[26]),
    )


def timeline(
    engine: Engine, visitors: Sequence[int], before: tuple[int, int] | None, limit: int
) -> Sequence[StoredEvent]:
    """The latest events of these visitors, latest first, from the key (time, id) `before` downwards."""
    if not visitors:
        return []
    below = "AND (time, id) < (?, ?) " if before else ""
    chosen = f"SELECT * FROM event WHERE {engine.within('visitor')} {below}ORDER BY time DESC, id DESC LIMIT ?"  # noqa: S608
    rows = engine.rows(
        f"SELECT {engine.props(_COLUMNS)} FROM ({chosen}) e {_JOINS} ORDER BY e.time DESC, e.id DESC",  # noqa: S608
        (engine.many(list(visitors)), *(before or ()), limit),
    )
    return [_stored(row) for row in rows]


def export(engine: Engine, site: int, after: int, limit: int) -> Sequence[tuple[StoredEvent, str]]:
    """Events and the user id of their person (or ""), in order of id."""
    chosen = "SELECT * FROM event WHERE site = ? AND id > ? ORDER BY id LIMIT ?"
    rows = engine.rows(
        f"SELECT {engine.props(_COLUMNS)}, u.user_id FROM ({chosen}) e {_JOINS} "  # noqa: S608
        "LEFT JOIN link l ON l.visitor = e.visitor LEFT JOIN person u ON u.id = l.person ORDER BY e.id",
        (site, after, limit),
    )
    return [(_stored(row), row[27] or "") for row in rows]


def last_event(engine: Engine, site: int) -> StoredEvent | None:
    """The event with the greatest id."""
    chosen = "SELECT * FROM event WHERE site = ? ORDER BY id DESC LIMIT 1"
    row = engine.row(f"SELECT {engine.props(_COLUMNS)} FROM ({chosen}) e {_JOINS}", (site,))  # noqa: S608
    return None if row is None else _stored(row)


def property_values(engine: Engine, site: int, name: str, after: int, upto: int) -> Iterator[tuple[int, Json]]:
    """(event id, value) of the events that have the property, in order of id."""
    # The database finds texts with the written-out name anywhere inside; the parsed document has the last word. A JSON
    # path would misread names like a.b or a"b (REQUIREMENTS M5, D19).
    name = clean_text(name)
    props = engine.props("e.props")
    query = (
        f"SELECT id, {props} FROM event e WHERE site = ? AND id > ? AND id <= ? "  # noqa: S608
        f"AND {engine.contains(props)} ORDER BY id LIMIT ?"
    )
    needle = json_key(name)
    while True:
        rows = engine.rows(query, (site, after, upto, needle, _PAGE))
        for number, text in rows:
            document = json_document(text)
            if name in document:
                yield number, document[name]
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def property_names(engine: Engine, site: int, limit: int) -> Sequence[str]:
    """Names of properties of the latest events, most used first."""
    row = engine.row("SELECT max(id) FROM event WHERE site = ?", (site,))
    head = (row[0] or 0) if row else 0
    rows = engine.rows(
        f"SELECT {engine.props('e.props')} FROM event e WHERE site = ? AND id > ? AND e.props IS NOT NULL "  # noqa: S608
        "ORDER BY id DESC LIMIT ?",
        (site, head - _LATELY, _PAGE),
    )
    seen = Counter(name for (text,) in rows for name in json_document(text) if name != VERIFIED)
    return [name for name, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:limit]]
