"""Forms: who started one, whether they sent it before their visit ended, and the last field they touched."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from collector.core.deadline import check
from collector.core.event import FORM, FORM_ABANDON, FORM_FAILED, FORM_START
from collector.core.matcher import Matcher, cell_text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.journeys.sessions import GAP
from collector.reports.scope import sessions


class Attempts(NamedTuple):
    """One entry for each visit and form that was started in it.

    row: where the visit started the form first. form: id of that row's kind. done: sent without a mistake in the same
    visit since. failed: submits refused since. field: code of the last field touched, of the property `last_field`,
    where the visit left the form; -1 for unknown. end: ms UTC of the visit's last event.
    """

    row: Int64
    form: Int64
    done: Bool
    failed: Int64
    field: Int64
    end: Int64


def attempts(journeys: Journeys, part: Part, include_bots: bool) -> Attempts:
    """The attempts at forms of all persons of a part; remembered, as they do not depend on the range."""
    return part.memo.get(("form attempts", include_bots), lambda: _attempts(journeys, part, include_bots))


def _attempts(journeys: Journeys, part: Part, include_bots: bool) -> Attempts:
    check()
    starts = journeys.rows(part, Matcher(FORM_START, "*"), include_bots)
    by_name = {kind.name: number for number, kind in journeys.kinds.items() if kind.type == FORM_START}
    size = max(journeys.kinds, default=0) + 1
    form_of = np.full(size, -1, dtype=np.int64)
    for number, kind in journeys.kinds.items():
        if kind.type in (FORM_START, FORM, FORM_FAILED, FORM_ABANDON):
            form_of[number] = by_name.get(kind.name, -1)

    def key(rows: Int64) -> Int64:
        return part.session[rows].astype(np.int64) * size + form_of[part.kind[rows]]

    known, first = np.unique(key(starts), return_index=True)
    row = starts[first]

    def since(type_: str) -> tuple[Int64, Int64]:
        """Rows of a type that follow a start of their form in their visit, and the attempt of each."""
        rows = journeys.rows(part, Matcher(type_, "*"), include_bots)
        rows = rows[form_of[part.kind[rows]] >= 0]
        keys = key(rows)
        at = np.searchsorted(known, keys)
        fits = at < len(known)
        fits[fits] = known[at[fits]] == keys[fits]
        rows, at = rows[fits], at[fits]
        later = part.time[rows] >= part.time[row[at]]
        return rows[later], at[later]

    done = np.zeros(len(row), dtype=np.bool_)
    done[since(FORM)[1]] = True
    field = np.full(len(row), -1, dtype=np.int64)
    left, of = since(FORM_ABANDON)
    if len(left):
        field[of] = journeys.properties.column(part, "last_field").code[left]  # rows ascend: the last one stays
    visits = sessions(journeys, part, include_bots)
    return Attempts(
        row=row,
        form=part.kind[row].astype(np.int64),
        done=done,
        failed=np.bincount(since(FORM_FAILED)[1], minlength=len(row)).astype(np.int64),
        field=field,
        end=part.time[visits.last[part.session[row]]],
    )


def over(found: Attempts, now: int) -> Bool:
    """The attempts whose visit is over."""
    ended: Bool = found.end + GAP < now
    return ended


def field_names(journeys: Journeys, part: Part, found: Attempts) -> list[str]:
    """The text of each code of `field`."""
    if not (found.field >= 0).any():
        return []
    return [cell_text(value) for value in journeys.properties.column(part, "last_field").values]
