"""The blocks of an experiment: effect, arms, curve, uptake, how it settled, checks, people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool
from collector.reports.experiment import statistics
from collector.reports.experiment.analysis import FLOOR, Answer, Arm
from collector.reports.experiment.gather import People, Seen
from collector.reports.people_list import Behind
from collector.reports.people_list import people_block as list_people
from collector.reports.stats import wilson

Arguments = tuple[tuple[str, str], ...]
LEAST_POINTS, MOST_POINTS = 14, 60
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


def number_blocks(found: Answer) -> list[Block]:
    """The answer as figures: people brought, in points, and the interval that holds at every look."""
    if found.rate is None:
        return []
    people, rate = found.arm(found.treated).people, found.rate
    in_all = [round(bound * people) for bound in (rate.estimate, rate.low, rate.high)]
    blocks = [
        Block(
            "incremental",
            "number",
            T("More people at the goal because of it"),
            (
                Column("value", T("People"), "count"),
                Column("low", T("At least"), "count"),
                Column("high", T("At most"), "count"),
            ),
            [in_all],
        ),
        _points("difference", T("Change of the goal rate"), rate.estimate, rate.low, rate.high),
    ]
    if found.looks:
        last = found.looks[-1]
        blocks.append(
            _points("looked", T("The same, if you look every day"), last.difference, last.always_low, last.always_high)
        )
    return blocks


def _points(block_id: str, title: Text, value: float, low: float, high: float) -> Block:
    columns = (
        Column("value", T("Change"), "points"),
        Column("low", T("At least"), "points"),
        Column("high", T("At most"), "points"),
    )
    return Block(block_id, "number", title, columns, [[value, low, high]])


def effect_block(found: Answer) -> Block:
    """The block `effect`, by assignment: in the columns that impact answers have."""
    rows: list[list[Cell]] = [_effect(found, "rate")]
    if found.people.priced:
        rows.append(_effect(found, "value"))
    return Block(
        "effect",
        "table",
        T("Effect of being assigned"),
        (
            Column("measure", T("Of each person"), "text", T("rate: reached the goal; value: money of the goals")),
            Column("exposed", T("With it"), "number", T("Everybody assigned to it, taken up or not.")),
            Column("naive", T("Did not take it up"), "number", T("Of those assigned to it; not a fair comparison.")),
            Column("counterfactual", T("Without it"), "number", T("Everybody assigned to go without.")),
            Column("difference", T("Difference"), "number"),
            Column("low", T("At least"), "number", T("95 % interval: Newcombe for rates, Welch for money.")),
            Column("high", T("At most"), "number"),
            Column("lift", T("Lift"), "ratio"),
            Column("incremental", T("In all"), "number", T("Difference times the people assigned to it.")),
            Column("p", T("p-value"), "number", T("How often chance alone would differ as much.")),
        ),
        rows,
        draw={"y": "difference", "low": "low", "high": "high"} if found.rate is not None else {},
    )


def _effect(found: Answer, measure: str) -> list[Cell]:
    whole = found.rate if measure == "rate" else found.value
    if whole is None:
        return [measure, *([None] * 9)]
    one, other = found.arm(found.treated), found.arm(found.control)
    exposed, without = (_mean(arm, measure) for arm in (one, other))
    lift = whole.estimate / without if without else None
    naive = _not_taken(found, measure)
    told = [whole.estimate, _told(whole.low), _told(whole.high)]
    return [measure, exposed, naive, without, *told, lift, whole.estimate * one.people, _told(whole.p)]


def _mean(arm: Arm, measure: str) -> float:
    return (arm.reached if measure == "rate" else arm.value) / arm.people


def _not_taken(found: Answer, measure: str) -> Cell:
    people = found.people
    if found.plan.took is None or found.treated is None:
        return None
    mask = (people.arm == people.arms.index(found.treated)) & people.mature & ~people.took
    outcome = people.reached[mask] if measure == "rate" else people.value[mask]
    return float(outcome.mean()) if len(outcome) else None


def _told(number: float) -> Cell:
    return None if np.isnan(number) else number


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
            apart = [versus.estimate, versus.low, versus.high, _told(versus.p)]
        some = arm.people > 0
        rows.append(
            [
                arm.name,
                arm.share,
                arm.people,
                arm.reached,
                arm.reached / arm.people if some else None,
                _told(low),
                _told(high),
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
            Column("p", T("p-value"), "number"),
            Column("open", T("Still open"), "count", T("Their time for the goal is not over: left out.")),
            Column("both", T("Seen in two arms"), "count", T("Counted where they were seen first.")),
        ),
        rows,
        draw={"wide": True, "cell_links": links},
        note=_several(found),
    )


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
        T("Reached the goal, by days since the first exposure"),
        (
            Column("day", T("Day"), "number"),
            Column("arm", T("Arm")),
            Column("rate", T("Goal rate"), "ratio"),
            Column("low", T("At least"), "ratio"),
            Column("high", T("At most"), "ratio"),
        ),
        rows,
        draw={"x": "day", "y": ["rate"], "group": "arm", "low": "low", "high": "high"},
        empty=T("There is too little to draw."),
    )


def uptake_block(found: Answer) -> Block:
    """The effect on those who took it up because they were assigned to it."""
    rows: list[list[Cell]] = []
    if found.uptake is not None:
        one, other = found.arm(found.treated), found.arm(found.control)
        more = (one.took / one.people, other.took / other.people, found.uptake.difference)
        for measure, uptake in (("rate", found.uptake), ("value", found.uptake_value)):
            if uptake is not None:
                effect = [_told(bound) for bound in (uptake.effect.estimate, uptake.effect.low, uptake.effect.high)]
                rows.append([measure, *more, *effect, _plain_comparison(found, measure), uptake.told])
    weak = found.uptake is not None and not found.uptake.told
    return Block(
        "uptake",
        "table",
        T("Effect on those who took it up"),
        (
            Column("measure", T("Of each person"), "text", T("rate: reached the goal; value: money of the goals")),
            Column("uptake", T("Took it up, with it"), "ratio"),
            Column("uptake_without", T("Took it up, without"), "ratio"),
            Column("more", T("More took it up"), "points"),
            Column("difference", T("Effect on them"), "number"),
            Column("low", T("At least"), "number", T("95 % interval (Fieller).")),
            Column("high", T("At most"), "number"),
            Column("naive", T("Plain comparison"), "number", T("Those who took it up against those who did not.")),
            Column("told", T("Can be told"), "bool"),
        ),
        rows,
        note=T("The arms differ too little in who took it up: an effect on those cannot be told.")
        if weak
        else T("If being assigned to it changes the goal only through taking it up."),
        empty=T("Say what taking it up is, like event:chat_started, to see the effect on those who did."),
    )


def _plain_comparison(found: Answer, measure: str) -> Cell:
    people = found.people
    mine = people.mature & np.isin(
        people.arm, [people.arms.index(str(name)) for name in (found.treated, found.control)]
    )
    outcome = people.reached if measure == "rate" else people.value
    took, others = outcome[mine & people.took], outcome[mine & ~people.took]
    return float(took.mean() - others.mean()) if len(took) and len(others) else None


def sequential_block(found: Answer, days: Sequence[str]) -> Block:
    """The difference day by day, with the interval of one look and the one that holds at all of them."""
    return Block(
        "sequential",
        "series",
        T("How the difference settled"),
        (
            Column("day", T("First seen up to"), "date"),
            Column("people", T("People"), "count"),
            Column("difference", T("Difference"), "points"),
            Column("fixed_low", T("At least, one look"), "points", T("95 % if you look once, on a day set before.")),
            Column("fixed_high", T("At most, one look"), "points"),
            Column("low", T("At least, every day"), "points", T("95 % however often you look.")),
            Column("high", T("At most, every day"), "points"),
        ),
        [
            [days[look.day], look.people, look.difference, look.low, look.high, look.always_low, look.always_high]
            for look in found.looks
        ],
        draw={"x": "day", "y": ["difference"], "low": "low", "high": "high"},
        note=T(
            "You may look every day and stop when the band leaves zero out: of a hundred experiments without any "
            "effect, at most about five ever show one. The interval of one look promises that on one day only."
        ),
        empty=T("Too few people and goals yet to draw how it settles."),
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
    columns = [Column("arm", T("Arm")), Column("days", T("Days to the goal"), "number")]
    columns += [Column("value", T("Value"), "money")] if people.priced else []
    columns += [Column("took", T("Took it up"), "bool")] if found.plan.took is not None else []
    return list_people(journeys, query, listed, title, columns, when=Column("time", T("First exposed"), "time"))


def _masks(people: People) -> dict[str, Bool]:
    done = people.mature
    return {
        "all": done,
        "reached": done & people.reached,
        "took": done & people.took,
        "open": ~done,
        "both": done & people.both,
    }
