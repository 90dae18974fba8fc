"""How many touches conversions took, and how long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.core.blocks import Block, Cell, Column
from collector.core.text import T, Text
from collector.core.times import DAY
from collector.journeys.part import Bool, Int64
from collector.reports.attribution.answer import Answer
from collector.reports.scope import share

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
    found = [np.repeat(np.minimum(one.runs.length, LONGEST).astype(np.int8), one.many) for one in answer.paths.found]
    bucket = np.concatenate(found) if found else np.empty(0, dtype=np.int8)
    labels = [T("no touch"), *[Text("{n}", {"n": n}) for n in range(1, LONGEST)], T("{n} and more", n=LONGEST)]
    groups = [(number, str(label)) for number, label in enumerate(labels) if number or (bucket == 0).any()]
    return _histogram(answer, "length", Column("touches", T("Touches"), "label"), T("How many touches"), groups, bucket)


def lag_block(answer: Answer) -> Block:
    """How long it took from the first touch to the conversion."""
    found = [lag_group(one.lag) for one in answer.paths.found]
    bucket = np.concatenate(found) if found else np.empty(0, dtype=np.int8)
    groups = [(number, str(label)) for number, (_, label) in enumerate(LAGS)]
    column = Column("days", T("Days"), "label", T("From the first touch to the conversion."))
    return _histogram(answer, "lag", column, T("How long it took"), groups, bucket)


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
    groups: Sequence[tuple[int, str]],
    bucket: Int64 | NDArray[np.int8],
) -> Block:
    """Conversions by group, up to the last that holds any."""
    last = int(bucket.max()) if len(bucket) else -1
    worth = np.nan_to_num(answer.worth) if answer.valued else answer.worth
    rows: list[list[Cell]] = []
    links = []
    for number, label in groups:
        if number > last:
            break
        inside: Bool = bucket == number
        many = int(np.count_nonzero(inside))
        money = [float(worth[inside].sum())] if answer.valued else []
        rows.append([label, many, share(many, answer.paths.count), *money])
        links.append(answer.link(name, str(number)) if many else None)
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
