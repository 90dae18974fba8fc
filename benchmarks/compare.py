"""Whole report pages beside the queries of ClickHouse and DuckDB that give their main numbers: same numbers, in turns.

The others get persons, visits and days worked out beforehand, every event table in two orders, and are asked in
several ways where there are several: the best of all that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.data import kind_of
from benchmarks.measure import in_turns, say
from benchmarks.people import NOW
from benchmarks.questions import ALL, Arguments
from benchmarks.table import Answer, Engine
from benchmarks.views import bench_site
from benchmarks.vocabulary import PAGES
from collector.core.blocks import Block
from collector.core.query import parse_query
from collector.journeys.journeys import Journeys
from collector.reports.registry import reports

BUY, CHAT = kind_of("event:purchase"), kind_of("event:chat_started")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A page and the queries beside it.

    promised: how many times as fast as the best of the others; `sql` is asked of every layout, in place of {table};
    `only` names the engine where a query is for one. read: the page's numbers as rows that the queries' rows hold.
    """

    name: str
    promised: float
    report: str
    arguments: Arguments
    sql: Sequence[tuple[str, str]]
    read: Callable[[Callable[[str], Block]], Answer]


def cells(block: Block, *names: str) -> list[list[object]]:
    """Some columns of a block's rows."""
    places = [[column.name for column in block.columns].index(name) for name in names]
    return [[row[place] for place in places] for row in block.rows]


def _flow(block: Callable[[str], Block]) -> Answer:
    number = {path: place for place, path in enumerate(PAGES, 1)}
    rows = cells(block("flow"), "step", "from", "to", "people")
    named = [row for row in rows if row[0] == 1 and row[1] in number and row[2] in number]
    return sorted((number[str(a)], number[str(b)], int(str(many))) for _, a, b, many in named)


_PATHS_ARRAYS = (
    f"SELECT p[1] AS a, p[2] AS b, count() FROM (SELECT arrayCompact(arrayMap(x -> x.2, arraySort(groupArray("
    f"(place, kind))))) AS p FROM {{table}} WHERE kind <= {len(PAGES)} GROUP BY visit) WHERE b > 0 GROUP BY a, b"
)
_PATHS_JOINS = (
    f"WITH pages AS (SELECT visit, place, kind FROM {{table}} WHERE kind <= {len(PAGES)}), "
    "landed AS (SELECT visit, arg_min(kind, place) AS a FROM pages GROUP BY visit), "
    "went AS (SELECT visit, min(a) AS a, arg_min(kind, place) AS b FROM pages JOIN landed USING (visit) "
    "WHERE kind <> a GROUP BY visit) SELECT a, b, count(*) FROM went GROUP BY a, b"
)
_UNIQUES = "SELECT week, count(DISTINCT person) FROM {table} GROUP BY week"
_UNIQUES_TWICE = "SELECT week, count(*) FROM (SELECT DISTINCT week, person FROM {table}) AS pairs GROUP BY week"

COMPARISONS: Sequence[Comparison] = (
    Comparison(
        "paths: from the landing to the next page",
        1.0,
        "paths",
        {**ALL, "depth": ["3"], "every-page": ["1"], "top": ["30"]},
        (("ClickHouse", _PATHS_ARRAYS), ("DuckDB", _PATHS_JOINS)),
        _flow,
    ),
)


def compare(journeys: Journeys, engines: Sequence[Engine], one: Comparison, runs: int) -> float:
    """Print the times; our ratio to the best of the others.

    Raises:
        AssertionError: the numbers differ.
    """
    report = reports()[one.report]
    query = parse_query(report.params, one.arguments, bench_site(), NOW)

    def ours() -> Answer:
        return one.read(report.run(journeys, query).block)

    works: dict[str, Callable[[], Answer]] = {"ours, the whole page": ours}
    for engine in engines:
        for way, sql in enumerate((sql for name, sql in one.sql if name in (engine.name, "")), 1):
            for layout in engine.layouts:
                works[f"{engine.name}, {layout}, query {way}"] = partial(engine.ask, sql.format(table=layout))
    expected = set(ours())
    times, answers = in_turns(works, runs)
    for name, answer in answers.items():
        assert expected <= set(answer), (name, sorted(expected - set(answer))[:5])
    ratio = min(took for name, took in times.items() if not name.startswith("ours")) / times["ours, the whole page"]
    print(f"{one.name}: {len(expected):,} numbers, the same from all")
    for engine in engines:
        best = min((took, name) for name, took in times.items() if name.startswith(engine.name))
        say(f"  best of {best[1]}", best[0], "ms")
    say("  ours, the whole page", times["ours, the whole page"], "ms")
    missed = "" if ratio >= one.promised else f"MISS (at least {one.promised:.0f})"
    say("  ratio to the best of the others", ratio, "times", missed)
    return ratio
