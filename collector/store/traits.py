"""What is known of persons: what the site vouches for, over what visitors claim (SEMANTICS 4, REQUIREMENTS B21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from collector.core.event import Event, Json
from collector.core.identity import VERIFIED
from collector.store.clean import clean_text, json_document, json_key, json_text
from collector.store.engine import Engine, Row

# A stored trait is [value, ms of the event that told it].
Stored = dict[str, Json]
_PAGE = 5_000
_LATELY = 2_000  # persons whose traits name what there is


class Told(NamedTuple):
    """An identify event with the row of the visitor and of the person that it was taken for."""

    visitor: int
    person: int
    event: Event


def save_traits(engine: Engine, site: int, told: Sequence[Told]) -> None:
    """Keep the properties of identify events: of each trait the value of the latest event. Inside `Engine.writing`.

    A claim stays with its visitor and never touches what is verified.
    """
    if not told:
        return
    _save_claims(engine, site, [one for one in told if not one.event.verified])
    _save_verified(engine, [one for one in told if one.event.verified])
    seen = {one.person: one.event.received for one in told}
    engine.run_many("UPDATE person SET time = ? WHERE id = ?", [(time, person) for person, time in seen.items()])


def _save_claims(engine: Engine, site: int, told: Sequence[Told]) -> None:
    if not told:
        return
    query = f"SELECT visitor, person, traits FROM claim WHERE {engine.within('visitor')}"  # noqa: S608
    rows = engine.rows(query, (engine.many(sorted({one.visitor for one in told})),))
    stored = {(visitor, person): json_document(text) for visitor, person, text in rows}
    for one in told:
        _tell(stored.setdefault((one.visitor, one.person), {}), one.event)
    engine.run_many(
        "INSERT INTO claim (visitor, person, site, traits) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (visitor, person) DO UPDATE SET traits = excluded.traits",
        [(*pair, site, json_text(stored[pair])) for pair in dict.fromkeys(one[:2] for one in told)],
    )


def _save_verified(engine: Engine, told: Sequence[Told]) -> None:
    persons = sorted({one.person for one in told})
    if not persons:
        return
    rows = engine.rows(f"SELECT id, verified FROM person WHERE {engine.within('id')}", (engine.many(persons),))  # noqa: S608
    stored = {person: json_document(text) for person, text in rows}
    for one in told:
        _tell(stored[one.person], one.event)
    engine.run_many(
        "UPDATE person SET verified = ? WHERE id = ?", [(json_text(stored[person]), person) for person in persons]
    )


def _tell(traits: Stored, event: Event) -> None:
    for given, cell in event.props.items():
        name = clean_text(given)
        if name != VERIFIED and event.time >= _told_at(traits.get(name)):
            traits[name] = [cell, event.time]


def _told_at(trait: Json) -> int:
    return int(str(trait[1])) if isinstance(trait, list) else -(2**62)


def read_traits(engine: Engine, person: int) -> tuple[Mapping[str, Json], frozenset[str]]:
    """A person's traits, and the names of those that are verified; claims of visitors no longer linked do not count."""
    row = engine.row("SELECT traits, verified FROM person WHERE id = ?", (person,))
    if row is None:
        return {}, frozenset()
    claims = engine.rows(
        "SELECT c.traits FROM claim c JOIN link l ON l.visitor = c.visitor AND l.person = c.person "
        "WHERE c.person = ? ORDER BY c.visitor",
        (person,),
    )
    claimed = _latest(json_document(text) for text in (row[0], *(claim[0] for claim in claims)))
    verified = _latest([json_document(row[1])])
    return claimed | verified, frozenset(verified)


def trait_values(engine: Engine, site: int, name: str) -> Mapping[int, Json]:
    """The value of one trait for each person of a site who has it, as `read_traits` tells it of one."""
    name = clean_text(name)
    claimed: Stored = {}
    verified: Stored = {}

    def tell(found: Stored, person: int, document: str) -> None:
        trait = json_document(document).get(name)
        if isinstance(trait, list) and _told_at(trait) >= _told_at(found.get(str(person))):
            found[str(person)] = trait

    both = f"{engine.contains('traits')} OR {engine.contains('verified')}"
    own = f"SELECT id, traits, verified FROM person WHERE ({both})"  # noqa: S608
    for person, traits, vouched in _pages(engine, own, "id", site, name):
        tell(claimed, person, traits)
        tell(verified, person, vouched)
    linked = "claim c JOIN link l ON l.visitor = c.visitor AND l.person = c.person"
    claims = f"SELECT c.visitor, c.person, c.traits FROM {linked} WHERE {engine.contains('c.traits')}"  # noqa: S608
    for _, person, traits in _pages(engine, claims, "c.visitor", site, name):
        tell(claimed, person, traits)
    return {int(person): trait[0] for person, trait in (claimed | verified).items() if isinstance(trait, list)}


def trait_names(engine: Engine, site: int, limit: int) -> Sequence[str]:
    """Names of traits that anybody of the persons known last has, most frequent first."""
    own = "SELECT id, traits, verified FROM person WHERE site = ? ORDER BY id DESC LIMIT ?"
    have = {person: _held(traits) | _held(verified) for person, traits, verified in engine.rows(own, (site, _LATELY))}
    claims = f"SELECT person, traits FROM claim WHERE {engine.within('person')}"  # noqa: S608
    for person, traits in engine.rows(claims, (engine.many(sorted(have)),)):
        have[person] |= _held(traits)
    seen = Counter(name for names in have.values() for name in names)
    return [name for name, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:limit]]


def _held(document: str) -> set[str]:
    return {name for name, trait in json_document(document).items() if isinstance(trait, list) and trait[0] is not None}


def _pages(engine: Engine, query: str, key: str, site: int, name: str) -> Iterator[Row]:
    """Rows by the ascending key that stands first in them, read in pages: no reading keeps a transaction open for long.

    The database finds the name anywhere in the text; the parsed document has the last word.
    """
    needles = [json_key(name)] * query.count("?")
    table = f"{key.partition('.')[0]}.site" if "." in key else "site"
    after = -1
    while True:
        rows = engine.rows(
            f"{query} AND {table} = ? AND {key} > ? ORDER BY {key} LIMIT ?", (*needles, site, after, _PAGE)
        )
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _latest(several: Iterable[Stored]) -> dict[str, Json]:
    found: Stored = {}
    for traits in several:
        for name, trait in traits.items():
            if isinstance(trait, list) and _told_at(trait) >= _told_at(found.get(name)):
                found[name] = trait
    return {name: trait[0] for name, trait in found.items() if isinstance(trait, list)}
