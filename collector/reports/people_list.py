"""The list of people behind a number: one block that every report makes in the same way.

Example, of a report whose page was asked for `people=...`:

    listed = [Behind.latest(part, rows) for part, rows in found]      # one entry a person: the last of these rows
    listed = [Behind.each(part, rows, {"worth": part.value[rows]})]   # one entry a row, with a fact of each
    listed = [Behind.persons(part, mask)]                             # persons as a mask; time is when last seen
    block = people_block(journeys, query, listed, T("Who bought"), (Column("worth", T("Worth"), "money"),))

The title ends with how many there are in all, whatever is shown, and `block.draw["total"]` is that number for tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.visitors_rows import FACTS, facts, last_seen

MOST = 1_000
LIMIT = Param("limit", "int", T("Rows"), T("Of the list of people."), default=str(MOST), minimum=1, maximum=100_000)
WHEN = Column("time", T("When"), "time")
KNOWN = ("first_seen", "last_seen", "sessions", "channel", "source", "goals")
_COUNTED = {
    "person": (T("{list}: {n} people"), T("{list}: one person")),
    "session": (T("{list}: {n} sessions"), T("{list}: one session")),
    "visit": (T("{list}: {n} visits"), T("{list}: one visit")),
    "conversion": (T("{list}: {n} conversions"), T("{list}: one conversion")),
    "cart": (T("{list}: {n} carts"), T("{list}: one cart")),
    "chat": (T("{list}: {n} chats"), T("{list}: one chat")),
    "event": (T("{list}: {n} events"), T("{list}: one event")),
    "move": (T("{list}: {n} moves"), T("{list}: one move")),
}

# A fact of each entry: an array as long as the entries (NaN is nothing), or what makes the cells of some of them, for
# cells that cost something (asked for those shown only).
Fact: TypeAlias = "NDArray[Any] | Callable[[Int64], Sequence[Cell]]"


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Entries of one part behind a number: persons, or sessions or events of theirs, one each.

    person: index into `part.persons`. time: ms UTC, by which the list is sorted. facts: by column name.
    """

    part: Part
    person: Int64 | Int32
    time: Int64
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @classmethod
    def persons(
        cls, part: Part, persons: Bool | Int64, facts: Mapping[str, Fact] | None = None, include_bots: bool = False
    ) -> Behind:
        """One entry a person, given as a mask or as indices; their time is that of their last event."""
        places = np.flatnonzero(persons) if persons.dtype == np.bool_ else persons.astype(np.int64, copy=False)
        return cls(part, places, last_seen(part, include_bots)[places], facts or {})

    @classmethod
    def each(cls, part: Part, rows: Int64, facts: Mapping[str, Fact] | None = None) -> Behind:
        """One entry a row, at the row's time."""
        return cls(part, part.person[rows], part.time[rows], facts or {})

    @classmethod
    def latest(cls, part: Part, rows: Int64) -> Behind:
        """One entry a person: the last of their rows, which ascend."""
        person = part.person[rows]
        return cls.each(part, rows[np.append(person[1:] != person[:-1], True)] if len(rows) else rows)

    @classmethod
    def codes(cls, journeys: Journeys, codes: Int64, include_bots: bool = False) -> list[Behind]:
        """The persons alive with these codes, wherever they are."""
        return [
            cls.persons(part, part.alive & np.isin(part.persons, codes), include_bots=include_bots)
            for part in journeys.each()
        ]


def people_block(
    journeys: Journeys,
    query: Query,
    listed: Sequence[Behind],
    title: Text,
    columns: Sequence[Column] = (),
    *,
    when: Column | None = WHEN,
    known: Sequence[str] = KNOWN,
    unit: str = "person",
    limit: int | None = None,
) -> Block:
    """The block `people`: the latest entries first, each with its person, time, facts, and what is known of the person.

    Names and what is known are looked up for those shown only, so that a million entries cost a partition.

    Args:
        listed: the entries, part by part.
        title: who they are, without their number.
        columns: those of `Behind.facts` to show, in order.
        when: the column of `Behind.time`; None leaves it out (where it is when they were last seen, say).
        known: names of `visitors_rows.FACTS`.
        unit: what an entry is: person, session or visit, conversion or event.
        limit: most rows; without it the question's own `limit` (see `LIMIT`), else 1,000.

    Raises:
        KeyError: a column or a name that there is not.
    """
    total = sum(len(one.person) for one in listed)
    asked = query.values.get("limit")
    most = limit if limit is not None else asked if isinstance(asked, int) else MOST
    shown = _latest(listed, most)
    many, single = _COUNTED[unit]
    return Block(
        id="people",
        kind="table",
        title=Text((single if total == 1 else many).template, {"list": title, "n": Value(total, "count")}),
        columns=(
            Column("person", T("Person"), "person"),
            *(() if when is None else (when,)),
            *columns,
            *(FACTS[name] for name in known),
        ),
        rows=_cells(journeys, query, listed, shown, [column.name for column in columns], when is not None, known),
        draw={"link": "person", "total": total, "wide": True},
        note=_note(len(shown), total),
        empty=T("Nobody."),
    )


def listed_people(result: Result) -> list[str]:
    """The different people of the block `people`, by user id or visitor's key, in its order; all that there are.

    Raises:
        UserError: there is no such block, or it was cut.
    """
    block = next((block for block in result.blocks if block.id == "people"), None)
    if block is None:
        raise UserError("This question has no list of people.", "Open the list behind a number first.")
    total = block.draw.get("total", len(block.rows))
    if total != len(block.rows):
        raise UserError(f"Only {len(block.rows):,} of {total:,} are listed.", "Narrow the question.")
    at = next(at for at, column in enumerate(block.columns) if column.unit == "person")
    return list(dict.fromkeys(str(row[at]) for row in block.rows))


def _note(shown: int, total: int) -> Text | None:
    if shown == total:
        return None
    return T("The latest {shown} of {n} are shown.", shown=Value(shown, "count"), n=Value(total, "count"))


def _latest(listed: Sequence[Behind], most: int) -> list[tuple[int, int]]:
    """(number of the list, entry) of the latest entries, those of one instant by the person's code, highest first."""
    found: list[tuple[int, int, int, int]] = []
    for number, one in enumerate(listed):
        entries, times = np.arange(len(one.time)), one.time
        if len(times) > most:
            # Only those at least as late as the last to be shown can be; ties are kept and cut below.
            entries = np.flatnonzero(times >= np.partition(times, len(times) - most)[len(times) - most])
            times = times[entries]
        codes = one.part.persons[one.person[entries]]
        order = np.lexsort((-entries, -codes, -times))[:most].tolist()
        found += [(-int(times[at]), -int(codes[at]), number, int(entries[at])) for at in order]
    found.sort(key=lambda row: row[:2])  # stable, so that entries of one person and instant stay as their part has them
    return [(number, entry) for _, _, number, entry in found[:most]]


def _cells(
    journeys: Journeys,
    query: Query,
    listed: Sequence[Behind],
    shown: Sequence[tuple[int, int]],
    columns: Sequence[str],
    timed: bool,
    known: Sequence[str],
) -> list[list[Cell]]:
    rows: list[list[Cell]] = [[] for _ in shown]
    codes = [int(listed[number].part.persons[listed[number].person[entry]]) for number, entry in shown]
    names = journeys.people.keys(sorted(set(codes)))
    for number, one in enumerate(listed):
        here = [at for at, (of, _) in enumerate(shown) if of == number]
        if not here:
            continue
        entries = np.array([shown[at][1] for at in here], dtype=np.int64)
        what = facts(journeys, query, one.part, one.person[entries].astype(np.int64)) if known else {}
        filled: list[Sequence[Cell]] = [[names.get(codes[at], str(codes[at])) for at in here]]
        filled += [one.time[entries].tolist()] if timed else []
        filled += [_told(one.facts[column], entries) for column in columns] + [what[name] for name in known]
        for at, row in zip(here, zip(*filled, strict=True), strict=True):
            rows[at] = list(row)
    return rows


def _told(fact: Fact, entries: Int64) -> Sequence[Cell]:
    if not isinstance(fact, np.ndarray):
        return fact(entries)
    return [None if isinstance(cell, float) and np.isnan(cell) else cell for cell in fact[entries].tolist()]
