"""Quarantine tried again: what this version can read goes back into the inbox, as it came then."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.catalog.values import Site
from collector.inbox.record import Record, decode, encode
from collector.ingest.check import check_events
from collector.ingest.signed import by_secret_key
from collector.sites import collect_site
from collector.store.protocol import Quarantined
from collector.web.door import Door


@dataclass(slots=True)
class Replayed:
    """What came of trying again: ids of rows that were put into the inbox, events in them, rows that stay."""

    done: list[int] = field(default_factory=list)
    events: int = 0
    left: int = 0


def replay(door: Door, site: Site, rows: Iterable[Quarantined]) -> Replayed:
    """Put what can be read now into the inbox; the caller releases `done`.

    Their ids are the same as then, so that trying twice stores nothing twice. They count as received anew.

    Raises:
        InboxFull: there is no room; rows in the inbox by then stay in quarantine too, which does no harm.
    """
    found = Replayed()
    for row in rows:
        record = _record(row)
        events = [] if record is None else _events(door, site, record)
        if record is None or not events:
            found.left += 1
            continue
        told = record.site, record.visitor, record.received, record.sent, record.mode, record.user_agent, record.hints
        door.inbox.get().put(encode(*told, events, (), record.before))
        found.done.append(row.id)
        found.events += len(events)
    return found


def _record(row: Quarantined) -> Record | None:
    """The record that a row holds, None where it is none, or another site's."""
    try:
        record = decode(row.raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if record.site == row.site else None


def _events(door: Door, site: Site, record: Record) -> list[str]:
    """JSON texts of what can be kept: events that a door had checked, and those that it could not read then."""
    known = [json.dumps(event, separators=(",", ":")) for event in record.events]
    unread = []
    for text, _ in record.quarantined:
        try:
            unread.append(json.loads(text))
        except (ValueError, RecursionError):
            continue
    named = record.mode in ("server", "relay")
    collect = collect_site(site)
    prove = by_secret_key if record.mode == "server" or collect is None else door.prove(collect)
    checked = check_events(unread, record.site, server=named, prove=prove)
    door.policy(record.site).apply(checked)
    return [*known, *checked.good]


def sample(raw: bytes, most: int) -> str:
    """What a row holds, for people to look at: the events alone, without who sent them."""
    try:
        record = decode(raw)
        told = [text for text, _ in record.quarantined] + [json.dumps(event) for event in record.events]
    except (ValueError, KeyError, TypeError, AttributeError):
        told = [raw[: most * 2].decode("utf-8", "replace")]
    return " ".join(told)[:most]
