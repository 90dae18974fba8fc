"""What people saved, pinned, shared or noted that names somebody who was erased: it goes too (REQUIREMENTS E7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl

import peewee

from collector.catalog.base import REPORT, SEGMENT, Record
from collector.catalog.lists import Lists

_SHARE, _HOOK, _CONTACT, _PIN, _ANNOTATION = map(
    peewee.Table, ("share_link", "chat_hook", "chat_contact", "pinned_block", "annotation")
)


def _mentions(names: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text names one of them: as a whole, or as a word of its own where it cannot be an ordinary number."""
    whole = frozenset(names)
    words = [re.escape(name) for name in whole if not (name.isdecimal() and len(name) < 8)]
    inside = re.compile(rf"(?<![\w@.~-])(?:{'|'.join(words)})(?![\w@~-])") if words else None
    return lambda text: text in whole or bool(inside and inside.search(text))


class Mentions(Lists):
    """The part of the catalog that may name people of a site."""

    def drop_mentions(self, site_id: int, names: Iterable[str]) -> Mapping[str, int]:
        """Delete what people saved that names one of these user ids or visitors, on lists too; how many by table."""
        told = list(names)
        names_one = _mentions(told)

        def asks(row: Record) -> bool:
            return any(names_one(value) for _, value in parse_qsl(row["arguments"]))

        def describes(row: Record) -> bool:
            return names_one(row["wheres"]) or names_one(row["wheres_not"])

        found: dict[str, tuple[peewee.Table, list[int]]] = {}

        def tells(row: Record) -> bool:
            return names_one(row["link"])

        for name, table, fits, called in (
            ("report", REPORT, asks, "name"),
            ("share", _SHARE, asks, "name"),
            ("segment", SEGMENT, describes, "name"),
            ("pin", _PIN, asks, "name"),
            ("annotation", _ANNOTATION, tells, "text"),
        ):
            rows = self._all(table.select().where(table.c.site == site_id))
            found[name] = table, [row["id"] for row in rows if fits(row) or names_one(row[called])]
        hooks = [row["id"] for row in self._all(_HOOK.select(_HOOK.c.id).where(_HOOK.c.site == site_id))]
        with self._engine.erasing(), self._engine.writing():
            counts = {
                name: self._change(table.delete().where(table.c.id.in_(ids))) if ids else 0
                for name, (table, ids) in found.items()
            }
            counts["listed"] = self._drop_listed(site_id, told)
            counts["contact"] = (
                self._change(_CONTACT.delete().where(_CONTACT.c.hook.in_(hooks) & _CONTACT.c.visitor.in_(told)))
                if hooks and told
                else 0
            )
        return counts
