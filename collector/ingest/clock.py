"""When an event happened, by three clocks (SEMANTICS 1, REQUIREMENTS C2.8 and C2.9)."""

from __future__ import annotations

from collector.core.times import DAY

# Trackers keep unsent events for a week; an older claim from the public is not believed.
MAX_BACKDATE = 7 * DAY


def event_time(received: int, sent: int | None, created: int | None, trusted: bool = False) -> int:
    """Milliseconds UTC of the event: received - (sent - created), so that a wrong device clock cancels out.

    Args:
        received: our clock when the request arrived.
        sent, created: the device's clock when the request left and when the event happened.
        trusted: a sender with the secret key: its own clock is believed, however far back. Never the future.
    """
    if created is None:
        return received
    if trusted:
        return min(created, received)
    if sent is None or sent <= created:
        return received
    age = sent - created
    return received - age if age <= MAX_BACKDATE else received
