"""The blocks of an experiment's arms: their people and rates, and their curves by day."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text, Value
from collector.core.times import DAY
from collector.reports.days import by_length, days_hint
from collector.reports.experiment import statistics
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.looks import FLOOR
from collector.reports.stats import wilson

Arguments = tuple[tuple[str, str], ...]
LEAST_POINTS, MOST_POINTS = 14, 60


def arms_block(found: Answer, arguments: Arguments) -> Block:
    """Each arm: people, goal, value, uptake, and its difference from the control."""
    rows: list[list[Cell]] = []
    links: dict[str, list[Arguments | None]] = {name: [] for name in ("people", "reached", "took", "open", "both")}
    control = next((arm for arm in found.arms if arm.name == found.control), None)
    kept = tuple(pair for pair in arguments if pair[0] not in ("people", "group", "limit"))
    for arm in found.arms:
        low, high = (float(bound) for bound in wilson(arm.reached, arm.people))
        apart: list[Cell] = [None, None, None, None]
        if control is not None and arm is not control and min(arm.people, control.people) >= FLOOR:
            versus = statistics.rates(arm.reached, arm.people, control.reached, control.people)
            apart = [versus.estimate, versus.low, versus.high, statistics.told(versus.p)]
        some = arm.people > 0
        rows.append(
            [
                arm.name,
                arm.share,
                arm.people,
                arm.reached,
                arm.reached / arm.people if some else None,
                statistics.told(low),
                statistics.told(high),
                arm.value / arm.people if some and found.people.priced else None,
                arm.took if found.plan.took is not None else None,
                arm.took / arm.people if some and found.plan.took is not None else None,
                *apart,
                arm.open,
                arm.both,
            ]
        )
        for column, behind in links.items():
            listed = "all" if column == "people" else column
            behind.append((*kept, ("people", listed), ("group", arm.name)))
    return Block(
        "arms",
        "table",
        T("Arms"),
        (
            Column("arm", T("Arm")),
            Column("share", T("Planned"), "ratio", T("How many were to get it.")),
            Column(
                "people", T("People"), "count", T("In the arm they were first seen in, their time for the goal over.")
            ),
            Column("reached", T("Reached the goal"), "count"),
            Column("rate", T("Goal rate"), "ratio"),
            Column("low", T("At least"), "ratio", T("95 % interval (Wilson).")),
            Column("high", T("At most"), "ratio"),
            Column("value", T("Value a person"), "money"),
            Column("took", T("Took it up"), "count"),
            Column("uptake", T("Uptake"), "ratio"),
            Column("difference", T("Difference"), "points", T("From the arm that goes without.")),
            Column("difference_low", T("At least"), "points"),
            Column("difference_high", T("At most"), "points"),
            Column("p", T("p-value"), "ratio"),
            Column("open", T("Still open"), "count", T("Their time for the goal is not over: left out.")),
            Column("both", T("Seen in two arms"), "count", T("Counted where they were seen first.")),
        ),
        rows,
        draw={"wide": True, "cell_links": links, "unseen": _unseen(found), "more": ("p", "both")},
        note=_several(found),
    )


def _unseen(found: Answer) -> list[str]:
    """Ends that the rate's plot stands for, and what was not asked for or has no money."""
    took = [] if found.plan.took is not None else ["took", "uptake"]
    return ["low", "high", *took, *([] if found.people.priced else ["value"])]


def _several(found: Answer) -> Text | None:
    if len(found.arms) < 3:
        return None
    return T(
        "With several arms, one of twenty differences looks sure by chance: ask of a p-value below {p}.",
        p=Value(round(0.05 / (len(found.arms) - 1), 3), "number"),
    )


def curve_block(found: Answer) -> Block:
    """Goal rates of each arm by days since the first exposure."""
    rows: list[list[Cell]] = []
    days = found.plan.horizon / DAY
    steps = np.unique(np.linspace(0, days, min(MOST_POINTS, max(int(np.ceil(days)), LEAST_POINTS)) + 1))
    people = found.people
    for at, arm in enumerate(found.arms):
        if arm.people < FLOOR:
            continue
        delays = np.sort(people.delay[(people.arm == at) & people.mature])
        hits = np.searchsorted(delays, steps * DAY, side="right")
        low, high = wilson(hits, len(delays))
        rates = hits / len(delays)
        rows += [
            list(row)
            for row in zip(
                steps.tolist(), [arm.name] * len(steps), rates.tolist(), low.tolist(), high.tolist(), strict=True
            )
        ]
    return Block(
        "curve",
        "series",
        by_length(
            found.plan.horizon,
            T("Reached the goal, by days since the first exposure"),
            T("Reached the goal, by time since the first exposure"),
        ),
        (
            Column("day", by_length(found.plan.horizon, T("Day"), T("Time")), "number"),
            Column("arm", T("Arm")),
            Column("rate", T("Goal rate"), "ratio"),
            Column("low", T("At least"), "ratio"),
            Column("high", T("At most"), "ratio"),
        ),
        rows,
        draw={
            "x": "day",
            "y": ["rate"],
            "group": "arm",
            "low": "low",
            "high": "high",
            **days_hint(found.plan.horizon, "day"),
        },
        empty=T("There is too little to draw."),
    )
