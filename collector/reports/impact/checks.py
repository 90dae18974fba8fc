"""Can the answer be trusted? Each check with its threshold and a sentence."""

from __future__ import annotations

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.reports.impact.engine import FLOORS, Answer
from collector.reports.impact.estimate import e_value, effective_size

SMD = 0.1
LARGEST = 0.05


def checks_block(found: Answer) -> Block:
    """The block `checks`: check, value, threshold, ok, meaning."""
    rows = [[str(label), value, threshold, ok, str(meaning)] for label, value, threshold, ok, meaning in _checks(found)]
    return Block(
        "checks",
        "table",
        T("Can I trust this?"),
        (
            Column("check", T("Check"), "label"),
            Column("value", T("Value"), "number"),
            Column("threshold", T("Threshold"), "number"),
            Column("ok", T("Good"), "bool"),
            Column("meaning", T("What it means"), "label"),
        ),
        rows,
        draw={"wide": True},
    )


def _checks(found: Answer) -> list[tuple[Text, Cell, Cell, Cell, Text]]:
    matched = found.matched
    used = 0 if matched is None else len(matched.case)
    share = used / found.exposed if found.exposed else 0.0
    rows: list[tuple[Text, Cell, Cell, Cell, Text]] = [
        _least(T("Exposed people used"), used, FLOORS["exposed"], T("People whose exposure counts and found a match.")),
        _least(T("People to compare with"), found.control_people, FLOORS["controls"], T("People alike, not exposed.")),
        _least(T("Share that found a match"), share, FLOORS["share"], T("Of the exposed who could be used.")),
        _least(T("Goals among those compared with"), found.goals, FLOORS["goals"], T("Too few make a wide interval.")),
    ]
    if matched is None or not matched.weight.any():
        return rows
    if found.balance:
        worst = max(abs(row.after) for row in found.balance)
        rows.append(
            (T("Largest difference left"), worst, SMD, worst <= SMD, T("Standardised difference of any feature."))
        )
    size = effective_size(matched.weight)
    rows.append(_least(T("Effective number of controls"), size, FLOORS["controls"], T("After weighting.")))
    pulls = np.bincount(matched.controls.person, weights=matched.weight) / matched.weight.sum()
    largest = float(pulls.max())
    rows.append(
        (T("Largest weight of one person"), largest, LARGEST, largest <= LARGEST, T("Nobody should decide alone."))
    )
    lost = float(np.mean(matched.controls.weight == 0))
    rows.append(
        (T("Controls exposed later"), lost, 0.5, lost <= 0.5, T("They are left out from then on, others stand in."))
    )
    if found.rate is not None:
        strength = e_value(float(found.rate.exposed[-1]), float(found.rate.counterfactual[-1]))
        meaning = T(
            "A hidden cause would have to make both the exposure and the goal so many times likelier to explain all "
            "of the effect (E-value)."
        )
        rows.append((T("Strength of a hidden cause"), strength, None, None, meaning))
    return rows


def _least(label: Text, value: float, floor: float, meaning: Text) -> tuple[Text, Cell, Cell, Cell, Text]:
    return label, value, floor, value >= floor, meaning
