"""Several parts to one: their living persons' rows moved together, nothing computed anew but keys and orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from mmap import MADV_DONTNEED, mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.journeys.build import by_kind, packing
from collector.journeys.part import Int64, Part

Column = NDArray[Any]
# Takes a column's name and its values, and gives back what is to stand in the part (a mapped file, say).
Keep = Callable[[str, Column], Column]
_COPIED = ("time", "id", "visitor", "kind", "page", "source", "agent", "bot", "value", "engaged", "lag")


# What the key of a person or session and a time may take, and the rows that one part may have.
KEY_BITS = 63
MOST_ROWS = 2**31 - 1


def fit(parts: Sequence[Part]) -> bool:
    """Whether everybody who is alive in these fits into one part: their rows, and their sessions with their times."""
    parts = [part for part in parts if part.size]
    if not parts:
        return True
    # At first by what is known without a look at a column.
    ends = [(part.origin, part.origin + (1 << part.shift)) for part in parts]
    if _fit(ends, sum(part.size for part in parts), sum(len(part.session_row) for part in parts)):
        return True
    ends = [(part.bounds[0], part.bounds[1] + 1) for part in parts]
    rows = sum(int(np.diff(part.person_row)[part.alive].sum()) for part in parts)
    return _fit(ends, rows, sum(int(np.diff(_first_session(part))[part.alive].sum()) for part in parts))


def _fit(ends: Sequence[tuple[int, int]], rows: int, sessions: int) -> bool:
    wide = max(end for _, end in ends) - min(begin for begin, _ in ends) - 1
    return rows <= MOST_ROWS and max(wide, 1).bit_length() + max(sessions, 1).bit_length() <= KEY_BITS


def in_groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts one after the other, as many together as fit into one."""
    groups: list[list[Part]] = []
    for part in parts:
        if groups and fit([*groups[-1], part]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def as_they_are(name: str, values: Column) -> Column:  # noqa: ARG001 - a `Keep`
    """Keep columns in memory."""
    return values


def merge_parts(parts: Sequence[Part], keep: Keep = as_they_are) -> Part:
    """One part with everybody who is alive in these; no person may be alive in two of them.

    Columns are made one after the other and handed to `keep`, so that no more than a few are in memory at once.
    """
    living = [np.flatnonzero(part.alive) for part in parts]
    of_part = np.repeat(np.arange(len(parts)), [len(persons) for persons in living])
    old = np.concatenate(living)
    codes = np.concatenate([part.persons[persons] for part, persons in zip(parts, living, strict=True)])
    order = np.argsort(codes, kind="stable")
    of_part, old = of_part[order], old[order]
    starts = _per_person(parts, of_part, old, lambda part, persons: part.person_row[persons])
    ends = _per_person(parts, of_part, old, lambda part, persons: part.person_row[persons + 1])
    person_row = np.concatenate(([0], np.cumsum(ends - starts)))
    rows = ranges(starts, ends)
    rows += np.repeat(_offsets([part.size for part in parts])[of_part], ends - starts)
    kept: dict[str, Any] = {}
    for name in _COPIED:
        columns = [getattr(part, name) for part in parts]
        kept[name] = keep(name, np.concatenate(columns)[rows])
        _let_go(columns)
    person = np.repeat(np.arange(len(codes), dtype=np.int32), ends - starts)
    origin, shift = packing(kept["time"], len(codes))
    del rows
    key = person.astype(np.int64)
    key <<= shift
    key |= kept["time"] - origin
    kept["key"], kept["person"] = keep("key", key), keep("person", person)
    del key, person
    _let_go([kept["time"]])
    _keep_sessions(kept, keep, parts, of_part, old, person_row, starts)
    kinds = max((len(part.kind_start) - 1 for part in parts), default=0)
    kind_rows, kind_start = by_kind(kept["kind"], kept["bot"], kinds)
    kept["kind_rows"], kept["kind_start"] = keep("kind_rows", kind_rows), keep("kind_start", kind_start)
    kept["kind_keys"] = keep("kind_keys", kept["key"][kind_rows])
    kept["persons"] = keep("persons", codes[order])
    kept["person_row"] = keep("person_row", person_row.astype(np.int64))
    kept["alive"] = keep("alive", np.ones(len(codes), dtype=np.bool_))
    return Part(shift=shift, origin=origin, **kept)


def _keep_sessions(
    kept: dict[str, Any],
    keep: Keep,
    parts: Sequence[Part],
    of_part: Int64,
    old: Int64,
    person_row: Int64,
    starts: Int64,
) -> None:
    """A person's sessions stand together, in the order of their first rows, in the old numbering as in the new."""
    first = _per_person(parts, of_part, old, lambda part, persons: _first_session(part)[persons])
    end = _per_person(parts, of_part, old, lambda part, persons: _first_session(part)[persons + 1])
    counts = end - first
    number = np.concatenate(([0], np.cumsum(counts)))
    lengths = np.diff(person_row)
    rows = ranges(starts, starts + lengths)
    rows += np.repeat(_offsets([part.size for part in parts])[of_part], lengths)
    session = np.concatenate([part.session for part in parts])[rows]
    del rows
    _let_go([part.session for part in parts])
    kept["session"] = keep("session", (session + np.repeat(number[:-1] - first, lengths)).astype(np.int32))
    places = ranges(first, end) + np.repeat(_offsets([len(part.session_row) for part in parts])[of_part], counts)
    old_row = np.concatenate([part.session_row for part in parts])[places]
    kept["session_row"] = keep("session_row", old_row + np.repeat(person_row[:-1] - starts, counts))


def _first_session(part: Part) -> Int64:
    """For each person the number of their first session, and the number of sessions at the end."""
    found: Int64 = np.append(part.session[part.person_row[:-1]], len(part.session_row)).astype(np.int64)
    return found


def _let_go(columns: Sequence[Column]) -> None:
    """Give the memory of columns back that are mapped files; they can still be read."""
    for column in columns:
        base: object = column
        while isinstance(base, np.ndarray):
            base = base.base
        if isinstance(base, mmap):
            base.madvise(MADV_DONTNEED)


def _per_person(parts: Sequence[Part], of_part: Int64, old: Int64, read: Callable[[Part, Int64], Int64]) -> Int64:
    found = np.zeros(len(old), dtype=np.int64)
    for number, part in enumerate(parts):
        here = of_part == number
        found[here] = read(part, old[here])
    return found


def _offsets(sizes: Sequence[int]) -> Int64:
    return np.concatenate(([0], np.cumsum(sizes)))[:-1].astype(np.int64)


def ranges(starts: Int64, ends: Int64) -> Int64:
    """The numbers from each start up to its end (exclusive), one run after the other."""
    lengths = ends - starts
    total = int(lengths.sum())
    if total > 2 * len(lengths):  # steps of one but from run to run, which is quicker than to repeat what each adds
        some = lengths > 0
        if not some.all():
            starts, ends, lengths = starts[some], ends[some], lengths[some]
        steps = np.ones(total, dtype=np.int64)
        steps[0] = starts[0]
        steps[np.cumsum(lengths[:-1])] = starts[1:] - ends[:-1] + 1
        return np.cumsum(steps, out=steps)
    before = np.cumsum(lengths) - lengths
    found: Int64 = np.arange(total, dtype=np.int64)
    found += np.repeat(starts - before, lengths)
    return found
