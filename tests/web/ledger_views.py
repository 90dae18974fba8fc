"""Journeys built anew from the ledger for every request: slow, and without a file or a cache to go stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from collector.core.stored import LinkedVisitor, Profile, StoredEvent
from collector.journeys.build import build_part
from collector.journeys.dictionaries import Dictionaries
from collector.journeys.journeys import Journeys, PropertyColumn
from collector.journeys.part import Part, known_person
from collector.journeys.rawrows import from_ledger
from collector.store.protocol import Ledger


class LedgerPeople:
    """`People` and `Properties` straight from the ledger."""

    def __init__(self, ledger: Ledger, site: int) -> None:
        self.ledger, self.site = ledger, site
        self.visitors = {row.id: row.key for row in ledger.visitors(site)}
        self.users = dict(ledger.persons(site))
        self.links = {link.visitor: link for link in ledger.links(site)}

    def _code(self, visitor: int) -> int:
        link = self.links.get(visitor)
        return visitor * 2 if link is None else link.person * 2 + 1

    def keys(self, codes: Sequence[int]) -> Mapping[int, str]:
        return {code: self.users[code // 2] if code % 2 else self.visitors[code // 2] for code in codes}

    def code(self, key: str) -> int | None:
        _, visitors = self.ledger.person(self.site, key)
        return self._code(visitors[0].id) if visitors else None

    def find(self, text: str, limit: int = 10_000) -> Sequence[int]:
        found = {self._code(n) for n, key in self.visitors.items() if text.casefold() in key.casefold()}
        found |= {n * 2 + 1 for n, user in self.users.items() if text.casefold() in user.casefold()}
        return sorted(found)[:limit]

    def _members(self, code: int) -> list[int]:
        return [number for number in self.visitors if self._code(number) == code]

    def profile(self, code: int) -> Profile:
        members = self._members(code)
        links = [self.links.get(number) for number in members]
        person, _ = self.ledger.person(self.site, self.keys([code])[code]) if known_person(code) else (None, ())
        return Profile(
            person.user if person else "",
            person.traits if person else {},
            [
                LinkedVisitor(n, self.visitors[n], link.time if link else None, link.reason if link else "")
                for n, link in zip(members, links, strict=True)
            ],
        )

    def timeline(self, code: int, before: tuple[int, int] | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        return self.ledger.timeline(self._members(code), before, limit)

    def column(self, part: Part, name: str) -> PropertyColumn:
        found = dict(self.ledger.property_values(self.site, name, 0, 2**60))
        values = list({repr(value): value for value in found.values()}.values())
        place = {repr(value): at for at, value in enumerate(values)}
        codes = [place[repr(found[n])] if n in found else -1 for n in part.id.tolist()]
        return PropertyColumn(np.array(codes, dtype=np.int32), values)


class LedgerViews:
    """Opens the journeys of a site by scanning the whole ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.kept: dict[int, tuple[int, Journeys]] = {}

    def open(self, site_id: int) -> Journeys:
        head = self.ledger.head(site_id)
        if site_id in self.kept and self.kept[site_id][0] == head:
            return self.kept[site_id][1]
        dictionaries = Dictionaries(self.ledger, site_id)
        dictionaries.extend()
        columns = self.ledger.scan(site_id, 0, 10_000_000)
        links = sorted((link.visitor, link.person) for link in self.ledger.links(site_id))
        visitors = np.array([one for one, _ in links], dtype=np.int64)
        persons = np.array([one for _, one in links], dtype=np.int64)
        raw = from_ledger(columns, dictionaries).coded(visitors, persons).raw
        people = LedgerPeople(self.ledger, site_id)
        made = Journeys(
            [build_part(raw, dictionaries.kind_bound)],
            dictionaries.kinds,
            dictionaries.pages,
            dictionaries.sources,
            dictionaries.agents,
            people,
            people,
            int(columns.time.max()) if len(columns.time) else 0,
        )
        self.kept[site_id] = (head, made)
        return made

    def refresh(self, site_id: int) -> None:
        self.kept.pop(site_id, None)
