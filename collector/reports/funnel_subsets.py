"""Parts of a funnel's lists of people, as the links of its further blocks name them: a bar's, an action's, a way's."""

from __future__ import annotations

from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.funnel_actions import who_did
from collector.reports.funnel_differences import who_is
from collector.reports.funnel_instead import who_then
from collector.reports.funnel_late import who_late
from collector.reports.funnel_next import who_next
from collector.reports.funnel_optional import who_went
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_times import of_length
from collector.reports.funnel_trend import who_entered

SUBSET = Param("subset", "text", T("Part of the list"), T("As the links of the page write it."))


def subset(journeys: Journeys, query: Query, outcome: Outcome) -> Int64 | None:
    """The entrants that the question's `subset` names, None where it names none.

    Raises:
        UserError: a text that no link of this funnel has.
    """
    text = query.values["subset"]
    if not isinstance(text, str) or not text:
        return None
    try:
        return _find(journeys, query, outcome, *text.split(":", 1))
    except (TypeError, ValueError, IndexError) as error:
        raise UserError(f"{text!r} is no part of a list.", "Open the list from the number on the page.") from error


def _find(journeys: Journeys, query: Query, outcome: Outcome, kind: str, rest: str) -> Int64:
    if kind == "took":
        return of_length(outcome, rest)
    if kind == "did":
        return who_did(journeys, query, outcome, rest)
    if kind == "is":
        return who_is(journeys, query, outcome, rest)
    if kind == "next":
        return who_next(journeys, query, outcome, rest)
    if kind == "way":
        return who_went(journeys, query, outcome, rest)
    if kind == "then":
        return who_then(journeys, query, outcome, rest)
    if kind == "entered":
        return who_entered(query, outcome, rest)
    if kind == "late":
        return who_late(journeys, query, outcome, rest)
    raise ValueError(kind)
