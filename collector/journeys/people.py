"""Who is behind a person code: looked up in the ledger when they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collector.core.event import Json
from collector.core.stored import LinkedVisitor, Profile, StoredEvent
from collector.journeys.part import known_person, person_code
from collector.store.protocol import Ledger

_AT_ONCE = 50_000


class LedgerPeople:
    """`People` over a ledger."""

    def __init__(self, ledger: Ledger, site: int) -> None:
        self._ledger, self._site = ledger, site

    def keys(self, codes: Sequence[int]) -> Mapping[int, str]:
        """For each code the user id of a known person, else the visitor's key; nothing for those erased meanwhile."""
        names: dict[int, str] = {}
        for start in range(0, len(codes), _AT_ONCE):
            some = codes[start : start + _AT_ONCE]
            users = self._ledger.user_ids(self._site, [code // 2 for code in some if code % 2])
            keys = self._ledger.visitor_keys(self._site, [code // 2 for code in some if not code % 2])
            names |= {person_code(0, number): user for number, user in users.items()}
            names |= {person_code(number, None): key for number, key in keys.items()}
        return names

    def code(self, key: str) -> int | None:
        """The code of a person by user id or by the key of any visitor of theirs."""
        person, visitors = self._ledger.person(self._site, key)
        if person is not None:
            return person_code(0, person.id)
        return person_code(visitors[0].id, None) if visitors else None

    def codes(self, keys: Sequence[str]) -> Sequence[int]:
        """The different codes, ascending, of those of these user ids and visitors' keys that are known."""
        found: set[int] = set()
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            persons = self._ledger.person_ids(self._site, some)
            found |= {person_code(0, number) for number in persons.values()}
            visitors = self._ledger.visitor_ids(self._site, [key for key in some if key not in persons])
            owner = {link.visitor: link.person for link in self._ledger.links(self._site, list(visitors.values()))}
            found |= {person_code(visitor, owner.get(visitor)) for visitor in visitors.values()}
        return sorted(found)

    def find(self, text: str, limit: int = 10_000) -> Sequence[int]:
        """Codes of persons whose user id, or the key of a visitor of theirs, contains `text`, case aside."""
        persons, visitors = self._ledger.search(self._site, text, limit)
        owner = {link.visitor: link.person for link in self._ledger.links(self._site, list(visitors))}
        found = {person_code(0, person) for person in persons}
        found |= {person_code(visitor, owner.get(visitor)) for visitor in visitors}
        return sorted(found)[:limit]

    def profile(self, code: int) -> Profile:
        """User id, traits and visitors of a person; empty where they are not known (any more)."""
        number = known_person(code)
        if number is None:
            keys = self._ledger.visitor_keys(self._site, [code // 2])
            return Profile("", {}, [LinkedVisitor(visitor, key) for visitor, key in keys.items()])
        user = self._ledger.user_ids(self._site, [number]).get(number)
        if user is None:
            return Profile("")
        person, visitors = self._ledger.person(self._site, user)
        links = {link.visitor: link for link in self._ledger.links(self._site, [one.id for one in visitors])}
        return Profile(
            user,
            person.traits if person else {},
            [
                LinkedVisitor(one.id, one.key, links[one.id].time, links[one.id].reason)
                if one.id in links
                else LinkedVisitor(one.id, one.key)
                for one in visitors
            ],
            person.verified if person else frozenset(),
        )

    def traits(self, name: str) -> Mapping[int, Json]:
        """For each code of a known person who has the trait its value."""
        found = self._ledger.trait_values(self._site, name)
        return {person_code(0, number): value for number, value in found.items()}

    def timeline(self, code: int, before: tuple[int, int] | None = None, limit: int = 500) -> Sequence[StoredEvent]:
        """The person's latest events in descending (time, id), those before that key; engagement included."""
        visitors = [one.id for one in self.profile(code).visitors]
        return self._ledger.timeline(visitors, before, limit) if visitors else ()
