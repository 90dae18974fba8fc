"""The blocks of an experiment's effect: figures, the table by assignment, and how the difference settled."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.arms import Arm
from collector.reports.experiment.statistics import told


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
            T("People at the goal because of it"),
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
            Column("p", T("p-value"), "ratio", T("How often chance alone would differ as much.")),
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
    bounds = [whole.estimate, told(whole.low), told(whole.high)]
    return [measure, exposed, naive, without, *bounds, lift, whole.estimate * one.people, told(whole.p)]


def _mean(arm: Arm, measure: str) -> float:
    return (arm.reached if measure == "rate" else arm.value) / arm.people


def _not_taken(found: Answer, measure: str) -> Cell:
    people = found.people
    if found.plan.took is None or found.treated is None:
        return None
    mask = (people.arm == people.arms.index(found.treated)) & people.mature & ~people.took
    outcome = people.reached[mask] if measure == "rate" else people.value[mask]
    return float(outcome.mean()) if len(outcome) else None


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
