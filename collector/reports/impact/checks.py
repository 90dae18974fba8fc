"""Can the answer be trusted? Each check with its threshold and a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.reports.impact.engine import FLOORS, Answer, Matched
from collector.reports.impact.estimate import e_value, effective_people

SMD = 0.1
LARGEST = 0.05
LATER = 0.5
PLACEBO = 0.05  # visits

_Row: TypeAlias = tuple[Text, Cell, Cell, Cell, Text]


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


def _checks(found: Answer) -> list[_Row]:
    matched = found.matched
    used = 0 if matched is None else len(matched.case)
    share = used / found.exposed if found.exposed else 0.0
    rows = [
        _least(T("Exposed people used"), used, FLOORS["exposed"], T("People whose exposure counts and found a match.")),
        _least(T("People to compare with"), found.control_people, FLOORS["controls"], T("People alike, not exposed.")),
        _least(T("Share that found a match"), share, FLOORS["share"], T("Of the exposed who could be used.")),
        _least(T("Goals among those compared with"), found.goals, FLOORS["goals"], T("Too few make a wide interval.")),
    ]
    if matched is None or not matched.weight.any():
        return rows
    return [*rows, *_likeness(found), *_weights(matched), *_strength(found)]


def _likeness(found: Answer) -> Iterator[_Row]:
    if found.balance:
        worst = max(abs(row.after) for row in found.balance)
        yield T("Largest difference left"), worst, SMD, worst <= SMD, T("Standardised difference of any feature.")
    before = found.placebo
    if before is not None:
        low, high = float(before.low[0]), float(before.high[0])
        meaning = T(
            "Visits in as long a time before, which nothing that came later can have changed: the interval of the "
            "difference must hold zero, and this is how far it is from it."
        )
        off = max(low, -high, 0.0)
        yield T("Effect on what came before"), off, PLACEBO, off <= PLACEBO, meaning


def _weights(matched: Matched) -> Iterator[_Row]:
    person, weight = matched.controls.person, matched.weight
    size = effective_people(person, weight)
    yield _least(T("Effective number of people compared with"), size, FLOORS["controls"], T("After weighting."))
    largest = float(np.bincount(person, weights=weight).max() / weight.sum())
    yield T("Largest weight of one person"), largest, LARGEST, largest <= LARGEST, T("Nobody should decide alone.")
    later = float(weight[matched.controls.later].sum() / weight.sum())
    meaning = T("They are left out from then on, and others stand in.")
    yield T("Compared people exposed later"), later, LATER, later <= LATER, meaning


def _strength(found: Answer) -> Iterator[_Row]:
    rate = found.rate
    if rate is None:
        return
    exposed, without = float(rate.exposed[-1]), float(rate.counterfactual[-1])
    meaning = T(
        "A hidden cause would have to make both the exposure and the goal so many times likelier to explain all of the "
        "effect (E-value)."
    )
    yield T("Strength of a hidden cause"), e_value(exposed, without), None, None, meaning
    low, high = float(rate.low[-1]), float(rate.high[-1])
    if low > 0 or high < 0:
        nearest = exposed - (low if low > 0 else high)
        meaning = T("The same, to bring zero into the interval.")
        yield T("To make it unclear"), e_value(exposed, nearest), None, None, meaning


def _least(label: Text, value: float, floor: float, meaning: Text) -> _Row:
    return label, value, floor, value >= floor, meaning
