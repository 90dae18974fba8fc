"""What the pretend shop pays for its advertising, day by day, as a bill would say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from collector.core.spend import SpendDay
from collector.demo.world import WEEKDAYS, World

CURRENCY = "EUR"
# Channel, source, campaign, and what a day costs on average in the default world: a visit of each costs about
# as much as such clicks do.
_BILLS = (
    ("paid_search", "google", "coffee-plans", 21.0),
    ("paid_social", "facebook", "first-bag", 17.0),
    ("retargeting", "adnet", "cart-reminder", 19.0),
    ("retargeting", "bannernet", "still-fresh", 11.0),
)


def costs(world: World) -> list[SpendDay]:
    """The cost of each day of a world, the same for the same world; it grows with the number of people."""
    rng = Random(f"{world.seed}/costs")
    first = datetime.fromtimestamp(world.start / 1000, UTC).date()
    scale = world.visitors / 8_000 * 60 / world.days
    found = []
    for number in range(world.days + 1):
        day = first + timedelta(days=number)
        busy = WEEKDAYS[day.weekday()] / 8.6
        for channel, source, campaign, usual in _BILLS:
            cost = round(usual * scale * busy * rng.uniform(0.85, 1.15), 2)
            found.append(SpendDay(day.isoformat(), channel, source, campaign, cost, CURRENCY))
    return found
