"""What the impact engine says of those who took it up, to stand beside what chance says of them."""

from __future__ import annotations

from dataclasses import dataclass

from collector.core.blocks import Block, Cell, Column
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.statistics import told
from collector.reports.experiment.uptake_block import plain_comparison
from collector.reports.impact.report import measure


@dataclass(frozen=True, slots=True)
class Matched:
    """The change of the goal's rate for those who took it up, by people alike, with its interval."""

    people: int
    difference: float
    low: float
    high: float


def matched(journeys: Journeys, query: Query, found: Answer) -> Matched | None:
    """The matched estimate for the same goal and horizon; None where the impact engine refuses.

    The one place that knows how the impact engine answers.
    """
    if found.plan.took is None:
        return None
    try:
        answer = measure(journeys, query, [found.plan.took])
    except UserError:
        return None
    if answer.refused or answer.rate is None or answer.matched is None:
        return None
    rate = answer.rate
    return Matched(len(answer.matched.case), float(rate.difference[-1]), float(rate.low[-1]), float(rate.high[-1]))


def side_by_side(found: Answer, beside: Matched | None) -> Block:
    """The effect on those who took it up as chance, people alike, and the plain comparison have it."""
    rows: list[list[Cell]] = []
    if found.uptake is not None:
        effect = found.uptake.effect
        people = found.arm(found.treated).took
        rows.append(["chance", str(_CHANCE), people, told(effect.estimate), told(effect.low), told(effect.high)])
        if beside is not None:
            rows.append(["matched", str(_MATCHED), beside.people, beside.difference, beside.low, beside.high])
        plain = plain_comparison(found, "rate")
        if plain is not None:
            rows.append(["plain", str(_PLAIN), people, plain, None, None])
    return Block(
        "side_by_side",
        "table",
        T("What it changed for those who took it up, three ways"),
        (
            Column("way", T("Way")),
            Column("meaning", T("By"), "label"),
            Column("people", T("Took it up"), "count"),
            Column("difference", T("Change of the goal rate"), "points"),
            Column("low", T("At least"), "points"),
            Column("high", T("At most"), "points"),
        ),
        rows,
        draw={"y": "difference", "low": "low", "high": "high", "unseen": ("way",)},
        note=T(
            "Chance needs many people and no assumption. People alike need fewer, and that nothing unmeasured drives "
            "both. Where the intervals agree, use the narrower; where they do not, believe chance."
        ),
        empty=T("Say what taking it up is, like event:chat_started."),
    )


_CHANCE = T("chance: the experiment")
_MATCHED = T("people alike: Impact")
_PLAIN = T("the plain comparison")
