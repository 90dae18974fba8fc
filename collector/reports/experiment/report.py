"""Experiments: what chance decided people would see, and what that changed."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Result
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY, Span, day_of
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.experiment import blocks
from collector.reports.experiment.analysis import Answer, analyse
from collector.reports.experiment.arm_blocks import arms_block, curve_block
from collector.reports.experiment.checks import checks_block
from collector.reports.experiment.effect_blocks import effect_block, number_blocks, sequential_block
from collector.reports.experiment.gather import gather
from collector.reports.experiment.matched import matched, side_by_side
from collector.reports.experiment.params import PARAMS, parse_shares
from collector.reports.experiment.people import People, Plan
from collector.reports.experiment.seen import Seen, experiments
from collector.reports.experiment.uptake_block import uptake_block
from collector.reports.experiment.words import ADVICE, NONE, headline, notes
from collector.reports.params import goal_of, wholly
from collector.reports.priced import unpriced


def make_plan(query: Query, name: str, as_of: int) -> Plan:
    """The question in the analysis's terms.

    Raises:
        UserError: no goal is given or set.
    """
    goal = goal_of(query)
    horizon, took = query.values.get("horizon"), query.values.get("took")
    return Plan(
        name=name,
        goal=goal,
        horizon=horizon if isinstance(horizon, int) else 14 * DAY,
        start=query.start,
        end=query.end,
        as_of=min(as_of, query.now),
        took=took if isinstance(took, Matcher) else None,
        value=_text(query, "value"),
    )


def _text(query: Query, name: str) -> str | None:
    value = query.values.get(name)
    return value if isinstance(value, str) and value else None


def measure(journeys: Journeys, query: Query, name: str) -> tuple[Answer, list[str]]:
    """The answer of one experiment, and the days that its looks are named by."""
    plan = make_plan(query, name, journeys.as_of)
    people = gather(journeys, query, plan)
    cuts = _days(query, people)
    shares = _text(query, "share")
    found = analyse(
        plan,
        people,
        np.array([start for _, start in cuts], dtype=np.int64),
        treated=_text(query, "arm"),
        control=_text(query, "control"),
        shares=None if shares is None else parse_shares(shares),
    )
    return found, [day for day, _ in cuts]


def _days(query: Query, people: People) -> list[tuple[str, int]]:
    if not len(people.time):
        return []
    zone = query.site.zone
    span = Span(day_of(int(people.time.min()), zone), day_of(int(people.time.max()), zone), zone)
    return [(day.isoformat(), start) for day, start in span.cuts("day")]


def run(journeys: Journeys, query: Query) -> Result:
    """One experiment, the one named or the one seen last, and the list of all."""
    seen = experiments(journeys, query.include_bots)
    name = _text(query, "name") or (seen[0].name if seen else None)
    listed = blocks.experiments_block(seen, query.arguments)
    if name is None:
        return Result([listed], journeys.as_of, NONE, ADVICE)
    if not any(one.name == name for one in seen):
        return _unknown(journeys, name, seen, listed)
    found, days = measure(journeys, query, name)
    asked = query.values.get("people")
    behind = (
        [blocks.people_block(journeys, query, found, asked, _text(query, "group") or "")]
        if isinstance(asked, str)
        else []
    )
    shown: list[Block] = [
        *behind,
        *number_blocks(found),
        effect_block(found),
        curve_block(found),
        arms_block(found, query.arguments),
        sequential_block(found, days),
        uptake_block(found),
        *([side_by_side(found, matched(journeys, query, found))] if query.values.get("matched") else []),
        checks_block(found),
        listed,
    ]
    filtered = bool(query.where or query.where_not)
    told = (*unpriced(journeys, query, found.plan.goal), *notes(found, filtered))
    return Result(shown, journeys.as_of, headline(found, query.site.goals), told)


def _unknown(journeys: Journeys, name: str, seen: list[Seen], listed: Block) -> Result:
    known = T("Seen: {names}.", names=", ".join(one.name for one in seen[:10])) if seen else NONE
    return Result([listed], journeys.as_of, T("Nobody was ever seen in {name}.", name=name), (known,))


REPORT = Report(
    name="experiment",
    title=T("Experiments"),
    summary=T("What chance decided people would see, and what that changed: the surest answer there is."),
    params=PARAMS,
    run=run,
    example={"goal": ["event:purchase"], "took": ["event:chat_started"], "all-time": ["1"]},
    menu=56,
    follows=wholly,
)
