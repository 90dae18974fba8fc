"""Everything that is kept about one person, as one JSON document for that person (REQUIREMENTS E6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from collector.catalog.catalog import Catalog
from collector.catalog.values import Site
from collector.core.errors import UserError
from collector.core.people import lists_in
from collector.core.stored import StoredEvent
from collector.core.write import iso_time, json_text
from collector.store.protocol import Ledger, PersonRow, VisitorRow

CHUNK = 500


def person_document(ledger: Ledger, catalog: Catalog, site: Site, key: str, now: int) -> Iterator[str]:
    """The document in pieces: who, the links, the kept lists, the consent log, what is in quarantine, every event.

    Args:
        key: a user id, or the key of any visitor of theirs.
        now: ms UTC.

    Raises:
        UserError: the site knows nobody by this key; before the first piece.
    """
    person, visitors = ledger.person(site.id, key)
    if not visitors:
        raise UserError(f"There is nobody called {key!r} in {site.name}.", "Give a user id, or the key of a visitor.")
    names = [key, *(visitor.key for visitor in visitors), *([person.user] if person else [])]
    return _pieces(ledger, site, key, now, person, visitors, _lists(catalog, site.id, names))


def _lists(catalog: Catalog, site: int, names: Sequence[str]) -> list[dict[str, object]]:
    """The kept lists that somebody stands on, with the segments that are made of them."""
    segments = catalog.segments(site).values()
    return [
        {"list": name, "kept": iso_time(kept), "segments": [one.name for one in segments if name in lists_in(one)]}
        for name, kept in catalog.lists_with(site, names)
    ]


def _pieces(
    ledger: Ledger,
    site: Site,
    key: str,
    now: int,
    person: PersonRow | None,
    visitors: Sequence[VisitorRow],
    lists: Sequence[dict[str, object]],
) -> Iterator[str]:
    ids = [visitor.id for visitor in visitors]
    keys = [visitor.key for visitor in visitors]
    links = {link.visitor: link for link in ledger.links(site.id, ids)} if person else {}
    verified = person.verified if person else frozenset()
    traits = dict(person.traits) if person else {}
    head = {
        "site": site.name,
        "asked_for": key,
        "exported": iso_time(now),
        "user": person.user if person else None,
        "traits": traits,
        "verified_traits": {name: traits[name] for name in sorted(verified)},
        "claimed_traits": {name: cell for name, cell in traits.items() if name not in verified},
        "visitors": [
            {
                "visitor": visitor.key,
                "linked": iso_time(links[visitor.id].time) if visitor.id in links else None,
                "reason": links[visitor.id].reason if visitor.id in links else None,
            }
            for visitor in visitors
        ],
        "lists": lists,
        "consent": [asdict(one) | {"time": iso_time(one.time)} for one in ledger.consents_of(site.id, keys)],
        "quarantine": [
            {"time": iso_time(one.time), "reason": one.reason, "raw": one.raw.decode("utf-8", "replace")}
            for one in ledger.quarantined_naming(site.id, [*keys, *([person.user] if person else [])])
        ],
    }
    yield json_text(head, indent=1)[:-2] + ',\n "events": ['
    separator = "\n"
    for event in _events(ledger, ids):
        yield separator + "  " + json_text(_plain(event))
        separator = ",\n"
    yield "\n ]\n}\n"


def _events(ledger: Ledger, visitors: Sequence[int]) -> Iterator[StoredEvent]:
    before: tuple[int, int] | None = None
    while chunk := ledger.timeline(visitors, before, CHUNK):
        yield from chunk
        before = (chunk[-1].time, chunk[-1].id)


def _plain(event: StoredEvent) -> dict[str, object]:
    return {
        "id": event.uid,
        "visitor": event.visitor,
        "time": iso_time(event.time),
        "received": iso_time(event.received),
        "type": event.kind.type,
        "name": event.kind.name,
        "target": event.kind.target,
        "url": event.url,
        "query": event.query,
        "title": event.title,
        "referrer": event.referrer,
        "pageview": event.pageview,
        "source": asdict(event.source) if event.source else None,
        "agent": asdict(event.agent) if event.agent else None,
        "bot": event.bot,
        "value": event.value,
        "properties": dict(event.props),
    }
