"""What one device leaves behind: events as the wire format writes them, with a clock that only moves on."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, TypeAlias

from collector.core import event as events
from collector.demo.world import TITLES, World

WireEvent: TypeAlias = dict[str, Any]
_MOMENT = (40, 400)  # ms between what happens at once: a page and the purchase it reports


def uuid_from(rng: Random) -> str:
    """A random (version 4) uuid drawn from `rng`."""
    drawn = f"{rng.getrandbits(128):032x}"
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


class Trail:
    """Events of one visitor key on one device, in order of time.

    Args:
        world: origins and the last moment.
        visitor: the key that the sender gives this device.
        agent: its user agent.
        ids: source of event ids; apart from the story's own draws, so that ids do not shift when a story changes.
    """

    def __init__(self, world: World, visitor: str, agent: str, ids: Random) -> None:
        self.world, self.visitor, self.agent = world, visitor, agent
        self.events: list[WireEvent] = []
        self.clock = 0
        self.path = ""
        self._ids = ids
        self._url = self._pageview = ""

    def add(self, kind: str, name: str = "", props: Mapping[str, object] | None = None, **more: object) -> None:
        """One event, now or a moment after the one before, on the page the device is on."""
        drawn = uuid_from(self._ids)
        found: WireEvent = {
            "id": drawn,
            "type": kind,
            "at": self._moment(drawn),
            "visitor": self.visitor,
            "ua": self.agent,
        }
        told = (("url", self._url), ("pid", self._pageview), ("name", name), *more.items())
        found.update({key: text for key, text in told if text})
        if props:
            found["props"] = dict(props)
        self.events.append(found)

    def _moment(self, event_id: str) -> int:
        """When an event happens: now, or a moment after the one before where that is not past, as in a browser.

        How long comes from the event's id, and the clock stays, so that nothing else that is drawn or timed shifts.
        """
        last = self.events[-1]["at"] if self.events else -1
        soonest, latest = _MOMENT
        return self.clock if self.clock > last else int(last) + soonest + int(event_id[:8], 16) % (latest - soonest)

    def wait(self, ms: float) -> None:
        """Let time pass."""
        self.clock += max(1, int(ms))

    def arrive(self, at: int, path: str, query: str = "", referrer: str = "") -> None:
        """Begin a visit at `at` (later, if the device is still busy) on `path`, coming from `referrer`."""
        self.clock = max(self.clock + 1, at)
        self._page(path, query, referrer)

    def go(self, path: str) -> None:
        """Move on to another page of the shop."""
        self._page(path, "", self._url)

    def _page(self, path: str, query: str, referrer: str) -> None:
        self.path = path
        self._url = self.world.shop + path + (f"?{query}" if query else "")
        self._pageview = f"{self._ids.getrandbits(48):012x}"
        self.add(events.PAGE, ref=referrer, title=f"{TITLES[path]} - Harbour Coffee")

    def read(self, seconds: float, scroll: int) -> None:
        """Look at the page for a while, then report it."""
        self.wait(seconds * 1_000)
        self.add(events.ENGAGEMENT, props={"ms": int(seconds * 900), "scroll": scroll})

    def custom(self, name: str, **props: object) -> None:
        """A custom event."""
        self.add(events.CUSTOM, name, props)

    def elsewhere(self, at: int, name: str, **props: object) -> None:
        """A custom event that happens to this device away from the shop, on no page of it."""
        self.clock = max(self.clock + 1, at)
        self._url = self._pageview = ""
        self.custom(name, **props)
