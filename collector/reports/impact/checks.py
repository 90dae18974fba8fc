"""Can the answer be trusted? Each check with its threshold, whether it is met, and what that means in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column, Unit
from collector.core.text import T, Text, Value
from collector.reports.impact.engine import FLOORS, SURE, Answer
from collector.reports.impact.estimate import e_value, effective_people
from collector.reports.impact.matching import Matched

SMD = 0.1
LARGEST = 0.05
LATER = 0.5
PLACEBO = 0.05  # visits


COLUMNS = (
    Column("check", T("Check"), "label"),
    Column("value", T("Value"), "number"),
    Column("threshold", T("Threshold"), "number"),
    Column("ok", T("Good"), "bool"),
    Column("meaning", T("What it means"), "label"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `way` is "least" or "most" where there is a threshold; `ok` is None where there is none."""

    label: Text
    value: float | None
    meaning: Text
    unit: Unit = "number"
    way: str = ""
    threshold: float | None = None
    ok: bool | None = None


def checks_block(found: Answer) -> Block:
    """The block `checks`: check, value, threshold, ok, meaning.

    The hint `told` says, one a row, whether the threshold is the "least" or the "most", and the unit of both numbers.
    """
    checks = list(_checks(found))
    rows: list[list[Cell]] = [[str(one.label), one.value, one.threshold, one.ok, str(one.meaning)] for one in checks]
    return Block(
        "checks",
        "table",
        T("Can I trust this?"),
        COLUMNS,
        rows,
        draw={"wide": True, "told": [(one.way, one.unit) for one in checks]},
        note=None if found.refused else summary([one.ok for one in checks]),
    )


def caution(found: Answer) -> Sequence[Text]:
    """That not all checks are met, where there is an answer and they are not."""
    met = [one.ok for one in _checks(found)]
    return [summary(met)] if not found.refused and False in met else []


def summary(met: Sequence[bool | None]) -> Text:
    """How many checks are met, of those that have a threshold; None is one without."""
    asked = [one for one in met if one is not None]
    bad = asked.count(False)
    if not bad:
        return T("All {n} checks are met.", n=Value(len(asked), "count"))
    if bad == 1:
        return T("One of {n} checks is not met: take the number with care.", n=Value(len(asked), "count"))
    return T("{bad} of {n} checks are not met: take the number with care.", bad=bad, n=Value(len(asked), "count"))


def _checks(found: Answer) -> Iterator[Check]:
    matched = found.matched
    used = 0 if matched is None else len(matched.case)
    share = used / found.exposed if found.exposed else 0.0
    met, need = T("Enough of them."), T("More of them are needed.")
    unlike = T("Most of the exposed have nobody like them: what it changed for these cannot be told.")
    yield _least(T("Exposed people used"), used, FLOORS["exposed"], met, need, "count")
    yield _least(T("People to compare with"), found.control_people, FLOORS["controls"], met, need, "count")
    yield _least(
        T("Exposed people with somebody alike"),
        share,
        FLOORS["share"],
        T("The answer is about most of the exposed."),
        unlike if found.exposed else T("Nobody was exposed yet whose time for the goal is over."),
        "ratio",
    )
    yield _least(
        T("Goals among those compared with"),
        found.goals,
        FLOORS["goals"],
        T("Enough to say how many would have got there without it."),
        T("How many would have got there without it rests on very few."),
        "count",
    )
    if matched is None or not matched.weight.any():
        return
    if found.refused == "same":
        reached = float(np.isfinite(matched.cases.delay).mean())
        all_did = T("Nearly all who met it reached the goal: it comes with the goal.")
        yield _most(T("Exposed people at the goal"), reached, SURE, all_did, all_did, "ratio")
    yield from _likeness(found)
    yield from _weights(matched)
    yield from _strength(found)


def _likeness(found: Answer) -> Iterator[Check]:
    if found.balance:
        yield _most(
            T("Largest difference left"),
            max(abs(row.after) for row in found.balance),
            SMD,
            T("In everything that was measured both groups are alike; see the plot below."),
            T("The groups still differ in something that was measured; see the plot below."),
        )
    before = found.placebo
    if before is not None:
        low, high = float(before.low[0]), float(before.high[0])
        yield _most(
            T("Effect on what came before, in visits"),
            max(low, -high, 0.0),
            PLACEBO,
            T("On visits made before, which it cannot have changed, it shows no effect, as it must."),
            T("It shows an effect on visits made before, which it cannot have changed: the groups differ."),
        )


def _weights(matched: Matched) -> Iterator[Check]:
    person, weight = matched.controls.person, matched.weight
    yield _least(
        T("Effective number of people compared with"),
        effective_people(person, weight),
        FLOORS["controls"],
        T("Counted by how much each of them weighs, they are still many."),
        T("Counted by how much each of them weighs, they are few: the interval may be too narrow."),
        "count",
    )
    yield _most(
        T("Largest weight of one person"),
        float(np.bincount(person, weights=weight).max() / weight.sum()),
        LARGEST,
        T("Nobody decides alone."),
        T("Single people decide the answer."),
        "ratio",
    )
    yield _most(
        T("Compared people exposed later"),
        float(weight[matched.controls.later].sum() / weight.sum()),
        LATER,
        T("They are left out from then on, and others alike stand in for them."),
        T("Few stayed without it for that long; a shorter time for the goal tells more."),
        "ratio",
    )


def _strength(found: Answer) -> Iterator[Check]:
    rate = found.rate
    if rate is None:
        return
    exposed, without = float(rate.exposed[-1]), float(rate.counterfactual[-1])
    meaning = T(
        "Something that nobody measured would have to make both the exposure and the goal so many times likelier to "
        "explain all of the effect (E-value)."
    )
    yield Check(T("Strength of a hidden cause"), e_value(exposed, without), meaning)
    low, high = float(rate.low[-1]), float(rate.high[-1])
    if low > 0 or high < 0:
        nearest = exposed - (low if low > 0 else high)
        yield Check(T("To make it unclear"), e_value(exposed, nearest), T("The same, to bring zero into the interval."))


def _least(label: Text, value: float, floor: float, met: Text, missed: Text, unit: Unit) -> Check:
    ok = value >= floor
    return Check(label, value, met if ok else missed, unit, "least", floor, ok)


def _most(label: Text, value: float, most: float, met: Text, missed: Text, unit: Unit = "number") -> Check:
    ok = value <= most
    return Check(label, value, met if ok else missed, unit, "most", most, ok)
