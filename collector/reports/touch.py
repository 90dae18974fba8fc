"""What the chat and the retargeting page share: presets of the impact question, and quiet answers without a goal."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column, Result, Unit
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.impact.report import answer_blocks, measure
from collector.reports.impact.words import headline, notes


def seen(journeys: Journeys, matchers: Sequence[Matcher]) -> bool:
    """Whether anybody alive ever did any of these, bots aside."""
    return any(
        bool(part.alive[part.person[journeys.rows(part, matcher)]].any())
        for part in journeys.each()
        for matcher in matchers
    )


def nothing_yet(journeys: Journeys, title: Text, what: Text, advice: Sequence[Text]) -> Result:
    """A good empty answer: what is missing, and what to do."""
    block = Block("effect", "table", title, (Column("measure", T("Measure")),), [], empty=what)
    return Result([block], journeys.as_of, what, tuple(advice))


def with_impact(journeys: Journeys, query: Query, exposures: Sequence[Matcher], own: Sequence[Block]) -> Result:
    """The page's own blocks behind the impact of the exposures; without a goal the impact is left away, in words."""
    try:
        found = measure(journeys, query, exposures)
    except UserError as error:
        return Result(list(own), journeys.as_of, None, (T("{message} {hint}", message=error.message, hint=error.hint),))
    return Result([*answer_blocks(journeys, query, found), *own], journeys.as_of, headline(found), notes(found))


def number(block: str, title: Text, unit: Unit, value: Cell, link: Sequence[tuple[str, str]] | None = None) -> Block:
    """One figure."""
    column = Column("value", title, unit)
    return Block(block, "number", title, (column,), [[value]], draw={"link": "value"}, links=[link] if link else [])
