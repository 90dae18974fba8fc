"""The blocks of a plan: people and days for some effects, and the smallest effect that so many days show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from collector.core.blocks import Block, Cell, Column
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY
from collector.reports.experiment.power import people_needed, smallest_effect
from collector.reports.planner.traffic import Traffic

LIFTS = (0.05, 0.1, 0.2, 0.3, 0.5)
DAYS = (7, 14, 28, 56, 91)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: `base` is the rate without the treatment, `effect` what it would add; both as shares of 1."""

    goal: Matcher
    horizon: int
    share: float
    base: float
    effect: float
    power: float
    alpha: float
    found: Traffic


def plan_block(asked: Asked | None) -> Block:
    """People and days for the effect that is asked for and for some others; no rows where nothing can be told."""
    rows = [] if asked is None else _rows(asked)
    return Block(
        "plan",
        "table",
        T("People it takes"),
        (
            Column("lift", T("Lift"), "ratio"),
            Column("difference", T("Change of the rate"), "points"),
            Column("rate", T("Rate with it"), "ratio"),
            Column("people", T("People"), "count", T("In all arms together.")),
            Column("days", T("Days"), "count", T("Until so many have come, as many as come now.")),
            Column("answer", T("Days to the answer"), "count", T("Until the last of them has had the time.")),
        ),
        rows,
        empty=T("Say the rate you expect, and the plan is here."),
    )


def _rows(asked: Asked) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for lift in sorted({*LIFTS, round(asked.effect / asked.base, 6)}):
        effect = lift * asked.base
        if asked.base + effect < 1:
            people = people_needed(asked.base, effect, asked.share, asked.power, asked.alpha)
            days = days_for(asked, people)
            rows.append([lift, effect, asked.base + effect, people, whole(days), whole(days, asked.horizon / DAY)])
    return rows


def reverse_block(asked: Asked, query: Query) -> Block:
    """The smallest effect that so many days, or so many people, show."""
    wanted = query.values.get("days")
    size = query.values.get("size")
    counts = {day: round(day * asked.found.a_day) for day in {*DAYS, *([wanted] if isinstance(wanted, int) else [])}}
    rows: list[list[Cell]] = [_smallest(asked, float(day), people) for day, people in sorted(counts.items())]
    if isinstance(size, int):
        rows.insert(0, _smallest(asked, days_for(asked, size), size))
    return Block(
        "reverse",
        "table",
        T("Smallest effect that is seen"),
        (
            Column("days", T("Days"), "count"),
            Column("people", T("People"), "count"),
            Column("difference", T("Change of the rate"), "points"),
            Column("lift", T("Lift"), "ratio"),
        ),
        rows,
        note=T(
            "Smaller effects may be there and not be seen. People who come again are counted once, so that longer "
            "experiments gather somewhat fewer than this."
        ),
    )


def _smallest(asked: Asked, days: float | None, people: int) -> list[Cell]:
    effect = smallest_effect(asked.base, people, asked.share, asked.power, asked.alpha)
    return [whole(days), people, effect, None if effect is None else effect / asked.base]


def days_for(asked: Asked, people: int) -> float | None:
    """Until so many have come, as many a day as come now; None where nobody comes."""
    return people / asked.found.a_day if asked.found.a_day else None


def whole(days: float | None, more: float = 0.0) -> int | None:
    """Whole days, begun ones too."""
    return None if days is None else math.ceil(days + more)
