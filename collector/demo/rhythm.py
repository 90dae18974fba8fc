"""When people come: by the hour, by the weekday, and a little more of them with time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from random import Random

from collector.core.times import DAY, HOUR
from collector.demo.world import HOURS, WEEKDAYS


def moment(rng: Random, day_start: int) -> int:
    """A moment within 24 h of `day_start`, by the rhythm of hours."""
    first = datetime.fromtimestamp(day_start / 1000, UTC).hour
    hours = [HOURS[(first + step) % 24] for step in range(24)]
    return day_start + rng.choices(range(24), hours)[0] * HOUR + rng.randrange(HOUR)


@cache
def first_days(now: int, days: int) -> tuple[list[int], list[float]]:
    """The starts of the 24 h in which somebody may come first, and how many do: by weekday, with slow growth."""
    starts = [now - (back + 1) * DAY for back in range(days)]
    weights = [
        WEEKDAYS[datetime.fromtimestamp((start + DAY // 2) / 1000, UTC).weekday()] * (1.4 - 0.5 * back / days)
        for back, start in enumerate(starts)
    ]
    return starts, list(accumulate(weights))
