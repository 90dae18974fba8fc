"""How much one address and one site may send in a minute (REQUIREMENTS C2.3); a fault of the limiter lets all through.

Counted in the memory of each worker, for minutes of its own clock. A limit is what a sender is always allowed: nobody
below it is ever turned away, and one whose connections reach several workers may send that much to each of them.
"""

# Why not the `limits` package: measured, one hit of its fastest strategy costs 12 us, and two are needed; its storage
# in memory looks through all known keys every 10 ms in a new thread, which with 100,000 addresses took 60 % of a core.

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

log = logging.getLogger(__name__)
WINDOW = 60.0
MANY = 200_000  # keys remembered in a minute; beyond that the memory is worth more than the limit
VISITOR_EVENTS = 1_200
_COMPLAIN_EVERY = 10.0


@lru_cache(maxsize=20_000)
def network(address: str) -> str | None:
    """What stands for a client: its IPv4 address, or the /64 that an IPv6 host chooses its addresses from.

    None for an address that says nothing of who the client is: one of this host or of a private network, which is a
    proxy's as long as `trusted_proxies` does not say so, and text that is no address.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global:
        return None
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


class _Minute:
    """Sums by key of the minute that is running."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = -1
        self._sums: dict[object, int] = {}

    def sums(self) -> dict[object, int]:
        number = int(self._clock() // WINDOW)
        if number != self._number or len(self._sums) > MANY:
            self._number, self._sums = number, {}
        return self._sums

    def left(self) -> int:
        """Seconds to the next minute, 1 at least."""
        return max(1, math.ceil(WINDOW - self._clock() % WINDOW))


class Limiter:
    """Says who has to wait.

    Args:
        address: events a minute that an address may send, 0 for no limit; `site` the same for a site.
        clock: seconds, monotonic.
    """

    def __init__(self, address: int = 0, site: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._site = site
        self._clock = clock
        self._minute = _Minute(clock)
        self._complained = -_COMPLAIN_EVERY

    def wait(self, address: str, site: int, events: int) -> tuple[int, str]:
        """Count a request with so many events; (seconds to wait, which limit) or (0, "") where it may pass.

        Args:
            address: the client's, "" where there is none to hold it to.
        """
        try:
            return self._wait(address, site, max(events, 1))
        except Exception as error:  # noqa: BLE001 - events matter more than limits
            if self._clock() - self._complained > _COMPLAIN_EVERY:
                self._complained = self._clock()
                log.error("the rate limiter failed and lets everything through: %r", error)
            return 0, ""

    def _wait(self, address: str, site: int, events: int) -> tuple[int, str]:
        sums = self._minute.sums()
        client = network(address) if self._address and address else None
        sent = sums.get(client, 0) if client else 0
        # The first request of a minute always passes: it may hold more than a low limit allows.
        if client and sent and sent + events > self._address:
            return self._minute.left(), "address"
        taken = sums.get(site, 0) if self._site else 0
        if taken and taken + events > self._site:
            return self._minute.left(), "site"
        if client:
            sums[client] = sent + events
        if self._site:
            sums[site] = taken + events
        return 0, ""

    def beyond(self, visitor: str, events: int) -> int:
        """How many of a visitor's events are more than a person does in a minute: counted, and nothing else."""
        if not visitor:
            return 0
        sums = self._minute.sums()
        key = ("visitor", visitor)
        before = sums.get(key, 0)
        sums[key] = before + events
        return min(events, max(0, before + events - VISITOR_EVENTS))
