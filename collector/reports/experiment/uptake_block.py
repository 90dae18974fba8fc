"""The block of the effect on those who took it up, with the plain comparison beside it."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T
from collector.reports.experiment.analysis import Answer
from collector.reports.experiment.statistics import told


def uptake_block(found: Answer) -> Block:
    """The effect on those who took it up because they were assigned to it."""
    rows: list[list[Cell]] = []
    if found.uptake is not None:
        one, other = found.arm(found.treated), found.arm(found.control)
        more = (one.took / one.people, other.took / other.people, found.uptake.difference)
        for measure, uptake in (("rate", found.uptake), ("value", found.uptake_value)):
            if uptake is not None:
                effect = [told(bound) for bound in (uptake.effect.estimate, uptake.effect.low, uptake.effect.high)]
                rows.append(
                    [measure, str(_NAMES[measure]), *more, *effect, plain_comparison(found, measure), uptake.told]
                )
    weak = found.uptake is not None and not found.uptake.told
    return Block(
        "uptake",
        "table",
        T("Effect on those who took it up"),
        (
            Column("measure", T("Measure"), "text", T("rate: reached the goal; value: money of the goals")),
            Column("label", T("Of each person"), "label"),
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
        draw={"unseen": ("measure",), "units": {"rate": "points", "value": "money"}},
        note=T("The arms differ too little in who took it up: an effect on those cannot be told.")
        if weak
        else T("If being assigned to it changes the goal only through taking it up."),
        empty=T("Say what taking it up is, like event:chat_started, to see the effect on those who did."),
    )


_NAMES = {"rate": T("Reached the goal"), "value": T("Value a person")}


def plain_comparison(found: Answer, measure: str) -> Cell:
    """Those who took it up against those who did not, of both arms: what an impatient reader would compare."""
    people = found.people
    mine = people.mature & np.isin(
        people.arm, [people.arms.index(str(name)) for name in (found.treated, found.control)]
    )
    outcome = people.reached if measure == "rate" else people.value
    took, others = outcome[mine & people.took], outcome[mine & ~people.took]
    return float(took.mean() - others.mean()) if len(took) and len(others) else None
