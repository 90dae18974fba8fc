"""The blocks of Explore: values with all that is counted, the largest of them over time, and pairs of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from collector.core.blocks import Block, Cell, Column, Unit
from collector.core.query import Query
from collector.core.text import T, Text
from collector.reports.explore.count import Counts, Values, count, crossed, over_time
from collector.reports.local_days import Periods

LINKED = ("people", "group", "within", "at", "limit")
LINES = 6
MEASURES: dict[str, tuple[Text, Unit]] = {
    "people": (T("People"), "count"),
    "events": (T("Events"), "count"),
    "sessions": (T("Visits"), "count"),
    "value": (T("Value"), "money"),
    "average": (T("Average value"), "money"),
}


class Property(NamedTuple):
    """What is broken down by: its name, and the heading of its values."""

    name: str
    title: Text


def people_of(query: Query, group: str, within: str = "", at: str = "") -> tuple[tuple[str, str], ...]:
    """The arguments of the people behind a value, a pair of values, or a value in a period."""
    kept = tuple(pair for pair in query.arguments if pair[0] not in LINKED)
    more = (("group", group), ("within", within), ("at", at))
    return (*kept, ("people", "in"), *(pair for pair in more if pair[1]))


def values_block(query: Query, values: Values, counted: Mapping[str, Counts], by: Property, measure: str) -> Block:
    """A row a value, with everything that is counted of it."""
    columns = [Column("value_of", by.title, "text")]
    columns += [Column(name, label, unit) for name, (label, unit) in MEASURES.items()]
    cells = [counted[name] for name in MEASURES]
    return Block(
        id="values",
        kind="bars",
        title=by.title,
        columns=columns,
        rows=[[text, *(_cell(one[at]) for one in cells)] for at, text in enumerate(values.texts)],
        draw={"x": "value_of", "y": measure, "link": "people", "words": {"value_of": by.name}},
        links=[people_of(query, text) for text in values.texts],
        empty=T("Nothing like this happened in this time."),
    )


def trend_block(query: Query, values: Values, periods: Periods, by: Property, measure: str) -> Block:
    """The largest values over time."""
    counted = count(over_time(values, periods), len(values.texts) * len(periods), measure)
    over = periods.over(query.now)
    label, unit = MEASURES[measure]
    rows: list[list[Cell]] = []
    links = []
    for at, text in enumerate(values.texts[:LINES]):
        for number, day in enumerate(periods.first):
            rows.append([day.isoformat(), text, _cell(counted[at * len(periods) + number]), not bool(over[number])])
            links.append(people_of(query, text, at=day.isoformat()))
    return Block(
        id="trend",
        kind="series",
        title=T("Over time"),
        columns=(
            Column("date", T("Date"), "date"),
            Column("value_of", by.title, "text"),
            Column(measure, label, unit),
            Column("unfinished", T("Unfinished"), "bool"),
        ),
        rows=rows,
        draw={
            "x": "date",
            "y": [measure],
            "group": "value_of",
            "open": "unfinished",
            "link": measure,
            "words": {"value_of": by.name},
        },
        links=links,
        empty=T("Nothing like this happened in this time."),
    )


def pairs_block(query: Query, first: Values, second: Values, by: tuple[Property, Property], measure: str) -> Block:
    """A cell for each pair of values."""
    width = len(second.texts)
    pairs = crossed(first, second)
    cells, events = (count(pairs, len(first.texts) * width, name) for name in (measure, "events"))
    label, unit = MEASURES[measure]
    known = not np.isnan(cells).all()
    seen = [
        (at, code) for at in range(len(first.texts)) for code in range(width) if known and events[at * width + code]
    ]
    return Block(
        id="pairs",
        kind="grid",
        title=T("{first} by {second}", first=by[0].title, second=by[1].title),
        columns=(Column("value_of", by[0].title), Column("within", by[1].title), Column(measure, label, unit)),
        rows=[[first.texts[at], second.texts[code], _cell(cells[at * width + code])] for at, code in seen],
        draw={
            "y": "value_of",
            "x": "within",
            "value": measure,
            "link": measure,
            "words": {"value_of": by[0].name, "within": by[1].name},
        },
        links=[people_of(query, first.texts[at], second.texts[code]) for at, code in seen],
        empty=T("None of the events carries a value.")
        if events.any()
        else T("Nothing like this happened in this time."),
    )


def _cell(value: np.float64 | np.int64) -> Cell:
    if isinstance(value, np.floating):
        return None if np.isnan(value) else float(value)
    return int(value)
