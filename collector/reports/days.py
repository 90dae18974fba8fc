"""Numbers of days beside a short time for the goal: programs get days as ever, people read hours and minutes."""

from __future__ import annotations

from collections.abc import Mapping

from collector.core.text import Text
from collector.core.times import DAY

SHORT = 2 * DAY  # of a shorter time 0.04 of a day says nothing to anybody


def days_hint(horizon: int, *columns: str) -> Mapping[str, object]:
    """The hint `days` of a block for these columns, empty where the time for the goal (ms) is long enough for days."""
    return {"days": columns} if horizon < SHORT else {}


def by_length(horizon: int, days: Text, time: Text) -> Text:
    """The words that speak of days, or where the time for the goal (ms) is short those that speak of time."""
    return time if horizon < SHORT else days
