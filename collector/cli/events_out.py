"""Rows of `export events` and `export people`, as values for JSON Lines and CSV alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from collector.cli.session_sources import SessionSources, read_columns
from collector.core.event import Agent, Json
from collector.core.stored import StoredEvent
from collector.core.write import iso_time, json_text
from collector.ingest.columns import EXPORT_COLUMNS
from collector.ingest.rows import guarded
from collector.store.protocol import Ledger

PEOPLE_COLUMNS = ("person", "identified", "visitors", "first_seen", "last_seen", "events", "bot", "traits")


def event_row(stored: StoredEvent, person: str, session_source: str) -> dict[str, Json]:
    """One event by `EXPORT_COLUMNS`, which `import` reads back."""
    agent = stored.agent or Agent("")
    cells: tuple[Json, ...] = (
        stored.uid,
        iso_time(stored.time),
        stored.kind.type,
        stored.kind.name,
        stored.url + (f"?{stored.query}" if stored.query else ""),
        stored.visitor,
        person,
        session_source,
        dict(stored.props),
        stored.bot,
        stored.kind.target,
        stored.title,
        stored.referrer,
        stored.pageview,
        agent.device,
        agent.os,
        agent.browser,
    )
    return dict(zip(EXPORT_COLUMNS, cells, strict=True))


def event_rows(ledger: Ledger, site: int) -> Iterator[dict[str, Json]]:
    """Every event of the site in the order of arrival, read page by page."""
    sources = SessionSources(ledger, site)
    after = 0
    while page := ledger.export(site, after):
        for stored, person in page:
            yield event_row(stored, person, sources.of(stored.id))
        after = page[-1][0].id


def people_rows(ledger: Ledger, site: int) -> Iterator[dict[str, Json]]:
    """Every person, known or not, in order of their first visitor."""
    keys = {row.id: row.key for row in ledger.visitors(site)}
    users = dict(ledger.persons(site))
    person_of = {link.visitor: link.person for link in ledger.links(site)}
    groups: dict[tuple[bool, int], list[int]] = {}
    for visitor in keys:
        person = person_of.get(visitor)
        groups.setdefault((person is not None, visitor if person is None else person), []).append(visitor)
    seen = _seen(ledger, site)
    for (known, number), visitors in groups.items():
        spans = [seen[visitor] for visitor in visitors if visitor in seen]
        if not spans:
            continue
        user = users[number] if known else keys[number]
        found = ledger.person(site, user)[0] if known else None
        cells: tuple[Json, ...] = (
            user,
            known,
            [keys[visitor] for visitor in visitors],
            iso_time(min(first for first, _, _, _ in spans)),
            iso_time(max(last for _, last, _, _ in spans)),
            sum(count for _, _, count, _ in spans),
            all(bots == count for _, _, count, bots in spans),
            dict(found.traits) if found else {},
        )
        yield dict(zip(PEOPLE_COLUMNS, cells, strict=True))


def _seen(ledger: Ledger, site: int) -> Mapping[int, tuple[int, int, int, int]]:
    """Visitor to (first time, last time, events, events of bots)."""
    _, visitor, time, _, _, bot, _ = read_columns(ledger, site)
    if not len(visitor):
        return {}
    order = np.lexsort((time, visitor))
    own, at = visitor[order], time[order]
    starts = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1])))
    ends = np.append(starts[1:], len(own))
    bots = np.add.reduceat((bot[order] != 0).astype(np.int64), starts)
    rows = zip(own[starts], at[starts], at[ends - 1], ends - starts, bots, strict=True)
    return {int(who): (int(first), int(last), int(count), int(robots)) for who, first, last, count, robots in rows}


def csv_cells(row: Mapping[str, Json]) -> list[str | int | float | bool | None]:
    """A row's cells as texts and numbers: lists and objects as JSON."""
    return [
        json_text(cell) if isinstance(cell, dict | list) else guarded(cell) if isinstance(cell, str) else cell
        for cell in row.values()
    ]
