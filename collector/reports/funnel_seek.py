"""From some events to the next ones of the same persons or sessions, all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from collector.journeys.part import Bool, Int32, Int64, Part


@dataclass(frozen=True, slots=True, eq=False)
class Seek:
    """A search for the next events that count, from some rows on.

    passive: the kinds that do not. bots: whether those of bots do.
    session: of each row, None where all of a person's acts are followed. last: the row past which nothing is theirs.
    """

    part: Part
    passive: frozenset[int]
    bots: bool
    rows: Int64
    session: Int32 | None
    last: Int64

    @classmethod
    def of(cls, part: Part, rows: Int64, sessions: bool, bots: bool, passive: frozenset[int] = frozenset()) -> Seek:
        """From each row to the next of the same person, or of the same session."""
        session = part.session[rows] if sessions else None
        last = part.person_row[part.person[rows] + 1] - 1 if session is None else session_ends(part)[session]
        return cls(part, passive, bots, rows, session, last.astype(np.int64, copy=False))

    def on(self) -> tuple[Int64, Seek]:
        """The places of those who did anything more, and the search from what they did on."""
        found = np.full(len(self.rows), -1, dtype=np.int64)
        seeking = np.flatnonzero(self.rows < self.last)
        place = self.rows[seeking] + 1
        while len(seeking):
            fits = self._counts(place, seeking)
            found[seeking[fits]] = place[fits]
            again = np.flatnonzero(~fits)
            again = again[place[again] < self.last[seeking[again]]]
            seeking, place = seeking[again], place[again] + 1
        some = np.flatnonzero(found >= 0)
        return some, replace(self, rows=found).only(some)

    def only(self, places: Int64) -> Seek:
        """The search from some of the rows."""
        session = None if self.session is None else self.session[places]
        return replace(self, rows=self.rows[places], session=session, last=self.last[places])

    def _counts(self, place: Int64, seeking: Int64) -> Bool:
        fits = self.part.counted(self.bots, place)
        if self.session is not None:
            fits &= self.part.session[place] == self.session[seeking]
        for kind in self.passive:
            fits &= self.part.kind[place] != kind
        return fits


def session_ends(part: Part) -> Int32:
    """The last row of each session of the part, remembered with it: sessions of one person may be mixed."""
    return part.memo.get("session ends", lambda: _session_ends(part))


def _session_ends(part: Part) -> Int32:
    last = np.flatnonzero(part.session[1:] != part.session[:-1])
    ends = np.full(len(part.session_row), part.size - 1, dtype=np.int32)
    ends[part.session[last]] = last  # rows ascend, and of several writes to one place the last one stays
    if part.size:
        ends[part.session[-1]] = part.size - 1
    return ends
