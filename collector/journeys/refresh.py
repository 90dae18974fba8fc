"""Bring a view up to the ledger: rebuild the journeys of those touched, leave everybody else's rows where they are.

Segments grow like a log-structured merge tree: a refresh writes a small one with the whole journeys of whoever was
touched and marks them as gone from where they were; small ones are merged as they gather, and all together when they
make up a tenth of the base. Where a segment has no room for the next, that one becomes the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from collector.journeys import first
from collector.journeys.build import build_part, orphans
from collector.journeys.dictionaries import Dictionaries
from collector.journeys.files import Generation, SiteFiles
from collector.journeys.merge import fit, in_groups, merge_parts
from collector.journeys.part import Bool, Int64, Part
from collector.journeys.rawrows import Rows, codes_of, from_ledger, from_part, joined, together
from collector.store.protocol import Change, Ledger

LEAST_COMPACTED = 200_000
COMPACTED_SHARE = 0.1
# From this many new events on, building anew is faster than rebuilding persons.
MOST_NEW = 1_000_000
# So too from this many changed visitors on.
MOST_CHANGED = 200_000
# Changes after which a visitor's stored events are no longer those in the view.
REREAD = frozenset(("trim", "bots"))


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    visitor: Int64
    person: Int64

    def codes(self, visitors: Int64) -> Int64:
        return codes_of(visitors, self.visitor, self.person)


class Refresher:
    """Writes one site's view; to be used under `SiteFiles.writing`."""

    def __init__(self, ledger: Ledger, site: int, files: SiteFiles, dictionaries: Dictionaries) -> None:
        self._ledger, self._site, self._files, self._dictionaries = ledger, site, files, dictionaries

    def run(self, now: Generation | None) -> Generation | None:
        """The new generation, already current; None where `now` holds everything."""
        # Changes are read before events: an event erased after that is still in what is scanned only if its erasure
        # is among the changes of the next refresh.
        changes = self._ledger.changes(self._site, now.meta.change if now else 0)
        if now is None:
            return self._from_nothing(changes)
        new = list(first.scan(self._ledger, self._site, now.meta.head))
        if not new and not changes:
            return None
        if sum(len(columns.id) for columns in new) > MOST_NEW or len(changes) > MOST_CHANGED:
            return self._from_nothing(changes, now)
        self._dictionaries.extend()
        rows = from_ledger(joined(new), self._dictionaries) if new else None
        head = int(new[-1].id[-1]) if new else now.meta.head
        return self._advance(now, rows, head, changes)

    def _from_nothing(self, changes: Sequence[Change], now: Generation | None = None) -> Generation:
        erasure = max(self._files.next_erasure(), now.meta.erasure + 1 if now else 0)
        last = changes[-1].id if changes else now.meta.change if now else 0
        built = first.build(self._ledger, self._site, self._files, self._dictionaries, last, erasure)
        fresh = self._files.switch(built)
        self._files.sweep((fresh,))
        return fresh

    def _advance(self, now: Generation, new: Rows | None, head: int, changes: Sequence[Change]) -> Generation:
        before = _Links(now.link_visitor, now.link_person)
        after = self._relinked(before, np.unique(np.array([change.visitor for change in changes], dtype=np.int64)))
        forgotten = _visitors(changes, frozenset(("forget",)))
        reread = np.setdiff1d(_visitors(changes, REREAD), forgotten)
        gone = np.union1d(forgotten, _visitors(changes, frozenset(("trim",))))
        arrived = np.unique(new.raw.visitor) if new else np.empty(0, dtype=np.int64)
        touched = np.unique(np.concatenate([arrived, _moved(before, after), forgotten, reread]))
        codes = np.unique(np.concatenate([before.codes(touched), after.codes(touched)]))
        parts = [self._files.segment(name) for name in now.meta.segments]
        alive = [np.array(mask) for mask in now.alive]
        old = self._take_out(parts, alive, codes)
        erased = old is not None and bool(np.isin(old.raw.visitor, gone).any())
        if old is not None and erased:
            old = old.only(~np.isin(old.raw.visitor, forgotten))
        lonely = np.setdiff1d(now.orphans, forgotten)
        late = np.union1d(reread, _late(old, new, lonely)) if new else reread
        rows = self._current(old, new, head, late)
        rows = None if rows is None else rows.coded(after.visitor, after.person)
        segments = list(now.meta.segments)
        lonely = np.setdiff1d(lonely, late)
        if rows is not None and rows.size:
            built = build_part(rows.raw, self._dictionaries.kind_bound, rows.lag)
            lonely = np.union1d(lonely, orphans(rows.raw))
            if built.size:
                segments.append(self._files.write_segment(lambda _: built))
                alive.append(np.ones(len(built.persons), dtype=np.bool_))
        if erased:
            segments, alive = self._tidy(segments, alive, everything=True)
        meta = replace(
            now.meta,
            head=head,
            change=changes[-1].id if changes else now.meta.change,
            segments=tuple(segments),
            erasure=now.meta.erasure + (1 if len(gone) else 0),
        )
        fresh = self._files.switch(Generation("", meta, tuple(alive), after.visitor, after.person, lonely))
        # After an erasure nothing of before may stay on disk.
        self._files.sweep((fresh,) if len(gone) else (fresh, now))
        return self._tidied(fresh)

    def _tidied(self, now: Generation) -> Generation:
        """Merge segments where they have become many: when what is new can be read already, since it takes a while."""
        segments, alive = self._tidy(list(now.meta.segments), list(now.alive))
        if tuple(segments) == now.meta.segments:
            return now
        fresh = self._files.switch(replace(now, meta=replace(now.meta, segments=tuple(segments)), alive=tuple(alive)))
        self._files.sweep((fresh, now))
        return fresh

    def _take_out(self, parts: Sequence[Part], alive: Sequence[Bool], codes: Int64) -> Rows | None:
        """All rows of the persons with these codes, who are no longer alive where they were."""
        taken = []
        for part, living in zip(parts, alive, strict=True):
            if not len(part.persons):
                continue
            places = np.minimum(np.searchsorted(part.persons, codes), len(part.persons) - 1)
            found = places[(part.persons[places] == codes) & living[places]]
            if len(found):
                taken.append(from_part(part, found, self._dictionaries))
                living[found] = False
        return together(taken) if taken else None

    def _relinked(self, links: _Links, changed: Int64) -> _Links:
        """The links with those of these visitors as they are now."""
        if not len(changed):
            return links
        rows = self._ledger.links(self._site, changed.tolist())
        kept = ~np.isin(links.visitor, changed)
        visitor = np.concatenate([links.visitor[kept], np.array([row.visitor for row in rows], dtype=np.int64)])
        person = np.concatenate([links.person[kept], np.array([row.person for row in rows], dtype=np.int64)])
        order = np.argsort(visitor)
        return _Links(visitor[order], person[order])

    def _current(self, old: Rows | None, new: Rows | None, head: int, late: Int64) -> Rows | None:
        """Old and new rows together; visitors in `late` are read from the ledger again: what is stored of them changed,
        or their new events came late.

        Attention is folded into the event before it, so an event that arrives after attention that came later than
        it takes what was given to another.
        """
        if len(late):
            read = from_ledger(self._ledger.scan_visitors(self._site, late.tolist()), self._dictionaries)
            read = read.only(read.raw.id <= head)
            new = read if new is None else together([new.only(~np.isin(new.raw.visitor, late)), read])
            old = None if old is None else old.only(~np.isin(old.raw.visitor, late))
        if old is None or new is None:
            return new if old is None else old
        return together([old, new])

    def _tidy(self, segments: list[str], alive: list[Bool], everything: bool = False) -> tuple[list[str], list[Bool]]:
        """Drop segments that nobody lives in, and merge what has become many or much."""
        kept = [(name, mask) for name, mask in zip(segments, alive, strict=True) if mask.any()]
        parts = [replace(self._files.segment(name), alive=mask) for name, mask in kept]
        sizes = [int(np.diff(part.person_row)[part.alive].sum()) for part in parts]
        base = _base(parts)
        join = 1
        while join < len(parts) - base - 1 and sizes[-join - 1] < 2 * sum(sizes[-join:]):
            join += 1
        if everything:
            join = len(parts)
        elif sum(sizes[base + 1 :]) > max(LEAST_COMPACTED, COMPACTED_SHARE * (parts[base].size if parts else 0)):
            join = len(parts) - base
        # A segment without room is written anew once most of who was in it has moved on.
        left = next((at for at in range(base) if 2 * sizes[at] < parts[at].size), base)
        join = len(parts) - left if left < base else join
        if join > 1 or (everything and parts):
            joined_, kept = kept[len(kept) - join :], kept[: len(kept) - join]
            for group in in_groups(parts[len(parts) - join :]):
                old, joined_ = joined_[: len(group)], joined_[len(group) :]
                kept += old if len(group) == 1 and group[0].whole else [self._merged(group)]
        return [name for name, _ in kept], [mask for _, mask in kept]

    def _merged(self, parts: Sequence[Part]) -> tuple[str, Bool]:
        name = self._files.write_segment(partial(merge_parts, parts))
        return name, np.ones(sum(int(part.alive.sum()) for part in parts), dtype=np.bool_)


def _base(parts: Sequence[Part]) -> int:
    """The segment that newer ones are merged with once they are many: the first that has room for the next one."""
    return next((at for at in range(len(parts) - 1) if fit(parts[at : at + 2])), max(len(parts) - 1, 0))


def _visitors(changes: Sequence[Change], kinds: frozenset[str]) -> Int64:
    """Whom changes of these kinds touch."""
    return np.unique(np.array([change.visitor for change in changes if change.kind in kinds], dtype=np.int64))


def _moved(before: _Links, after: _Links) -> Int64:
    """Visitors whose person differs."""
    if before is after:
        return np.empty(0, dtype=np.int64)
    visitors = np.union1d(before.visitor, after.visitor)
    moved: Int64 = visitors[before.codes(visitors) != after.codes(visitors)]
    return moved


def _late(old: Rows | None, new: Rows, lonely: Int64) -> Int64:
    """Visitors with a new event that is not later than attention which was folded already, or was without an event."""
    event = ~new.raw.engagement
    visitor, time = new.raw.visitor[event], new.raw.time[event]
    late = np.isin(visitor, lonely)
    if old is not None:
        noted = np.flatnonzero(old.lag >= 0)
        owner, until = old.raw.visitor[noted], old.raw.time[noted] + old.lag[noted]
        # The latest attention of each visitor: sorted by visitor and time, the last row of each.
        order = np.lexsort((until, owner))
        owner, until = owner[order], until[order]
        place = np.searchsorted(owner, visitor, "right") - 1
        known = place >= 0
        known[known] = owner[place[known]] == visitor[known]
        late[known] |= time[known] <= until[place[known]]
    return np.unique(visitor[late])
