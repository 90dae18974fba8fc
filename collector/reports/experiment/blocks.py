"""The blocks of who is in experiments: the list of all that were seen, and people behind a number of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collector.core.blocks import Block, Column
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool
from collector.reports.days import by_length, days_hint
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.arm_blocks import Arguments
from collector.reports.experiment.people import People
from collector.reports.experiment.seen import Seen
from collector.reports.people_list import Behind
from collector.reports.people_list import people_block as list_people

GROUPS = {
    "all": T("People in the experiment"),
    "reached": T("People who reached the goal"),
    "took": T("People who took it up"),
    "open": T("People whose time for the goal is not over"),
    "both": T("People seen in more than one arm"),
}


def experiments_block(seen: Sequence[Seen], arguments: Arguments) -> Block:
    """Every experiment that somebody was seen in; each row leads to its own answer."""
    kept = tuple(pair for pair in arguments if pair[0] not in ("name", "people", "group", "arm", "control", "share"))
    return Block(
        "experiments",
        "table",
        T("Experiments"),
        (
            Column("name", T("Name")),
            Column("people", T("People"), "count", T("Ever, filters and days aside.")),
            Column("variants", T("Arms")),
            Column("first", T("First seen"), "time"),
            Column("last", T("Last seen"), "time"),
        ),
        [[one.name, one.people, ", ".join(one.variants), one.first, one.last] for one in seen],
        draw={"link": "name"},
        links=[(*kept, ("name", one.name)) for one in seen],
        empty=T("No experiment was seen yet."),
    )


def people_block(journeys: Journeys, query: Query, found: Answer, asked: str, arm: str) -> Block:
    """The people behind a number of an arm, or of all arms."""
    people = found.people
    mask = _masks(people)[asked]
    if arm:
        mask = mask & (people.arm == (people.arms.index(arm) if arm in people.arms else -1))
    names = np.array(people.arms, dtype=object)
    listed = []
    for at, part in enumerate(people.parts):
        here = np.flatnonzero(mask & (people.part == at))
        facts = {
            "arm": names[people.arm[here]],
            "days": np.where(np.isinf(people.delay[here]), np.nan, people.delay[here] / DAY),
            "value": people.value[here],
            "took": people.took[here],
        }
        listed.append(Behind(part, people.person[here], people.time[here], facts))
    title = T("{list} ({arm})", list=GROUPS[asked], arm=arm) if arm else GROUPS[asked]
    horizon = found.plan.horizon
    to_goal = by_length(horizon, T("Days to the goal"), T("Time to the goal"))
    columns = [Column("arm", T("Arm")), Column("days", to_goal, "number")]
    columns += [Column("value", T("Value"), "money")] if people.priced else []
    columns += [Column("took", T("Took it up"), "bool")] if found.plan.took is not None else []
    told = list_people(journeys, query, listed, title, columns, when=Column("time", T("First exposed"), "time"))
    return replace(told, draw={**told.draw, **days_hint(horizon, "days")})


def _masks(people: People) -> dict[str, Bool]:
    done = people.mature
    return {
        "all": done,
        "reached": done & people.reached,
        "took": done & people.took,
        "open": ~done,
        "both": done & people.both,
    }
