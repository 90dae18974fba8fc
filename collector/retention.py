"""Lets each site's old data go once a day, beside the loader and out of its way (REQUIREMENTS E5)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from collector.catalog.values import Site
from collector.core.times import DAY, HOUR
from collector.store.protocol import Ledger, LedgerDown

log = logging.getLogger(__name__)
# A run that was cut short goes on at the next look; one that ended waits for most of a day, so that its hour stays.
LOOK = 600.0
EVERY = 23 * HOUR
# Between two transactions, so that the loader gets its turn.
PAUSE = 0.05


def oldest_kept(site: Site, now: int, days: int | None = None) -> int | None:
    """The instant (ms UTC) before which a site keeps nothing; None where it keeps everything.

    Args:
        days: instead of the site's own setting.
    """
    kept = site.options.kept_days if days is None else days
    return now - kept * DAY if kept else None


def told(counts: Mapping[str, int]) -> str:
    """Counts by table in one line."""
    return ", ".join(f"{number:,} {table}" for table, number in counts.items() if number) or "nothing"


class Retention:
    """Runs in a thread of its own until told to stop.

    Args:
        sites: the sites with their settings, asked at every look.
        clock: ms UTC now.
        changed: called with the sites whose journeys must follow.
    """

    def __init__(
        self,
        ledger: Ledger,
        sites: Callable[[], Sequence[Site]],
        clock: Callable[[], int],
        changed: Callable[[frozenset[int]], None],
    ) -> None:
        self._ledger, self._sites, self._clock, self._changed = ledger, sites, clock, changed
        self._emptied: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the transaction that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def look(self) -> None:
        """Let go of what is due; raises LedgerDown where the database takes nothing."""
        for number in sorted(self._ledger.deleted_sites() - self._emptied):
            # Also once more after a restart: an append that was under way may have left something behind.
            counts = self._ledger.delete_site(number, self._breathe)
            if self._stop.is_set():
                return
            self._emptied.add(number)
            log.info("deleted site %d: %s removed", number, told(counts))
        for site in self._sites():
            now = self._clock()
            before = oldest_kept(site, now)
            last = self._ledger.last_expiry(site.id)
            # A shorter time that somebody has just set is heeded at once.
            due = last is None or now - last.time >= EVERY or (before or 0) - last.before >= 2 * DAY
            if before is None or not due or self._stop.is_set():
                continue
            counts = self._ledger.expire(site.id, before, now, self._breathe)
            log.info("retention of %s: %s removed", site.name, told(counts))
            self._changed(frozenset((site.id,)))

    def _breathe(self) -> bool:
        return self._stop.wait(PAUSE)

    def _loop(self) -> None:
        try:
            while not self._stop.wait(LOOK / 20):
                try:
                    self.look()
                except LedgerDown as error:
                    log.warning("retention waits: the ledger takes nothing (%s)", error)
                except Exception:
                    log.exception("retention failed; next try in %.0f s", LOOK)
                if self._stop.wait(LOOK - LOOK / 20):
                    return
        finally:
            self._ledger.close()
