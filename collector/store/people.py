"""Persons and visitors as a whole: who a key belongs to, who has too many visitors, and who was counted for a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collector.core.identity import is_cookieless
from collector.store.clean import clean_text
from collector.store.engine import Engine
from collector.store.protocol import Crowd, PersonRow, VisitorRow
from collector.store.traits import read_traits


def person(engine: Engine, site: int, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
    """A person by user id, or by any of their visitor keys, and all their visitors."""
    key = clean_text(key)
    found = engine.row("SELECT id, user_id FROM person WHERE site = ? AND user_id = ?", (site, key))
    visitor = engine.row("SELECT id, key FROM visitor WHERE site = ? AND key = ?", (site, key))
    if found is None and visitor is not None:
        found = engine.row(
            "SELECT p.id, p.user_id FROM link l JOIN person p ON p.id = l.person WHERE l.visitor = ?",
            visitor[:1],
        )
    if found is None:
        return None, [VisitorRow(*visitor)] if visitor else []
    rows = engine.rows(
        "SELECT v.id, v.key FROM link l JOIN visitor v ON v.id = l.visitor WHERE l.person = ? ORDER BY v.id",
        found[:1],
    )
    return PersonRow(found[0], found[1], *read_traits(engine, found[0])), [VisitorRow(*row) for row in rows]


def crowds(engine: Engine, site: int, least: int, limit: int) -> Sequence[Crowd]:
    """Persons with at least `least` visitors, the largest first."""
    rows = engine.rows(
        "SELECT p.user_id, n.visitors, p.capped FROM (SELECT person, count(*) AS visitors FROM link WHERE site = ? "
        "GROUP BY person HAVING count(*) >= ?) n JOIN person p ON p.id = n.person "
        "ORDER BY n.visitors DESC, p.capped DESC, p.id LIMIT ?",
        (site, least, limit),
    )
    return [Crowd(*row) for row in rows]


def link_reasons(engine: Engine, site: int, since: int) -> Mapping[str, int]:
    """How many of the links made since an instant (ms UTC) are there for each reason."""
    rows = engine.rows("SELECT reason, count(*) FROM link WHERE site = ? AND time >= ? GROUP BY reason", (site, since))
    return dict(rows)


def cookieless(engine: Engine, site: int, after: int) -> tuple[Sequence[int], int]:
    """Ids greater than `after` of visitors without a cookie, ascending, and the greatest visitor id looked at."""
    row = engine.row("SELECT max(id) FROM visitor")
    head = int(row[0] or 0) if row else 0
    if head <= after:
        return [], head
    if after:
        rows = engine.rows("SELECT id, key FROM visitor WHERE id > ? AND id <= ? AND site = ?", (after, head, site))
    else:
        # The range is for the index of keys: at once where there are none. Collations may order signs otherwise.
        where = "site = ? AND key >= 'c_' AND key < 'd' AND substr(key, 1, 2) = 'c_' AND id <= ?"
        rows = engine.rows(f"SELECT id, key FROM visitor WHERE {where}", (site, head))  # noqa: S608 - of ours
    return sorted(number for number, key in rows if is_cookieless(key)), head
