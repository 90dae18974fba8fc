"""What retention says: the pooled curve, the table of cohorts, and the people behind a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.part import Bool, Int64
from collector.reports.breakdowns import title_of
from collector.reports.local_days import Periods
from collector.reports.stats import wilson

MOST_GROUPS = 20
LINKED = ("people", "at", "group", "limit")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many began and came back, by group and cohort.

    size: [group, cohort]. back: [group, cohort, period]. over: [cohort, period], whether that period is over; begun:
    whether it has begun.
    """

    groups: Sequence[str]
    size: Int64
    back: Int64
    over: Bool
    begun: Bool

    @property
    def most(self) -> int:
        """The last period counted."""
        return int(self.back.shape[2]) - 1

    def eligible(self, k: int, group: int | None = None) -> tuple[int, int]:
        """How many began and how many came back `k` periods later, of the cohorts of which that period is over."""
        over = self.over[:, k]
        chosen = slice(None) if group is None else slice(group, group + 1)
        return int(self.size[chosen][:, over].sum()), int(self.back[chosen, :, k][:, over].sum())


def elapsed(periods: Periods, cohorts: int, most: int, now: int) -> tuple[Bool, Bool]:
    """For each cohort and period after it: whether that period is over, and whether it has begun."""
    at = np.arange(cohorts)[:, None] + np.arange(most + 1)[None, :]
    known = at < len(periods)
    place = np.minimum(at, len(periods) - 1)
    return known & (periods.ends[place] <= now), known & (periods.starts[place] <= now)


def people_of(query: Query, which: str, at: int, group: str) -> tuple[tuple[str, str], ...]:
    """The arguments of a list of people."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in LINKED)
    named = (("group", group),) if group else ()
    return (*kept, ("people", which), ("at", str(at)), *named)


def curve_block(query: Query, counts: Counts, unit: str) -> Block:
    """The pooled rate by period since the start, each cohort with its size, the unfinished left out."""
    rows: list[list[Cell]] = []
    links = []
    for k in range(counts.most + 1):
        people, back = counts.eligible(k)
        if not people:
            break
        low, high = wilson(back, people)
        rows.append([k, people, back, back / people, float(low), float(high)])
        links.append(people_of(query, "returned", k, ""))
    return Block(
        id="curve",
        kind="series",
        title=T("How many come back"),
        columns=(
            Column("period", _after(unit), "count"),
            Column("people", T("Began"), "count", T("Of the cohorts for which this period is over.")),
            Column("returned", T("Came back"), "count"),
            Column("rate", T("Rate"), "ratio"),
            Column("low", T("Low"), "ratio", T("Lower end of the 95 % interval (Wilson).")),
            Column("high", T("High"), "ratio", T("Upper end of the 95 % interval (Wilson).")),
        ),
        rows=rows,
        draw={"x": "period", "y": ["rate"], "low": "low", "high": "high", "link": "returned"},
        links=links,
        empty=T("No period is over yet: come back when the first one is."),
    )


def _after(unit: str) -> Text:
    return {"day": T("Days after"), "week": T("Weeks after"), "month": T("Months after")}[unit]


def cohorts_block(query: Query, counts: Counts, periods: Periods, by: str | None) -> Block:
    """A row a cell: who began in a period (or with a value of the breakdown), and how many came back when."""
    rows: list[list[Cell]] = []
    links: list[tuple[tuple[str, str], ...]] = []
    sizes: list[tuple[tuple[str, str], ...]] = []

    def add(name: str, size: int, cells: Sequence[tuple[int, int, int, bool]]) -> None:
        for k, people, back, unfinished in cells:
            rate = back / people if people else None
            rows.append([name, size, k, people, back, rate, unfinished])
            links.append(people_of(query, "returned", k, name))
            sizes.append(people_of(query, "began", 0, name))

    if not counts.size.any():
        pass
    elif by is None:
        for cohort in range(counts.size.shape[1]):
            add(periods.first[cohort].isoformat(), int(counts.size[:, cohort].sum()), _dated(counts, cohort))
    else:
        for group, text in enumerate(counts.groups):
            add(text, int(counts.size[group].sum()), _pooled(counts, group))
    return Block(
        id="cohorts",
        kind="grid",
        title=T("Cohorts"),
        columns=(
            Column("cohort", T("Began"), "date") if by is None else Column("cohort", title_of(by), "text"),
            Column("size", T("People"), "count"),
            Column("period", _after(periods.unit), "count"),
            Column("people", T("Of them counted"), "count", T("Those for whom the period is over.")),
            Column("returned", T("Came back"), "count"),
            Column("rate", T("Rate"), "ratio"),
            Column("unfinished", T("Unfinished"), "bool", T("The period is not over: the rate may still grow.")),
        ),
        rows=rows,
        draw={
            "y": "cohort",
            "x": "period",
            "value": "rate",
            "size": "size",
            "open": "unfinished",
            "link": "returned",
            "cell_links": {"size": sizes},
            "words": {} if by is None else {"cohort": by},
        },
        links=links,
        empty=T("Nobody began in this time."),
    )


def _dated(counts: Counts, cohort: int) -> list[tuple[int, int, int, bool]]:
    size = int(counts.size[:, cohort].sum())
    back = counts.back[:, cohort].sum(axis=0)
    begun = [k for k in range(counts.most + 1) if counts.begun[cohort, k]]
    return [(k, size, int(back[k]), not bool(counts.over[cohort, k])) for k in begun]


def _pooled(counts: Counts, group: int) -> list[tuple[int, int, int, bool]]:
    found = [(k, *counts.eligible(k, group), False) for k in range(counts.most + 1)]
    return [cell for cell in found if cell[1]]


_LATER = {
    ("day", False): T("Came back a day later"),
    ("week", False): T("Came back a week later"),
    ("month", False): T("Came back a month later"),
    ("day", True): T("Came back a day later or after that"),
    ("week", True): T("Came back a week later or after that"),
    ("month", True): T("Came back a month later or after that"),
}


def summary_block(query: Query, counts: Counts, unit: str) -> Block:
    """Who began, and how many of them came back in the first period after it."""
    began = int(counts.size.sum())
    people, back = counts.eligible(1) if counts.most else (0, 0)
    low, high = wilson(back, people)
    rate: list[Cell] = [back / people, float(low), float(high)] if people else [None, None, None]
    return Block(
        id="summary",
        kind="number",
        title=T("Retention"),
        columns=(
            Column("people", T("Began"), "count"),
            Column(
                "rate",
                _LATER[unit, query.values["returning"] == "after"],
                "ratio",
                T("Of those for whom the period is over."),
            ),
            Column("low", T("Low"), "ratio"),
            Column("high", T("High"), "ratio"),
        ),
        rows=[[began, *rate]],
        draw={"link": "people", "cell_links": {"rate": [people_of(query, "returned", 1, "")]}},
        links=[people_of(query, "began", 0, "")],
    )
