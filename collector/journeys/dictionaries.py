"""The ledger's dictionaries in memory, read on from where the last reading ended."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

import numpy as np

from collector.core.event import ASSIGNED, ENGAGEMENT, Agent, Kind, Source
from collector.journeys.part import Bool, Int64
from collector.store.protocol import Ledger


class Dictionaries:
    """What the ids in a site's columns stand for; `cookieless`, ascending, are the visitors counted for a day only.

    Mappings and arrays are replaced, never changed: a report may be reading one.
    """

    def __init__(self, ledger: Ledger, site: int) -> None:
        self._ledger, self._site = ledger, site
        self._lock = Lock()
        self.kinds: Mapping[int, Kind] = {}
        self.pages: Mapping[int, tuple[str, str]] = {}
        self.sources: Mapping[int, Source] = {}
        self.agents: Mapping[int, Agent] = {}
        self.cookieless: Int64 = np.empty(0, dtype=np.int64)
        self._seen = 0

    def extend(self) -> None:
        """Read what is new."""
        with self._lock:
            self._extend()

    def _extend(self) -> None:
        ledger, site = self._ledger, self._site
        if kinds := ledger.kinds(site, max(self.kinds, default=0)):
            self.kinds = {**self.kinds, **dict(kinds)}
        if pages := ledger.pages(site, max(self.pages, default=0)):
            self.pages = {**self.pages, **{number: (url, path) for number, url, path in pages}}
        if sources := ledger.sources(site, max(self.sources, default=0)):
            self.sources = {**self.sources, **dict(sources)}
        if agents := ledger.agents(max(self.agents, default=0)):
            self.agents = {**self.agents, **dict(agents)}
        ids, self._seen = ledger.cookieless(site, self._seen)
        if ids:
            self.cookieless = np.concatenate((self.cookieless, np.array(ids, dtype=np.int64)))

    @property
    def kind_bound(self) -> int:
        """One more than the greatest kind id."""
        return max(self.kinds, default=0) + 1

    def is_engagement(self, kind: Int64) -> Bool:
        """Which of these kinds only carry attention."""
        return np.isin(kind, [number for number, one in self.kinds.items() if one.type == ENGAGEMENT])

    def is_aside(self, kind: Int64, page: Int64) -> Bool:
        """Which events of these kinds and pages tell who is in an experiment and happened on no page."""
        return np.isin(kind, [number for number, one in self.kinds.items() if one == ASSIGNED]) & (page < 0)

    def is_campaign(self, source: Int64) -> Bool:
        """Which of these sources are campaigns (utm or click id)."""
        return np.isin(source, [number for number, one in self.sources.items() if one.campaign_mark])
