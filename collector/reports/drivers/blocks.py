"""What moves the goal as blocks: the ranking with its intervals, what cannot be told, and the people behind both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports import people_list as shared
from collector.reports.drivers.candidates import Candidate, cases
from collector.reports.drivers.discovery import Ranked
from collector.reports.drivers.people import Asked, reached_within
from collector.reports.impact.plan import Plan
from collector.reports.scope import common_arguments

VERDICTS = {
    "raises": T("raises"),
    "lowers": T("lowers"),
    "unclear": T("unclear"),
    "few": T("too few people whose time is over"),
    "goals": T("too few goals among those compared"),
    "unlike": T("too unlike the others to tell"),
    "same": T("nearly everybody who did it reached the goal: it comes with it"),
    "closer": T("depends too much on when people do it: its own page looks closer"),
    "chosen": T("a filter says who did it, and so decides the answer"),
    "needed": T("nobody alike got there without it: a step of the way"),
}
_WHAT = Column("what", T("Action, page or touch"))
_PEOPLE = Column(
    "people", T("People"), "count", T("Did it for the first time, before the goal, and their time is over.")
)
_VERDICT = Column("verdict", T("Verdict"), "label")


def drivers_block(query: Query, plan: Plan, ranked: Sequence[Ranked], goal: Text) -> Block:
    """The block `drivers`: what could be judged, what is clear first."""
    told = [one for one in ranked if not one.finding.refused]
    return Block(
        "drivers",
        "bars",
        T("What moves {goal}", goal=goal),
        (
            _WHAT,
            _PEOPLE,
            Column("rate", T("Reached it"), "ratio", T("Of those who did it, within the time for the goal.")),
            Column("without", T("Without it"), "ratio", T("Of the same people, had they not: from people alike.")),
            Column("difference", T("Difference"), "points"),
            Column("low", T("At least"), "points", T("So wide that 95 % of those called clear hold the truth.")),
            Column("high", T("At most"), "points"),
            Column("q", T("Chance"), "number", T("Share of false ones to expect among all down to this one.")),
            _VERDICT,
        ),
        [_row(one) for one in told],
        draw={
            "y": "difference",
            "low": "low",
            "high": "high",
            "between": T("Interval"),
            "link": "people",
            "words": {"what": "act"},
            "leads": {"what": ("impact", [_impact(query, plan, one) for one in told])},
            "wide": True,
        },
        links=[people_of(query, one.finding.candidate) for one in told],
        note=T("Open one to see the whole comparison, for whom it holds, and whether it can be trusted."),
        empty=T("Nothing could be judged yet."),
    )


def _row(one: Ranked) -> list[Cell]:
    finding = one.finding
    return [
        str(finding.candidate.matcher),
        finding.candidate.people,
        finding.rate,
        finding.without,
        finding.difference,
        one.low,
        one.high,
        one.q,
        str(VERDICTS[one.verdict]),
    ]


def untold_block(query: Query, plan: Plan, ranked: Sequence[Ranked]) -> Block | None:
    """The block `untold`: what fell short of a floor, and of which; None where nothing did."""
    told = [one for one in ranked if one.finding.refused]
    if not told:
        return None
    return Block(
        "untold",
        "table",
        T("What cannot be told"),
        (_WHAT, _PEOPLE, _VERDICT),
        [
            [str(one.finding.candidate.matcher), one.finding.candidate.people, str(VERDICTS[one.verdict])]
            for one in told
        ],
        draw={
            "link": "people",
            "words": {"what": "act"},
            "leads": {"what": ("impact", [_impact(query, plan, one) for one in told])},
        },
        links=[people_of(query, one.finding.candidate) for one in told],
    )


def _impact(query: Query, plan: Plan, one: Ranked) -> tuple[tuple[str, str], ...]:
    """The arguments of the impact page of one candidate, with the question's own goal, horizon, range and filters."""
    horizon = [pair for pair in query.arguments if pair[0] == "horizon"] or [("horizon", f"{plan.horizon // DAY}d")]
    new = [pair for pair in query.arguments if pair[0] == "new"]
    asked = [("exposure", str(one.finding.candidate.matcher)), ("goal", str(plan.goal)), *horizon, *new]
    return (*asked, *common_arguments(query))


def people_of(query: Query, candidate: Candidate) -> tuple[tuple[str, str], ...]:
    """The arguments of the list of a candidate's people."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in ("people", "at", "limit"))
    return (*kept, ("people", "did"), ("at", str(candidate.matcher)))


def people_block(journeys: Journeys, query: Query, people: Sequence[Asked], candidate: Candidate, name: Text) -> Block:
    """The people of one candidate, and who of them reached the goal in time."""
    listed = []
    for one in people:
        rows, person = cases(query, one, candidate)
        won = reached_within(one, rows, person)
        listed.append(shared.Behind.each(one.part, rows.astype(np.int64), {"reached": won}))
    columns = (Column("reached", T("Reached the goal"), "bool"),)
    when = Column("time", T("First time"), "time")
    return shared.people_block(
        journeys, query, listed, T("First time, before the goal: {what}", what=name), columns, when=when
    )
