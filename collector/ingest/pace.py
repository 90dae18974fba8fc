"""Whoever opens page after page for minutes and touches nothing is no person (F2, the layer of behaviour).

The bar is high on purpose: sixty pages in each of five minutes in a row, without one click, form or event of the site's
own. People reach it on no site; a page that changes its address by itself every second is watched by nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from collector.core.event import CLICK, CUSTOM, DOWNLOAD, FORM, FORM_FAILED, FORM_START, OUTBOUND, PAGE, PASSIVE, Event
from collector.core.times import MINUTE

PAGES = 60
MINUTES = 5
# Visitors remembered, the latest ones: some 3 MB.
MOST = 20_000
_ACTS = frozenset((CLICK, OUTBOUND, DOWNLOAD, FORM_START, FORM, FORM_FAILED, CUSTOM))


class _Run:
    """Pages of one visitor in minutes in a row that were full, and when the first of those minutes began."""

    __slots__ = ("full", "minute", "pages", "since")

    def __init__(self, time: int) -> None:
        self.minute, self.pages, self.full, self.since = time // MINUTE, 0, 0, time

    def page(self, time: int) -> None:
        """One page more; what is older than the last is a retry, or too late to matter."""
        minute = time // MINUTE
        if minute < self.minute:
            return
        if minute > self.minute and self.full < MINUTES:
            goes_on = minute == self.minute + 1 and self.pages >= PAGES
            self.full = self.full + 1 if goes_on else 0
            self.since = self.since if goes_on else time
            self.minute, self.pages = minute, 0
        self.pages += 1


class Pace:
    """What visitors did in the last minutes, in bounded memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._runs: OrderedDict[tuple[int, str], _Run] = OrderedDict()
        self.found: list[tuple[int, str, int]] = []
        """(site, visitor, since ms UTC) of visitors found out, whose earlier events should be flagged too."""

    def flag(self, site: int, events: Sequence[Event]) -> None:
        """Say of those whose visitor was found out that no person did them."""
        for event in events:
            run = self._runs.get((site, event.visitor))
            if run is not None and run.full >= MINUTES and not event.bot:
                event.bot = "behaviour"

    def note(self, site: int, events: Sequence[Event]) -> None:
        """Take a browser's events into account, once they are stored: what fails comes again."""
        for event in events:
            if event.type == PAGE and not event.bot:
                self._page(site, event)
            elif event.type in _ACTS and event.kind not in PASSIVE:
                self._runs.pop((site, event.visitor), None)

    def _page(self, site: int, event: Event) -> None:
        key = (site, event.visitor)
        run = self._runs.get(key)
        if run is None:
            if len(self._runs) >= self._most:
                self._runs.popitem(last=False)
            run = self._runs[key] = _Run(event.time)
        before = run.full
        run.page(event.time)
        self._runs.move_to_end(key)
        if before < MINUTES <= run.full:
            self.found.append((site, event.visitor, run.since))
