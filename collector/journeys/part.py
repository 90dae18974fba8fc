"""Complete journeys of some persons as columns: what every report folds over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from collector.journeys.memo import Memo

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)
# In the column of bots, a row that is no act of anybody: a list said who is in which arm of an experiment, while they
# were elsewhere. It begins no visit and makes nobody active; `reports.assigned` finds it.
ASIDE = -1
# Rows whose columns, and what is made of them, stay in a processor's cache: several steps over each such piece take
# half the time of the same steps over all rows.
PIECE = 1 << 16


class Hits(NamedTuple):
    """Rows that fit a matcher, ascending, and their keys."""

    keys: Int64
    rows: Int64 | Int32


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows are events sorted by (person, time, id); engagement is folded into the page row it belongs to.

    A report computes on each part and merges, since a part holds all events of each of its persons.

    Row columns (length N):
        person: index into `persons`, ascending. time: ms UTC. key: `person << shift | time - origin`, ascending.
        id: ledger id. visitor, kind, page, source, agent: dictionary ids, -1 for none. bot: 0 for people, `ASIDE`.
        value: number carried, NaN for none. engaged: ms of attention on that page view. lag: ms from the row to the
        last engagement that was folded into it, -1 for none (only the refresh needs it).
        session: index into `session_row`.
    Person columns (length P):
        persons: code of each person (see `person_code`). person_row: first row; length P + 1, so that person p has
        the rows `person_row[p]:person_row[p + 1]`. alive: False for persons whose journeys another part now holds.
    Session columns (length S): session_row: the session's first row. Sessions are in the order of their first rows.
    Kind order (rows whose bot is 0): kind_rows: rows sorted by (kind, row); kind_keys: their keys;
        kind_start: for kind id k the rows `kind_start[k]:kind_start[k + 1]` of those.
    memo: what was derived from these columns (not from `alive`), kept as long as they are.
    """

    shift: int
    origin: int
    person: Int32
    time: Int64
    key: Int64
    id: Int64
    visitor: Int32
    kind: Int32
    page: Int32
    source: Int32
    agent: Int32
    bot: Int16
    value: Float64
    engaged: Int32
    lag: Int32
    session: Int32
    persons: Int64
    person_row: Int64
    alive: Bool
    session_row: Int64
    kind_rows: Int32
    kind_keys: Int64
    kind_start: Int64
    memo: Memo = field(default_factory=Memo, repr=False)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.time)

    @property
    def whole(self) -> bool:
        """True where every person of the part is alive."""
        return bool(self.alive.all())

    def counted(self, include_bots: bool, rows: Int64 | None = None) -> Bool:
        """Which rows (all, or these) are something that somebody did: people, and where asked for bots."""
        bot = self.bot if rows is None else self.bot[rows]
        return bot >= 0 if include_bots else bot == 0

    @property
    def bounds(self) -> tuple[int, int]:
        """The times of the first and the last of its events; it has to have one."""
        return self.memo.get("bounds", lambda: (int(self.time.min()), int(self.time.max())))

    @classmethod
    def array_names(cls) -> tuple[str, ...]:
        """The names of its arrays, as the files of a stored view are called."""
        return tuple(column.name for column in fields(cls) if column.name not in ("shift", "origin", "memo"))


def person_code(visitor: int, person: int | None) -> int:
    """One number for a person: odd for a known person, even for an anonymous visitor of their own."""
    return visitor * 2 if person is None else person * 2 + 1


def known_person(code: int) -> int | None:
    """The known person's dictionary id behind a code, None for an anonymous visitor."""
    return code // 2 if code % 2 else None


def looked_up(table: NDArray[T], places: Int32) -> NDArray[T]:
    """`table[places]` for many places, without an array of eight bytes for each of them on the way."""
    found = np.empty(len(places), dtype=table.dtype)
    for piece in pieces(len(places)):
        found[piece] = table[places[piece]]
    return found


def pieces(rows: int) -> Iterator[slice]:
    """So many rows in pieces, for what takes several steps over all of them."""
    return (slice(start, min(start + PIECE, rows)) for start in range(0, rows, PIECE))
