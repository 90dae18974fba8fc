"""Impact: what something changed, by comparing people with people alike who had not met it yet."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Result
from collector.core.errors import NoGoalError, UserError
from collector.core.event import AD_SEEN
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.impact import blocks
from collector.reports.impact.checks import caution, checks_block
from collector.reports.impact.engine import Answer, answer
from collector.reports.impact.filters import later_note, refuse_deciding
from collector.reports.impact.plan import Plan, is_seen_ad
from collector.reports.impact.words import headline, notes
from collector.reports.params import wholly
from collector.reports.people_list import LIMIT
from collector.reports.priced import unpriced

GOAL = Param("goal", "matcher", T("Goal"), T("What counts as reached; the site's first goal where none is given."))
HORIZON = Param("horizon", "duration", T("Within"), T("How long after the moment the goal counts."), default="14d")
VALUE = Param("value", "text", T("Value property"), T("A number on the goal's event to sum, like total."))
NEW = Param("new", "flag", T("New people only"), T("Only people who first came within the range."))
DOSE = Param(
    "dose", "matcher", T("Dose"), T("What is counted from the exposure on, to see whether more of it does more.")
)
PEOPLE = Param(
    "people",
    "choice",
    T("Show people"),
    choices=(
        ("exposed", T("all exposed")),
        ("matched", T("those compared")),
        ("left_out", T("those left out")),
        ("converted", T("left out: at the goal before")),
        ("open", T("left out: time is not over")),
        ("lonely", T("left out: nobody alike")),
        ("stranger", T("left out: never on the site before")),
        ("away", T("left out: away for too long")),
    ),
)


def make_plan(query: Query, exposures: Sequence[Matcher], as_of: int) -> Plan:
    """The question in the engine's terms.

    Raises:
        NoGoalError: no goal is given or set.
        UserError: the goal is the exposure; ads seen elsewhere are asked for with others.
    """
    goal = query.values.get("goal")
    if not isinstance(goal, Matcher):
        if not query.site.goals:
            raise NoGoalError
        goal = query.site.goals[0][1]
    if any(map(is_seen_ad, exposures)) and not all(map(is_seen_ad, exposures)):
        raise UserError(
            f"event:{AD_SEEN} happens elsewhere, and the other exposures on the site: they are compared with different "
            "people.",
            f"Ask for event:{AD_SEEN} alone, and for the others in a question of their own.",
        )
    if goal in exposures:
        raise UserError(f"{goal} is both what happened and the goal.", "Choose a goal that comes after it.")
    dose = query.values.get("dose")
    horizon, value = query.values.get("horizon"), query.values.get("value")
    return Plan(
        exposures=tuple(exposures),
        goal=goal,
        horizon=horizon if isinstance(horizon, int) else 14 * DAY,
        start=query.start,
        end=query.end,
        as_of=min(as_of, query.now),
        value=value if isinstance(value, str) and value else None,
        goals=tuple(query.site.goals),
        stages=tuple((stage.name, tuple(way for way, _ in stage.ways)) for stage in query.site.stages if stage.ways),
        zone=query.site.zone,
        new=query.values.get("new") is True,
        dose=dose if isinstance(dose, Matcher) else None,
    )


def measure(journeys: Journeys, query: Query, exposures: Sequence[Matcher]) -> Answer:
    """The engine's answer for these exposures and the question's goal.

    Raises:
        UserError: see `make_plan` and `refuse_deciding`.
    """
    plan = make_plan(query, exposures, journeys.as_of)
    refuse_deciding(journeys, query, plan.exposures, plan.goal)
    return answer(journeys, query, plan)


def answer_blocks(journeys: Journeys, query: Query, found: Answer) -> list[Block]:
    """All blocks of an answer, the people last where they are asked for."""
    asked = str(query.values.get("people"))
    listed = [blocks.people_block(journeys, query, found, asked)] if asked in blocks.LISTS else []
    dose = blocks.dose_block(found)
    return [
        *blocks.number_blocks(found),
        blocks.effect_block(found),
        blocks.curve_block(found),
        blocks.time_block(found),
        blocks.groups_block(found),
        *([] if dose is None else [dose]),
        blocks.used_block(found, query.arguments),
        blocks.balance_block(found),
        checks_block(found),
        blocks.before_after_block(found),
        *listed,
    ]


def run(journeys: Journeys, query: Query) -> Result:
    """The impact of any exposure on any goal."""
    given = query.values.get("exposure")
    found = measure(journeys, query, given if isinstance(given, tuple) else ())
    told = [*unpriced(journeys, query, found.plan.goal), *caution(found), *notes(found)]
    told += [] if found.refused else later_note(query)
    return Result(answer_blocks(journeys, query, found), journeys.as_of, headline(found), told)


REPORT = Report(
    name="impact",
    title=T("Impact"),
    summary=T("How many more people reached a goal because of a chat, an ad, a page or a feature."),
    params=(
        Param(
            "exposure",
            "matcher",
            T("What happened"),
            T("The first of these that a person meets is what is judged, like event:chat_started."),
            repeat=True,
            required=1,
        ),
        GOAL,
        HORIZON,
        VALUE,
        DOSE,
        NEW,
        PEOPLE,
        LIMIT,
    ),
    run=run,
    example={"exposure": ["event:chat_started"], "goal": ["event:purchase"], "all-time": ["1"]},
    menu=52,
    follows=wholly,
)
