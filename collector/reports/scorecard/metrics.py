"""The metrics by name: value, value before, change, what stands behind them, and the report that tells more."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.core.blocks import Block, Cell, Column, Unit
from collector.core.text import T, Text
from collector.reports.scope import share
from collector.reports.scorecard.measures import Measures

Pairs = tuple[tuple[str, str], ...]
Of = Callable[[Measures], "float | None"]
Counted = Callable[[Measures], int]


# Fewer people, visits or purchases than that on either side move by chance alone.
ENOUGH = 30
Z = 1.96


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    value: from the sums of a stretch, None where there is nothing to divide by. counted, base: what is counted, of how
    many. better: 1 where more is better, -1 where less is, 0 where neither. people: the list behind `counted`, or None.
    report: the name of the report that tells more, and its arguments.
    """

    name: str
    label: Text
    unit: Unit
    value: Of
    counted: Counted
    base: Counted
    better: int
    people: Pairs | None
    report: str
    arguments: Pairs
    help: Text | None = None

    @property
    def sums(self) -> bool:
        """Whether it grows with the time that is looked at, as neither shares nor means do."""
        return self.name in ("goals_reached", "revenue")


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric with its values and counts; `before` is None where nothing is compared, its counts 0."""

    metric: Metric
    now: float | None
    before: float | None
    counted: int
    base: int
    counted_before: int
    base_before: int

    @property
    def change(self) -> float | None:
        """The difference of shares and scores; for all others by which share of the value before it changed."""
        if self.now is None or self.before is None:
            return None
        difference = self.now - self.before
        return difference if self.metric.unit in ("ratio", "number") else share(difference, abs(self.before))

    @property
    def moved(self) -> float:
        """By which share of the value before it changed."""
        return 0.0 if self.now is None or not self.before else (self.now - self.before) / abs(self.before)

    @property
    def by_chance(self) -> bool:
        """Whether so few were counted that such a change would come about by itself, now and then.

        Shares by the pooled two-proportion test, sums by that of two Poisson counts of what is summed, both at 95 %;
        of means it is told by their number alone, as how much they scatter is not known here.
        """
        if min(self.base, self.base_before) < ENOUGH or self.now is None or self.before is None:
            return True
        if self.metric.unit == "ratio":
            whole = self.base + self.base_before
            pooled = (self.counted + self.counted_before) / whole
            error = math.sqrt(pooled * (1 - pooled) * whole / (self.base * self.base_before))
            return abs(self.now - self.before) <= Z * error
        if self.metric.sums:
            both = self.counted + self.counted_before
            return abs(self.counted - self.counted_before) <= Z * math.sqrt(both)
        return min(self.base, self.base_before) < 10 * ENOUGH


def measured(metrics: Sequence[Metric], now: Measures, before: Measures | None) -> list[Measured]:
    """The metrics of two stretches."""
    return [
        Measured(
            metric,
            metric.value(now),
            None if before is None else metric.value(before),
            metric.counted(now),
            metric.base(now),
            0 if before is None else metric.counted(before),
            0 if before is None else metric.base(before),
        )
        for metric in metrics
    ]


# What not every site sends is left away where nothing of it was sent, in neither of the two stretches.
_OPTIONAL = frozenset(("engaged_seconds", "cart_abandonment", "form_abandonment", "nps", "csat", "first_response"))


def shown(found: Sequence[Measured]) -> list[Measured]:
    """Those to be shown: what not every site sends only where there is anything of it."""
    return [one for one in found if one.metric.name not in _OPTIONAL or (one.now, one.before) != (None, None)]


def cards(found: Sequence[Measured]) -> list[Block]:
    """One number a metric, which leads to the report behind it."""
    blocks = []
    for one in found:
        metric = one.metric
        change: Unit = "points" if metric.unit == "ratio" else "number" if metric.unit == "number" else "ratio"
        blocks.append(
            Block(
                metric.name,
                "number",
                metric.label,
                (
                    Column("value", metric.label, metric.unit, metric.help),
                    Column("previous", T("Before"), metric.unit),
                    Column("change", T("Change"), change),
                ),
                [[one.now, one.before, one.change]],
                draw={"leads": {"value": (metric.report, [metric.arguments])}},
            )
        )
    return blocks


_UNITS: dict[Unit, Text] = {
    "ratio": T("share, 0 to 1"),
    "number": T("number"),
    "count": T("times"),
    "money": T("money"),
    "seconds": T("seconds"),
}


def metrics_block(found: Sequence[Measured]) -> Block:
    """All metrics in one table, for the CSV and the command line, with the people behind each."""
    rows: list[list[Cell]] = [
        [
            one.metric.name,
            str(one.metric.label),
            one.now,
            one.before,
            one.change,
            str(_UNITS[one.metric.unit]),
            one.counted,
            one.base,
            one.metric.report,
        ]
        for one in found
    ]
    return Block(
        "metrics",
        "table",
        T("What stands behind the metrics"),
        (
            Column("name", T("Name")),
            Column("metric", T("Metric"), "label"),
            Column("value", T("Value"), "number"),
            Column("previous", T("Before"), "number"),
            Column("change", T("Change"), "number", T("Of shares and scores the difference, else a share.")),
            Column("unit", T("Unit"), "label"),
            Column("counted", T("Counted"), "count", T("The people, visits or purchases that the metric counts.")),
            Column("base", T("Of"), "count", T("How many there are in all.")),
            Column("report", T("Read on in"), "label"),
        ),
        rows,
        draw={
            "link": "counted",
            "unseen": ("name",),
            "cell_links": {"report": [(("report", one.metric.report), *one.metric.arguments) for one in found]},
        },
        links=[one.metric.people if one.counted else None for one in found],
        empty=T("Nothing has been counted yet."),
    )
