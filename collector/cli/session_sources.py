"""The source of the session that each event belongs to, for exports: worked out from the ledger's columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collector.core import event as events
from collector.core.event import Source
from collector.journeys.sessions import session_starts
from collector.store.protocol import Ledger

_PAGE = 200_000
_DIRECT = Source()


class SessionSources:
    """Answers for every event that the ledger held when this was made.

    Engagement, and who is in an experiment by a list, take the session of the visitor's event before; they neither
    begin nor extend one (SEMANTICS 2).
    """

    def __init__(self, ledger: Ledger, site: int) -> None:
        self._names = {number: _name(source) for number, source in ledger.sources(site)}
        campaigns = [number for number, source in ledger.sources(site) if source.campaign_mark]
        kinds = ledger.kinds(site)
        attention = [number for number, kind in kinds if kind.type == events.ENGAGEMENT]
        assigned = [number for number, kind in kinds if kind == events.ASSIGNED]
        ids, visitor, time, kind, source, bot, page = read_columns(ledger, site)
        silent = np.isin(kind, attention) | (np.isin(kind, assigned) & (page < 0) & (bot == 0))
        order = np.lexsort((ids, time, visitor))
        counted = order[~silent[order]]
        starts = session_starts(
            visitor[counted].astype(np.int32),
            time[counted],
            source[counted].astype(np.int32),
            np.isin(source[counted], campaigns),
        )
        first = (
            counted[np.maximum.accumulate(np.where(starts, np.arange(len(counted)), 0))] if len(counted) else counted
        )
        of_event = np.full(len(ids), -1, dtype=np.int64)
        of_event[counted] = source[first]
        _fill(of_event, order, visitor, silent)
        self._ids, self._sources = ids, of_event

    def of(self, number: int) -> str:
        """`channel/source` of the session of the event with this ledger id."""
        place = int(np.searchsorted(self._ids, number))
        if place >= len(self._ids) or self._ids[place] != number:
            return ""
        return self._names.get(int(self._sources[place]), _name(_DIRECT))


def _name(source: Source) -> str:
    return f"{source.channel}/{source.source}" if source.source else source.channel


def read_columns(ledger: Ledger, site: int) -> tuple[NDArray[np.int64], ...]:
    """id, visitor, time, kind, source, bot, page of every event of the site, in order of id."""
    pages = []
    after = 0
    while True:
        page = ledger.scan(site, after, _PAGE)
        pages.append((page.id, page.visitor, page.time, page.kind, page.source, page.bot, page.page))
        if len(page.id) < _PAGE:
            break
        after = int(page.id[-1])
    return tuple(np.concatenate(column) for column in zip(*pages, strict=True))


def _fill(
    of_event: NDArray[np.int64], order: NDArray[np.int64], visitor: NDArray[np.int64], silent: NDArray[np.bool_]
) -> None:
    """Give silent events the source of the same visitor's last event that counted."""
    places = np.where(silent[order], -1, np.arange(len(order)))
    last = np.maximum.accumulate(places) if len(places) else places
    quiet = np.flatnonzero(silent[order] & (last >= 0))
    same = visitor[order[last[quiet]]] == visitor[order[quiet]]
    of_event[order[quiet[same]]] = of_event[order[last[quiet[same]]]]
