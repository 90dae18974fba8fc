"""The people and visits behind the retargeting page's own numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from collector.core.blocks import Block
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64, Part
from collector.reports.followed import followed
from collector.reports.people_list import Behind, people_block
from collector.reports.retargeting_blocks import first_rows
from collector.reports.retargeting_facts import GAPS, Came, bands, came, campaigns
from collector.reports.scope import choose, inside

AT = Param("at", "text", T("Source"), T("Of the campaign that the people stand behind."))
GROUP = Param("group", "text", T("Group"), T("Which row of the block the people stand behind."))
SUBSET = Param(
    "subset",
    "choice",
    T("Of them"),
    choices=(("reached", T("those who reached the goal")), ("visits", T("visits, not people"))),
)
Pick: TypeAlias = "Callable[[Journeys, Part, Query, Came], Int64]"


def _people(part: Part, rows: Int64) -> Int64:
    return first_rows(part.person[rows].astype(np.int64), rows)


def _recency(journeys: Journeys, part: Part, query: Query, found: Came) -> Int64:  # noqa: ARG001 - a `Pick`
    first = np.isin(found.row, _people(part, found.row))
    mine = first & bands(found.away)[str(query.values.get("group"))]
    return found.row[mine & found.then.reached] if query.values.get("subset") == "reached" else found.row[mine]


def _campaign(journeys: Journeys, part: Part, query: Query, found: Came) -> Int64:
    label = str(query.values.get("at") or ""), str(query.values.get("group") or "")
    mine = campaigns(journeys, part, found.row).get(label, np.zeros(len(found.row), dtype=np.bool_))
    rows = found.row[mine]
    return rows if query.values.get("subset") == "visits" else _people(part, rows)


LISTS: dict[str, tuple[Text, Pick]] = {
    "visits": (T("Visits by these ads"), lambda _, __, ___, found: found.row),
    "without_earlier": (T("Visits without an earlier one"), lambda _, __, ___, found: found.row[found.away < 0]),
    "carts_left": (T("Had left a cart"), lambda _, part, ___, found: _people(part, found.row[found.left])),
    "carts_recovered": (
        T("Reached the goal after a cart that was left"),
        lambda _, part, ___, found: _people(part, found.row[found.left & found.then.so_far]),
    ),
    "recency": (T("Away before: {group}"), _recency),
    "campaigns": (T("Came by {group}"), _campaign),
    "ways": (T("Met an ad"), lambda _, __, ___, found: found.row),
}
CHOICES = tuple((name, Text(title.template, {"group": "…"})) for name, (title, _) in LISTS.items())


def listed(journeys: Journeys, query: Query, how: Matcher, ways: Sequence[tuple[str, Matcher]]) -> Block | None:
    """The list that is asked for; None where none of this page's own is.

    Raises:
        UserError: a band, or a way, that there is not.
    """
    name = str(query.values.get("people"))
    if name not in LISTS:
        return None
    title, pick = LISTS[name]
    group = str(query.values.get("group") or "")
    known = {"recency": list(GAPS), "ways": [way for way, _ in ways]}.get(name)
    if known is not None and group not in known:
        raise UserError(f"There is no group {group!r}.", f"One of {', '.join(known)}.")
    behind = []
    for part in journeys.each():
        if name == "ways":
            rows = _way(journeys, part, query, dict(ways)[group])
        else:
            rows = pick(journeys, part, query, came(journeys, part, query, how))
        behind.append(Behind.each(part, rows))
    words = GAPS[group][0] if name == "recency" else group
    visits = name in ("visits", "without_earlier") or query.values.get("subset") == "visits"
    unit = "visit" if visits else "person"
    return people_block(journeys, query, behind, Text(title.template, {"group": words}), unit=unit)


def _way(journeys: Journeys, part: Part, query: Query, matcher: Matcher) -> Int64:
    mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
    rows = journeys.rows(part, matcher, query.include_bots)
    first = _people(part, rows[mask[rows]])
    return first[followed(journeys, part, query, first).reached] if query.values.get("subset") == "reached" else first
