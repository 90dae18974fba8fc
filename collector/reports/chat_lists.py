"""The people behind the chat page's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.chat_facts import beginnings, chat_rows, ratings, waits
from collector.reports.chat_outcome import RESPONSES, answered, asked, first_of
from collector.reports.followed import followed
from collector.reports.people_list import Behind, people_block
from collector.reports.scope import choose, inside

GROUP = Param("group", "text", T("Group"), T("Which row of the block the people stand behind."))
SUBSET = Param("subset", "choice", T("Of them"), choices=(("reached", T("those who reached the goal")),))

_SCORE = Column("score", T("Rating"), "number")
Make: TypeAlias = "Callable[[Journeys, Part, Query, Bool], Behind]"


def _messages(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:
    return Behind.each(part, chat_rows(journeys, part, query, "chat_message", mask))


def _unanswered(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:
    found = waits(journeys, part, query.include_bots)
    return Behind.each(part, found.row[mask[found.row] & np.isnan(found.seconds)])


def _rated(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:
    found = ratings(journeys, part, query.include_bots)
    here = mask[found.row]
    return Behind.each(part, found.row[here], {"score": found.score[here]})


def _before(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:
    found = beginnings(journeys, part, query, mask)
    return Behind.each(part, found.row[_same(found.band, query)])


def _pages(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:
    found = beginnings(journeys, part, query, mask)
    return Behind.each(part, found.row[_same(found.page, query)])


def _response(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:  # noqa: ARG001 - a `Make`
    found = asked(journeys, part, query)
    names = list(RESPONSES)
    return Behind.each(part, _of_them(journeys, part, query, found.row[_same([names[n] for n in found.band], query)]))


def _by(name: str) -> Make:
    def make(journeys: Journeys, part: Part, query: Query, mask: Bool) -> Behind:  # noqa: ARG001 - a `Make`
        found = answered(journeys, part, query, name)
        row = found.row[_same([found.names[code] for code in found.code], query)]
        return Behind.each(part, _of_them(journeys, part, query, row[first_of(part.person[row])]))

    return make


def _same(values: list[str], query: Query) -> Bool:
    wanted = query.values.get("group") or ""
    return np.array([value == wanted for value in values], dtype=np.bool_)


def _of_them(journeys: Journeys, part: Part, query: Query, rows: Int64) -> Int64:
    if query.values.get("subset") != "reached":
        return rows
    return rows[followed(journeys, part, query, rows).reached]


LISTS: dict[str, tuple[Text, str, Make]] = {
    "messages": (T("Messages"), "event", _messages),
    "unanswered": (T("Chats without an agent's answer"), "chat", _unanswered),
    "rated": (T("Ratings"), "event", _rated),
    "before_start": (T("Began to chat after so many pages: {group}"), "person", _before),
    "start_pages": (T("Began to chat on {group}"), "person", _pages),
    "response": (T("First chat answered {group}"), "person", _response),
    "agent": (T("Chatted with {group}"), "person", _by("agent")),
    "team": (T("Chatted with {group}"), "person", _by("team")),
}
CHOICES = tuple((name, Text(title.template, {"group": "…"})) for name, (title, _, _) in LISTS.items())


def listed(journeys: Journeys, query: Query) -> Block | None:
    """The list that is asked for; None where none of this page's own is.

    Raises:
        UserError: a band of first responses that there is not.
    """
    name = str(query.values.get("people"))
    if name not in LISTS:
        return None
    title, unit, make = LISTS[name]
    group = query.values.get("group") or ""
    if name == "response":
        if group not in RESPONSES:
            raise UserError(f"There is no first response {group!r}.", f"One of {', '.join(RESPONSES)}.")
        group = RESPONSES[str(group)][0]
    behind = []
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        behind.append(make(journeys, part, query, mask))
    columns = (_SCORE,) if name == "rated" else ()
    return people_block(journeys, query, behind, Text(title.template, {"group": group}), columns, unit=unit)
