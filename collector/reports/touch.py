"""What the chat and the retargeting page share: presets of the impact question, and quiet answers without a goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.core.blocks import Block, Cell, Column, Result, Unit
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.impact.checks import caution
from collector.reports.impact.engine import Answer, answer
from collector.reports.impact.filters import later_note, refuse_deciding
from collector.reports.impact.report import answer_blocks, make_plan
from collector.reports.impact.words import headline, notes
from collector.reports.priced import unpriced


@dataclass(frozen=True, slots=True)
class Preset:
    """A page's own impact question: exposures, what they are called in a sentence, and which dose where none is given.

    bands: the upper ends of the doses but the last.
    """

    exposures: Sequence[Matcher]
    name: Text
    dose: Matcher
    bands: tuple[int, ...]


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


def measured(journeys: Journeys, query: Query, preset: Preset) -> Answer | UserError:
    """The engine's answer, or why the question cannot be asked (no goal, say)."""
    try:
        plan = make_plan(query, preset.exposures, journeys.as_of)
        refuse_deciding(journeys, query, plan.exposures, plan.goal)
    except UserError as error:
        return error
    return answer(journeys, query, replace(plan, dose=plan.dose or preset.dose, bands=preset.bands))


def page(
    journeys: Journeys,
    query: Query,
    preset: Preset,
    found: Answer | UserError,
    own: Sequence[Block],
    listed: Block | None = None,
) -> Result:
    """The page's own blocks behind the impact; where that cannot be asked, it is left away, in words.

    Args:
        listed: the people behind one of its own numbers, where they are asked for.
    """
    first = [] if listed is None else [listed]
    if isinstance(found, UserError):
        why = T("{message} {hint}", message=found.message, hint=found.hint)
        return Result([*first, *own], journeys.as_of, None, (why,))
    blocks = [*first, *answer_blocks(journeys, query, found), *own]
    cautions = [*unpriced(journeys, query, found.plan.goal), *caution(found), *notes(found, preset.name)]
    cautions += [] if found.refused else later_note(query)
    return Result(blocks, journeys.as_of, headline(found, preset.name), cautions)


def behind(name: str, group: str = "", subset: str = "", **more: str) -> tuple[tuple[str, str], ...]:
    """The arguments of one of the page's own lists; each is named, since a link replaces only what it names."""
    return ("people", name), ("group", group), ("subset", subset), *more.items()


def number(block: str, title: Text, unit: Unit, value: Cell, link: Sequence[tuple[str, str]] | None = None) -> Block:
    """One figure."""
    column = Column("value", title, unit)
    return Block(block, "number", title, (column,), [[value]], draw={"link": "value"}, links=[link] if link else [])
