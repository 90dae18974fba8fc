"""What a report is: a name, its parameters, and a function from journeys and a question to blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import Text
from collector.journeys.journeys import Journeys


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
        breaks_down: whether it reads the common option `by`, so that its page offers it.
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
    ranged: bool = True
