"""Makers of events for the suites of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from collector.core.event import Agent, Event, Json, Source

GOOGLE = Source("organic_search", "google")
PHONE = Agent("mobile", "iOS", "Safari")


def uid(number: int, site: int = 0) -> str:
    """A uuid that belongs to a number."""
    return str(UUID(int=(site << 64) | number))


def page(number: int, visitor: str = "v_one", path: str = "/", **more: Any) -> Event:
    """The page view number `number`: a second after the one before it."""
    made: dict[str, Any] = {
        "time": 1_000 * number,
        "received": 1_000 * number + 7,
        "url": f"https://shop.example{path}",
        "title": f"Page {path}",
        "source": GOOGLE,
        "agent": PHONE,
    }
    return Event(uid(number), "page", visitor, path=path, **(made | more))


def custom(number: int, name: str, visitor: str = "v_one", props: Mapping[str, Json] | None = None) -> Event:
    """A custom event."""
    return Event(uid(number), "event", visitor, 1_000 * number, 1_000 * number + 7, name=name, props=props or {})


def identify(
    number: int, user: str, visitor: str = "v_one", traits: Mapping[str, Json] | None = None, time: int | None = None
) -> Event:
    """An identify event as ingest makes it."""
    when = 1_000 * number if time is None else time
    return Event(
        uid(number), "identify", visitor, when, 1_000 * number + 7, name=user, user=user, props=dict(traits or {})
    )
