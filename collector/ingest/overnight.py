"""A visit without a cookie that goes on over midnight stays one visitor's (REQUIREMENTS E3)."""

from __future__ import annotations

from collections.abc import Mapping

from collector.core.times import MINUTE

GAP = 30 * MINUTE
_MANY = 100_000


class Overnight:
    """Which keys of visitors without a cookie were active lately, so that one of yesterday can go on.

    The door names both keys, today's and yesterday's; only who loads the events in order can tell which is meant.
    Restarted around midnight it has forgotten, and a visit is cut in two.
    """

    def __init__(self, many: int = _MANY) -> None:
        self._many = many
        self._last: dict[tuple[int, str], int] = {}

    def visitor(self, site: int, today: str, yesterday: str, received: int) -> str:
        """The key that events of `received` (ms UTC) belong to; `yesterday` is "" where there is none."""
        before = self._last.get((site, yesterday)) if yesterday else None
        key = today if before is None or received - before > GAP else yesterday
        self._last[site, key] = max(received, self._last.get((site, key), received))
        if len(self._last) > self._many:
            self._last = _lately(self._last)
            self._many = max(self._many, 2 * len(self._last))
        return key


def _lately(last: Mapping[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    newest = max(last.values())
    return {key: time for key, time in last.items() if newest - time <= GAP}
