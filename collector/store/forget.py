"""Erasure: everything that the ledger holds of some visitors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from collector.store import consent, flags
from collector.store.engine import Engine
from collector.store.identity import CHANGE
from collector.store.protocol import Quarantined
from collector.store.retention import SHARED
from collector.store.seats import give_back
from collector.store.suppress import suppress

_BARE_KEY = 8


def forget(engine: Engine, site: int, visitors: Sequence[int], now: int) -> Mapping[str, int]:
    """Erase these visitors of the site; the number of rows erased by table.

    Their keys, and their person's user id where nothing is left of that person, are refused from now on. Of the consent
    log the proof stays under a keyed hash: when, what and under which policy, never who, where or with what.
    """
    chosen = engine.many(sorted(set(visitors)))
    with engine.erasing(), engine.writing():
        found = engine.rows(
            f"SELECT id, key FROM visitor WHERE site = ? AND {engine.within('id')}",  # noqa: S608
            (site, chosen),
        )
        if not found:
            return {}
        ids = engine.many([row[0] for row in found])
        words = [row[1] for row in found]
        counts = {"event": _erase_events(engine, site, ids)}
        persons = [row[0] for row in engine.rows(f"SELECT person FROM link WHERE {engine.within('visitor')}", (ids,))]  # noqa: S608
        counts["link"] = engine.run(f"DELETE FROM link WHERE {engine.within('visitor')}", (ids,))  # noqa: S608
        engine.run(f"DELETE FROM claim WHERE {engine.within('visitor')}", (ids,))  # noqa: S608
        flags.drop(engine, ids)
        flags.drop_unused_texts(engine, site)
        give_back(engine, site, words, ids)
        counts["visitor"] = engine.run(f"DELETE FROM visitor WHERE {engine.within('id')}", (ids,))  # noqa: S608
        users = _erase_persons(engine, persons)
        counts["person"] = len(users)
        counts["quarantine"] = sum(_erase_quarantined(engine, site, word) for word in (*words, *users))
        hidden = suppress(engine, site, words, users, now)
        counts["consent"] = consent.hide(engine, site, list(zip(words, hidden, strict=True)))
        engine.run_many(CHANGE, [(site, "forget", row[0], now) for row in found])
    return counts


def _erase_events(engine: Engine, site: int, ids: object) -> int:
    mine = engine.within("visitor")
    used = {
        table: [row[0] for row in engine.rows(f"SELECT DISTINCT {table} FROM event WHERE {mine}", (ids,))]  # noqa: S608
        for table in SHARED
    }
    bots = engine.rows(f"SELECT bot, count(*) FROM event WHERE {mine} GROUP BY bot", (ids,))  # noqa: S608
    engine.run_many("UPDATE tally SET events = events - ? WHERE site = ? AND bot = ?", [(n, site, b) for b, n in bots])
    erased = engine.run(f"DELETE FROM event WHERE {mine}", (ids,))  # noqa: S608
    for table, numbers in used.items():
        if numbers:
            bound = engine.many(numbers)
            kept = engine.rows(
                f"SELECT DISTINCT {table} FROM event WHERE site = ? AND {engine.within(table)}",  # noqa: S608
                (site, bound),
            )
            unused = sorted(set(numbers) - {row[0] for row in kept})
            if unused:
                engine.run(f"DELETE FROM {table} WHERE {engine.within('id')}", (engine.many(unused),))  # noqa: S608
    return erased


def _erase_persons(engine: Engine, persons: Sequence[int]) -> list[str]:
    """Erase those persons that have no visitor left; their user ids."""
    if not persons:
        return []
    gone = engine.rows(
        f"SELECT id, user_id FROM person WHERE {engine.within('id')} "  # noqa: S608
        "AND NOT EXISTS (SELECT 1 FROM link WHERE link.person = person.id)",
        (engine.many(sorted(set(persons))),),
    )
    if gone:
        erased = engine.many([row[0] for row in gone])
        engine.run(f"DELETE FROM person WHERE {engine.within('id')}", (erased,))  # noqa: S608
        engine.run(f"DELETE FROM claim WHERE {engine.within('person')}", (erased,))  # noqa: S608
    return [row[1] for row in gone]


def naming(engine: Engine, site: int, words: Sequence[str]) -> Sequence[Quarantined]:
    """What was set aside and names one of `words`, in order of id."""
    found: dict[int, Quarantined] = {}
    for word in words:
        for text in _spellings(word):
            rows = engine.rows(
                "SELECT id, site, raw, reason, time, events FROM quarantine "  # noqa: S608 - words of ours
                f"WHERE (site = ? OR site IS NULL) AND {engine.contains('raw')}",
                (site, text.encode()),
            )
            found |= {row[0]: Quarantined(row[0], row[1], bytes(row[2]), *row[3:]) for row in rows}
    return [found[number] for number in sorted(found)]


def _spellings(word: str) -> Sequence[str]:
    """How JSON may spell `word`, also as text within text, as a record holds events; a short one counts only whole."""
    spelled: set[str] = set()
    for bare in (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]):
        nested = json.dumps(bare)[1:-1]
        spelled |= {f'"{bare}"', f'\\"{nested}\\"'}
        if len(word) >= _BARE_KEY:
            spelled |= {bare, nested}
    return sorted(spelled)


def _erase_quarantined(engine: Engine, site: int, word: str) -> int:
    """Erase what was set aside and names `word`."""
    return sum(
        engine.run(
            f"DELETE FROM quarantine WHERE (site = ? OR site IS NULL) AND {engine.contains('raw')}",  # noqa: S608
            (site, text.encode()),
        )
        for text in _spellings(word)
    )
