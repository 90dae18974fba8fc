"""How many touches conversions took, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.part import Float64, Int64
from collector.reports.attribution.answer import Answer
from collector.reports.attribution.paths import Conversions, sums
from collector.reports.scope import share
from collector.reports.threads import each

LONGEST = 10
# The first day of each group, and its words.
LAGS = (
    (0, T("less than 1 day")),
    (1, T("1 day")),
    (2, T("2 days")),
    (3, T("3 to 6 days")),
    (7, T("7 to 13 days")),
    (14, T("14 to 29 days")),
    (30, T("30 to 59 days")),
    (60, T("60 to 89 days")),
    (90, T("90 days and more")),
)


def length_block(answer: Answer) -> Block:
    """How many touches conversions took."""
    many, worth = np.zeros(LONGEST + 1), np.zeros(LONGEST + 1)
    for one in (piece.sequences for piece in answer.paths.found):
        group = np.minimum(one.runs.length, LONGEST)
        many += sums(group, one.many, LONGEST + 1)
        if one.worth is not None:
            worth += sums(group, one.worth, LONGEST + 1)
    labels = [T("no touch"), *[Text("{n}", {"n": n}) for n in range(1, LONGEST)], T("{n} and more", n=LONGEST)]
    column = Column("touches", T("Touches"), "label")
    return _histogram(answer, "length", column, T("How many touches"), labels, many, worth, first=0 if many[0] else 1)


def lag_block(answer: Answer) -> Block:
    """How long it took from the first touch to the conversion."""
    pieces = each(partial(_by_lag, answer.valued), answer.paths.found)
    many, worth = (sum((piece[at] for piece in pieces), np.zeros(len(LAGS))) for at in (0, 1))
    column = Column("days", T("Days"), "label", T("From the first touch to the conversion."))
    return _histogram(answer, "lag", column, T("How long it took"), [label for _, label in LAGS], many, worth)


def _by_lag(valued: bool, one: Conversions) -> tuple[Float64, Float64]:
    """Conversions of each group of `LAGS` in a piece, and what they are worth."""
    group = lag_group(one.lag)
    there = group >= 0
    group = group if there.all() else group[there]
    many = np.bincount(group, minlength=len(LAGS)).astype(np.float64)
    return many, sums(group, np.nan_to_num(one.worth[there]), len(LAGS)) if valued else np.zeros(len(LAGS))


def lag_group(lag: Int64) -> NDArray[np.int8]:
    """Which group of `LAGS` each time from the first touch belongs to; -1 without a touch."""
    found = np.full(len(lag), -1, dtype=np.int8)
    for day, _ in LAGS:
        found += lag >= day * DAY
    return found


def _histogram(
    answer: Answer,
    name: str,
    column: Column,
    title: Text,
    labels: Sequence[Text],
    many: Float64,
    worth: Float64,
    *,
    first: int = 0,
) -> Block:
    """Conversions by group, from the `first` to the last that holds any.

    Args:
        many, worth: conversions of each group, and what they are worth.
    """
    rows: list[list[Cell]] = []
    links = []
    for number in range(first, int(np.flatnonzero(many).max(initial=-1)) + 1):
        count = int(many[number])
        money = [float(worth[number])] if answer.valued else []
        rows.append([str(labels[number]), count, share(count, answer.paths.count), *money])
        links.append(answer.link(name, str(number)) if count else None)
    return Block(
        id=name,
        kind="bars",
        title=title,
        columns=(
            column,
            Column("conversions", T("Conversions"), "count"),
            Column("share", T("Share"), "ratio"),
            *((Column("revenue", T("Revenue"), "money"),) if answer.valued else ()),
        ),
        rows=rows,
        draw={"x": column.name, "y": "conversions", "link": "conversions"},
        links=links,
        empty=T("Nobody converted in this range."),
    )
