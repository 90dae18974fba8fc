"""Experiments: what chance decided people would see, and what that changed."""

from __future__ import annotations

import numpy as np

from collector.core.assignment import check_shares
from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T
from collector.core.times import DAY, Span, day_of
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.experiment import blocks
from collector.reports.experiment.analysis import Answer, analyse
from collector.reports.experiment.arm_blocks import arms_block, curve_block
from collector.reports.experiment.checks import checks_block
from collector.reports.experiment.effect_blocks import effect_block, number_blocks, sequential_block
from collector.reports.experiment.gather import People, Plan, gather
from collector.reports.experiment.matched import matched, side_by_side
from collector.reports.experiment.seen import Seen, experiments
from collector.reports.experiment.uptake_block import uptake_block
from collector.reports.experiment.words import ADVICE, NONE, headline, notes
from collector.reports.params import wholly
from collector.reports.people_list import LIMIT

_SHARE_HELP = T("How many of 1 were to get it, like 0.9; or by arm: short=0.3,long=0.3,off=0.4.")


def parse_shares(text: str) -> dict[str, float]:
    """Planned shares by arm; one number is that of "on", and "off" has the rest.

    Raises:
        UserError: no shares, or more than 1 in all.
    """
    shares: dict[str, float] = {}
    for one in text.split(","):
        name, _, number = one.rpartition("=")
        try:
            shares[name.strip() or "on"] = float(number)
        except ValueError:
            raise UserError(f"{text!r} is no share.", "Write 0.9, or on=0.9,off=0.1.") from None
    check_shares(shares)
    if "off" not in shares and sum(shares.values()) < 1 - 1e-9:
        shares["off"] = 1 - sum(shares.values())
    return shares


def make_plan(query: Query, name: str, as_of: int) -> Plan:
    """The question in the analysis's terms.

    Raises:
        UserError: no goal is given or set.
    """
    goal = query.values.get("goal")
    if not isinstance(goal, Matcher):
        if not query.site.goals:
            raise UserError("No goal is given.", "Give --goal, like event:purchase, or set a goal for the site.")
        goal = query.site.goals[0][1]
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
    return Result(shown, journeys.as_of, headline(found, query.site.goals), tuple(notes(found, filtered)))


def _unknown(journeys: Journeys, name: str, seen: list[Seen], listed: Block) -> Result:
    known = T("Seen: {names}.", names=", ".join(one.name for one in seen[:10])) if seen else NONE
    return Result([listed], journeys.as_of, T("Nobody was ever seen in {name}.", name=name), (known,))


REPORT = Report(
    name="experiment",
    title=T("Experiments"),
    summary=T("What chance decided people would see, and what that changed: the surest answer there is."),
    params=(
        Param("name", "text", T("Experiment"), T("As the page calls it; without it the one seen last.")),
        Param("goal", "matcher", T("Goal"), T("What counts as reached; the site's first goal where none is given.")),
        Param("horizon", "duration", T("Within"), T("How long after the first exposure it counts."), default="14d"),
        Param("took", "matcher", T("Taken up by"), T("What using it looks like, as event:chat_started.")),
        Param("value", "text", T("Value property"), T("A number on the goal's event to sum, like total.")),
        Param("arm", "text", T("Arm"), T("The one to judge; on, or the first, where none is given.")),
        Param("control", "text", T("Against"), T("The arm that goes without; off, where none is given.")),
        Param("share", "text", T("Planned split"), _SHARE_HELP),
        Param("matched", "flag", T("Beside Impact"), T("Show what people alike say of those who took it up too.")),
        Param(
            "people",
            "choice",
            T("Show people"),
            choices=tuple((name, title) for name, title in blocks.GROUPS.items()),
        ),
        Param("group", "text", T("Of the arm")),
        LIMIT,
    ),
    run=run,
    example={"goal": ["event:purchase"], "took": ["event:chat_started"], "all-time": ["1"]},
    menu=56,
    follows=wholly,
)
