"""What moves the goal: every action, page and touch that enough people met, by what its first time changed."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Result
from collector.core.deadline import check, progress
from collector.core.errors import UserError
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Param, Query
from collector.core.text import T
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.drivers.blocks import drivers_block, people_block, untold_block
from collector.reports.drivers.candidates import every
from collector.reports.drivers.closer import comparable
from collector.reports.drivers.discovery import Ranked, rank
from collector.reports.drivers.effects import judge
from collector.reports.drivers.estimate import Finding
from collector.reports.drivers.people import Asked, asked
from collector.reports.drivers.sample import Sample, sample
from collector.reports.drivers.scene import Scene, set_scene
from collector.reports.drivers.screening import Screened, screen
from collector.reports.drivers.words import headline, notes
from collector.reports.impact.filters import decided, later_note, refuse_deciding
from collector.reports.impact.plan import Plan
from collector.reports.impact.report import GOAL, HORIZON, NEW, make_plan
from collector.reports.params import wholly
from collector.reports.people_list import LIMIT
from collector.reports.threads import each


def run(journeys: Journeys, query: Query) -> Result:
    """The ranking; where the people behind one of its rows are asked for, these alone."""
    plan = make_plan(query, (), journeys.as_of)
    refuse_deciding(journeys, query, (), plan.goal)
    people = asked(journeys, query, plan)
    if query.values.get("people"):
        return Result([_people(journeys, query, plan, people)], journeys.as_of)
    screened = screen(journeys, query, plan, people)
    ranked, drawn = _ranked(journeys, query, plan, people, screened)
    goal = words(plan.goal, plan.goals)
    untold = untold_block(query, plan, ranked)
    return Result(
        [drivers_block(query, plan, ranked, goal), *([] if untold is None else [untold])],
        journeys.as_of,
        headline(plan, screened, ranked),
        [*notes(plan, screened, ranked, drawn), *(later_note(query) if ranked else [])],
    )


def _ranked(
    journeys: Journeys, query: Query, plan: Plan, people: Sequence[Asked], screened: Screened
) -> tuple[list[Ranked], Sample | None]:
    if not screened.chosen:
        return [], None
    drawn = sample(query, people, screened.chosen)
    scene = set_scene(journeys, query, plan, drawn)
    findings = []
    # One after the other: it is so many short sums that two threads would mostly wait for each other.
    for at, candidate in enumerate(screened.chosen, 1):
        check()
        named = decided(journeys, query, candidate.matcher)
        findings.append(Finding(candidate, "chosen") if named else judge(journeys, scene, candidate))
        progress(at / len(screened.chosen))
    return _confirmed(journeys, scene, findings, screened.eligible), drawn


def _confirmed(journeys: Journeys, scene: Scene, findings: Sequence[Finding], eligible: int) -> list[Ranked]:
    """The ranking, with nothing called clear, or left to its own page, that the impact page would refuse for having
    too few alike.

    Without such a finding others may become clear, which are looked at then.
    """
    findings, seen = list(findings), set[Matcher]()
    while True:
        ranked = rank(findings, eligible)
        fresh = {one.finding.candidate.matcher for one in ranked if one.clear or one.verdict == "closer"} - seen
        if not fresh:
            return ranked
        closer = [at for at, finding in enumerate(findings) if finding.candidate.matcher in fresh]
        fits = each(lambda at: comparable(journeys, scene, findings[at].candidate), closer)
        for at, fit in zip(closer, fits, strict=True):
            if not fit:
                findings[at] = Finding(findings[at].candidate, "unlike")
        seen |= fresh


def _people(journeys: Journeys, query: Query, plan: Plan, people: Sequence[Asked]) -> Block:
    given = query.values.get("at")
    if not isinstance(given, str) or not given:
        raise UserError("No action is named.", "Give --at, like --at page:/pricing.")
    matcher = parse_matcher(given)
    candidate = next((one for one in every(journeys, plan) if one.matcher == matcher), None)
    if candidate is None:
        raise UserError(f"{given} is none of the actions, pages and touches here.", "Open the list behind a number.")
    return people_block(journeys, query, people, candidate, words(matcher, plan.goals))


REPORT = Report(
    name="drivers",
    title=T("What moves the goal"),
    summary=T("Which actions, pages and touches change how many people reach a goal, guarded against chance."),
    params=(
        GOAL,
        HORIZON,
        NEW,
        Param("people", "choice", T("List of people"), choices=(("did", T("Who did it")),)),
        Param("at", "text", T("Action"), T("Of the list of people, like page:/pricing.")),
        LIMIT,
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=51,
    follows=wholly,
)
