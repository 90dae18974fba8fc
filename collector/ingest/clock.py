"""When an event happened, by three clocks (SEMANTICS 1, REQUIREMENTS C2.8 and C2.9)."""

from __future__ import annotations

from collections import OrderedDict

from collector.core.times import DAY, HOUR, SECOND

# Trackers keep unsent events for a week; an older claim from the public is not believed.
MAX_BACKDATE = 7 * DAY
# Two requests differ by what the network took; a clock that was set differs by more.
JITTER = 5 * SECOND


def event_time(
    received: int, sent: int | None, created: int | None, trusted: bool = False, ahead: int | None = None
) -> int:
    """Milliseconds UTC of the event: received - (sent - created), so that a wrong device clock cancels out.

    Args:
        received: our clock when the request arrived.
        sent, created: the device's clock when the request left and when the event happened.
        trusted: a sender with the secret key: its own clock is believed, however far back. Never the future.
        ahead: by how much our clock is ahead of the device's (see `DeviceClocks`), this request's own by default.
    """
    if created is None:
        return received
    if trusted:
        return min(created, received)
    if sent is None or sent < created or sent - created > MAX_BACKDATE:
        return received
    return min(received, created + (received - sent if ahead is None else ahead))


class DeviceClocks:
    """By how much our clock is ahead of each device's: measured at its first request, kept while it stays true.

    What one request takes to arrive differs from the next, so two requests measured apart could swap events that
    happened in a blink: the receipt page and the purchase on it. With one measure they keep the device's order.
    """

    def __init__(self, most: int = 50_000, lifetime: int = HOUR) -> None:
        self._known: OrderedDict[tuple[int, str], tuple[int, int]] = OrderedDict()
        self._most = most
        self._lifetime = lifetime

    def ahead(self, site: int, visitor: str, received: int, sent: int) -> int:
        """Milliseconds that our clock is ahead of this visitor's device."""
        measured = received - sent
        known, when = self._known.pop((site, visitor), (measured, received))
        if abs(known - measured) > JITTER or received - when > self._lifetime:
            known = measured
        self._known[site, visitor] = (known, received)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return known
