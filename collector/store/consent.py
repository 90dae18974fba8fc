"""The consent log: who allowed or refused what, when and under which policy, written with the event itself (E9)."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.event import CONSENT, Event, Json
from collector.store.clean import clean_text
from collector.store.engine import Engine, Row
from collector.store.privacy import Consent

_COLUMNS = "id, visitor, time, state, purpose, policy, mode, host, browser"
# How visitors' keys begin, which tells how they were known at that moment.
_MODES = {"v_": "cookie", "c_": "cookieless"}
_MOST = 200


def save(engine: Engine, site: int, events: Sequence[Event]) -> None:
    """Log those of `events` that say consent; inside `Engine.writing`."""
    rows = [_row(site, event) for event in events if event.type == CONSENT]
    engine.run_many(
        "INSERT INTO consent (site, visitor, time, state, purpose, policy, mode, host, browser) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _row(site: int, event: Event) -> Row:
    def told(*names: str) -> str:
        for name in names:
            cell: Json = event.props.get(name)
            if isinstance(cell, str | int | float) and not isinstance(cell, bool):
                return clean_text(str(cell))[:_MOST]
        return ""

    host = event.url.partition("://")[2].partition("/")[0]
    return (
        site,
        clean_text(event.visitor),
        event.time,
        clean_text(event.name)[:_MOST],
        told("purpose") or "analytics",
        told("version", "policy", "policy_version"),
        _MODES.get(event.visitor[:2], "server"),
        clean_text(host)[:_MOST],
        clean_text(event.agent.browser) if event.agent else "",
    )


def consents(engine: Engine, site: int, after: int, limit: int) -> Sequence[Consent]:
    """A page of the log."""
    query = f"SELECT {_COLUMNS} FROM consent WHERE site = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - our columns
    return [Consent(*row) for row in engine.rows(query, (site, after, limit))]


def consents_of(engine: Engine, site: int, keys: Sequence[str]) -> Sequence[Consent]:
    """The log of some visitors."""
    where = engine.within("visitor", "text")
    query = f"SELECT {_COLUMNS} FROM consent WHERE site = ? AND {where} ORDER BY id"  # noqa: S608
    return [Consent(*row) for row in engine.rows(query, (site, engine.many([clean_text(key) for key in keys])))]


def hide(engine: Engine, site: int, visitors: Sequence[tuple[str, str]]) -> int:
    """Keep only the proof of erased visitors' consent: (key, its hash); rows touched. Inside `Engine.writing`."""
    return engine.run_many(
        "UPDATE consent SET visitor = ?, host = '', browser = '' WHERE site = ? AND visitor = ?",
        [(f"erased:{hidden}", site, key) for key, hidden in visitors],
    )
