"""Parts of a funnel's lists of people, as the links of its further blocks name them: a bar's, an action's, a way's."""

from __future__ import annotations

from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.part import Int64
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_times import of_length

SUBSET = Param("subset", "text", T("Part of the list"), T("As the links of the page write it."))


def subset(query: Query, outcome: Outcome) -> Int64 | None:
    """The entrants that the question's `subset` names, None where it names none.

    Raises:
        UserError: a text that no link of this funnel has.
    """
    text = query.values["subset"]
    if not isinstance(text, str) or not text:
        return None
    try:
        return _find(outcome, *text.split(":", 1))
    except (TypeError, ValueError, IndexError) as error:
        raise UserError(f"{text!r} is no part of a list.", "Open the list from the number on the page.") from error


def _find(outcome: Outcome, kind: str, rest: str) -> Int64:
    if kind == "took":
        return of_length(outcome, rest)
    raise ValueError(kind)
