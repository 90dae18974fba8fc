"""What a report is: a name, its parameters, and a function from journeys and a question to blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys

_BY_ANY = T(
    "Break down by channel, source, device, page or any property, a trait (trait:plan), the stage people are in, "
    "or segment."
)
_BY_SEGMENT = T("Break down by segment: each beside everybody.")


def nobody(query: Query) -> str:  # noqa: ARG001 - a `Report.follows`
    """Nobody is followed from one day to another."""
    return ""


@dataclass(frozen=True, slots=True)
class Report:
    """One question that can be asked of a site.

    Attributes:
        name: in the URL and on the command line.
        title, summary: for menus and help; the summary says in a sentence what it answers.
        params: its own parameters, beside the common ones (`core.query.COMMON`).
        run: the answer; raises UserError for a question that makes no sense.
        example: arguments that give an answer on the demo data, used by docs and tests.
        menu: its place in the navigation; None hides it (reached from other pages).
        people: whether it counts the people of its range.
        follows: what of an answer follows people for longer than a day ("", "part" or "whole") and so leaves out those
            counted without cookies (`scope.choose` with `lasting`).
        ranged: whether it reads the days that are chosen; one that has its own days does not offer them.
        breaks_down: whether it can be broken down by any property (the common option `by`); each can by segment.
        own_by: whether its page offers that in a place of its own.
    """

    name: str
    title: Text
    summary: Text
    params: Sequence[Param]
    run: Callable[[Journeys, Query], Result]
    example: Mapping[str, Sequence[str]]
    menu: int | None = None
    people: bool = True
    follows: Callable[[Query], str] = nobody
    breaks_down: bool = False
    own_by: bool = False
    ranged: bool = True

    @property
    def by_help(self) -> Text:
        """What the common option `by` does here."""
        return _BY_ANY if self.breaks_down else _BY_SEGMENT
