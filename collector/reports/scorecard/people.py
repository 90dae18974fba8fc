"""The people behind a number: which list is asked for, and of which stretch of time."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.people_list import people_block
from collector.reports.scorecard.asked import Asked, Seen, Stretch
from collector.reports.scorecard.cart_block import CART_STATES
from collector.reports.scorecard.form_blocks import FORM_STATES
from collector.reports.scorecard.lists import LISTS, Ask


def listed(journeys: Journeys, query: Query, question: Asked, found: Sequence[Seen]) -> Block:
    """The block `people` that the question asks for.

    Raises:
        UserError: a period or a state that there is not.
    """
    which, at = str(query.values["people"]), str(query.values["at"] or "")
    group, subset, within = (str(query.values[name] or "") for name in ("group", "subset", "within"))
    stretch, past, outside = _when(question, at)
    ask = Ask(journeys, query, question, stretch, past, outside, group, subset, within)
    _checked("group", group, CART_STATES if which == "carts" else None)
    _checked("subset", subset, FORM_STATES if which == "forms" else None)
    one = LISTS[which]
    entries = [entry for seen in found for entry in one.make(ask, seen)]
    title = _title(one.title, which, group, subset)
    if at:
        title = T("{list}, from {day} on", list=title, day=Value(at, "date"))
    return people_block(journeys, query, entries, title, one.columns, when=one.when, unit=one.unit)


_TITLES = {
    ("carts", "bought"): T("Carts bought"),
    ("carts", "abandoned"): T("Carts abandoned"),
    ("carts", "open"): T("Carts whose time is not over"),
    ("carts", "open_bought"): T("Carts bought already, their time not over"),
    ("forms", "sent"): T("Forms sent"),
    ("forms", "abandoned"): T("Forms abandoned"),
    ("forms", "open"): T("Forms of visits that are not over"),
}


def _title(title: Text, which: str, group: str, subset: str) -> Text:
    found = _TITLES.get((which, group if which == "carts" else subset), title)
    return T("{list} ({form})", list=found, form=group) if which == "forms" and group else found


def _checked(name: str, text: str, states: Sequence[str] | None) -> None:
    if states is not None and text and text not in states:
        raise UserError(f"{text!r} is no {name} here.", f"Choose one of {', '.join(states)}.")


def _when(question: Asked, at: str) -> tuple[Stretch, Stretch | None, bool]:
    """The range or the period of the trends that begins on a day, the one before, and whether that is outside."""
    if not at:
        return question.stretch, question.past, True
    days = [day.isoformat() for day in question.periods.first]
    if at not in days[1:]:
        raise UserError(f"No period of the plots begins on {at}.", "Open the list from its plot again.")
    place = days.index(at)
    return question.whole(place), question.whole(place - 1), place == 1
