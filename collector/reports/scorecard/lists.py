"""The lists behind the numbers of this room: how the entries of each are found in a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from collector.core.blocks import Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.chat_facts import SATISFIED, ratings, waits
from collector.reports.named import value_of
from collector.reports.people_list import WHEN, Behind, Fact
from collector.reports.scope import rows_of_any, sessions
from collector.reports.scorecard import forms
from collector.reports.scorecard.answers import answers
from collector.reports.scorecard.asked import Asked, Seen, Stretch
from collector.reports.scorecard.cart_block import carts_in
from collector.reports.scorecard.form_blocks import forms_in
from collector.reports.scorecard.measures import active, purchases, rows_in

_WORTH = Column("value", T("Value"), "money")


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything a list is made from: `stretch` is the range or a period of it, `past` the whole period before.

    outside: whether `past` lies before the range.
    """

    journeys: Journeys
    query: Query
    question: Asked
    stretch: Stretch
    past: Stretch | None
    outside: bool
    group: str
    subset: str
    within: str


Make: TypeAlias = "Callable[[Ask, Seen], list[Behind]]"


@dataclass(frozen=True, slots=True)
class List:
    """A list: its title, what an entry is, its own columns, and how a part's entries are found."""

    title: Text
    unit: str
    make: Make
    columns: Sequence[Column] = ()
    when: Column = WHEN


def _mine(ask: Ask, seen: Seen, rows: Int64, lasting: bool = False) -> Int64:
    return rows[rows_in(seen.part, rows, seen.lasting if lasting else seen.chosen, ask.stretch)]


def _converted(ask: Ask, seen: Seen) -> list[Behind]:
    matchers = [matcher for _, matcher in ask.query.site.goals]
    rows = rows_of_any(ask.journeys, seen.part, matchers, ask.query.include_bots)
    return [Behind.latest(seen.part, _mine(ask, seen, rows))]


def _reached(ask: Ask, seen: Seen) -> list[Behind]:
    found = []
    for _, matcher in ask.query.site.goals:
        rows = _mine(ask, seen, ask.journeys.rows(seen.part, matcher, ask.query.include_bots))
        found.append(Behind.each(seen.part, rows, {"value": seen.part.value[rows]}))
    return found


def _visits(ask: Ask, seen: Seen) -> list[Behind]:
    part = seen.part
    begun = np.flatnonzero(_begun(ask, seen))
    last = sessions(ask.journeys, part, ask.query.include_bots).last[begun]
    rows = part.session_row[begun]
    return [Behind.each(part, rows, {"length": (part.time[last] - part.time[rows]) / 1000})]


def _begun(ask: Ask, seen: Seen) -> Bool:
    mask = rows_in(seen.part, seen.part.session_row, seen.chosen, ask.stretch)
    return mask & seen.part.counted(ask.query.include_bots, seen.part.session_row)


def _bounced(ask: Ask, seen: Seen) -> list[Behind]:
    part, begun = seen.part, np.flatnonzero(_begun(ask, seen))
    return [
        Behind.each(part, part.session_row[begun[sessions(ask.journeys, part, ask.query.include_bots).bounce[begun]]])
    ]


def _before(ask: Ask, seen: Seen) -> list[Behind]:
    if ask.past is None:
        return []
    mask = active(seen.part, ask.query, seen.past if ask.outside else seen.lasting, ask.past)
    return [Behind.persons(seen.part, mask, include_bots=ask.query.include_bots)]


def _retained(ask: Ask, seen: Seen) -> list[Behind]:
    if ask.past is None:
        return []
    mask = active(seen.part, ask.query, seen.past if ask.outside else seen.lasting, ask.past)
    mask &= active(seen.part, ask.query, mask, ask.stretch)
    return [Behind.persons(seen.part, mask, include_bots=ask.query.include_bots)]


def _carts(ask: Ask, seen: Seen) -> list[Behind]:
    found, mask = carts_in(ask.journeys, ask.query, ask.question, seen, ask.stretch, ask.group or "begun")
    return [Behind.each(seen.part, found.row[mask], {"bought": found.bought[mask]})]


def _forms(ask: Ask, seen: Seen) -> list[Behind]:
    part = seen.part
    tried, mask = forms_in(ask.journeys, ask.query, ask.question, seen, ask.stretch, ask.subset or "all")
    names = [*forms.field_names(ask.journeys, part, tried), ""]
    if ask.group:
        mask &= np.isin(tried.form, [n for n, kind in ask.journeys.kinds.items() if kind.name == ask.group])
    if ask.within:
        wanted = value_of(ask.within)
        mask &= np.array([name == wanted for name in names])[tried.field]
    form, code = tried.form[mask], tried.field[mask]
    facts: dict[str, Fact] = {
        "form": lambda places: [ask.journeys.kinds[number].name for number in form[places].tolist()],
        "last_field": lambda places: [names[number] for number in code[places].tolist()],
        "sent": tried.done[mask],
        "failed": tried.failed[mask],
    }
    return [Behind.each(part, tried.row[mask], facts)]


def _purchases(ask: Ask, seen: Seen) -> list[Behind]:
    rows = _mine(ask, seen, purchases(ask.journeys, seen.part, ask.query, ask.question))
    if ask.subset != "all":
        rows = rows[~np.isnan(seen.part.value[rows])]
    return [Behind.each(seen.part, rows, {"value": seen.part.value[rows]})]


def _customers(ask: Ask, seen: Seen) -> list[Behind]:
    part = seen.part
    rows = purchases(ask.journeys, part, ask.query, ask.question)
    rows = rows[rows_in(part, rows, seen.lasting, Stretch(-(2**62), ask.stretch.end))]
    person = part.person[rows]
    last = rows[np.append(person[1:] != person[:-1], True)] if len(rows) else rows
    worth = np.bincount(person, np.nan_to_num(part.value[rows]), len(part.persons))[part.person[last]]
    return [Behind.each(part, last, {"value": worth})]


def _answers(ask: Ask, seen: Seen) -> list[Behind]:
    row, score = answers(ask.journeys, seen.part, ask.query.include_bots)
    mine = rows_in(seen.part, row, seen.chosen, ask.stretch)
    return [Behind.each(seen.part, row[mine], {"score": score[mine]})]


def _ratings(ask: Ask, seen: Seen) -> list[Behind]:
    row, score = ratings(ask.journeys, seen.part, ask.query.include_bots)
    mine = rows_in(seen.part, row, seen.chosen, ask.stretch)
    return [Behind.each(seen.part, row[mine], {"score": score[mine]})]


def _satisfied(ask: Ask, seen: Seen) -> list[Behind]:
    row, score = ratings(ask.journeys, seen.part, ask.query.include_bots)
    mine = rows_in(seen.part, row, seen.chosen, ask.stretch) & (score >= SATISFIED)
    return [Behind.each(seen.part, row[mine], {"score": score[mine]})]


def _responses(ask: Ask, seen: Seen) -> list[Behind]:
    row, seconds = waits(ask.journeys, seen.part, ask.query.include_bots)
    mine = rows_in(seen.part, row, seen.chosen, ask.stretch) & ~np.isnan(seconds)
    return [Behind.each(seen.part, row[mine], {"wait": seconds[mine]})]


_SCORE = Column("score", T("Score"), "number")
_LAST_SEEN = Column("time", T("Last active"), "time")
_FORM = (
    Column("form", T("Form")),
    Column("sent", T("Sent"), "bool"),
    Column("last_field", T("Last field touched")),
    Column("failed", T("Refused"), "count"),
)
LISTS: dict[str, List] = {
    "converted": List(T("Who reached a goal"), "person", _converted),
    "reached": List(T("Goals reached"), "conversion", _reached, (_WORTH,)),
    "visits": List(T("Visits"), "visit", _visits, (Column("length", T("Time on site"), "seconds"),)),
    "bounced": List(T("Visits that bounced"), "visit", _bounced),
    "before": List(T("Who came the period before"), "person", _before, when=_LAST_SEEN),
    "retained": List(T("Who came again"), "person", _retained, when=_LAST_SEEN),
    "carts": List(T("Carts"), "cart", _carts, (Column("bought", T("Bought"), "bool"),)),
    "forms": List(T("Forms started"), "visit", _forms, _FORM),
    "purchases": List(T("Purchases"), "conversion", _purchases, (_WORTH,)),
    "customers": List(T("Customers"), "person", _customers, (Column("value", T("Spent so far"), "money"),)),
    "answers": List(T("Answers"), "event", _answers, (_SCORE,)),
    "ratings": List(T("Ratings of chats"), "event", _ratings, (_SCORE,)),
    "satisfied": List(T("Chats rated 4 or 5"), "event", _satisfied, (_SCORE,)),
    "responses": List(
        T("Chats that an agent answered"), "event", _responses, (Column("wait", T("First response"), "seconds"),)
    ),
}
