"""Whole report pages beside the queries of ClickHouse and DuckDB that give their main numbers: same numbers, in turns.

The others get persons, visits and days worked out beforehand, every event table in two orders, and are asked in
several ways where there are several: the best of all that counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import funnel
from benchmarks.clickhouse import ClickHouse
from benchmarks.data import kind_of
from benchmarks.duck import DuckDB
from benchmarks.measure import in_turns, say
from benchmarks.people import NOW
from benchmarks.questions import ALL, Arguments
from benchmarks.table import Answer, Engine, engine_columns
from benchmarks.views import SIZES, bench_site, opened
from benchmarks.vocabulary import PAGES
from collector.core.blocks import Block
from collector.core.query import parse_query
from collector.journeys.journeys import Journeys
from collector.reports import lifecycle, paths, retention
from collector.reports.lifecycle.asked import active
from collector.reports.lifecycle.asked import asked as lifecycle_asked
from collector.reports.lifecycle.states import cycle
from collector.reports.paths.landed import landed
from collector.reports.paths.places import rules_of
from collector.reports.paths.tape import tape
from collector.reports.registry import reports
from collector.reports.retention.report import counts
from collector.reports.scope import choose

PAGE, ALONE = "ours, the whole page", "ours, these numbers alone"
BUY, CHAT = kind_of("event:purchase"), kind_of("event:chat_started")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A page and the queries beside it.

    promised: how many times as fast as the best of the others; `sql` is asked of every layout, in place of {table};
    the engine named before it is the only one that it is for. read: the page's numbers as rows that the queries' rows
    hold. alone: the same rows and nothing else, where the page has much beside them: then it is this that is promised,
    and `page` of the page, 0 for nothing.
    """

    name: str
    promised: float
    report: str
    arguments: Arguments
    sql: Sequence[tuple[str, str]]
    read: Callable[[Callable[[str], Block]], Answer]
    alone: Callable[[Journeys], Answer] | None = None
    page: float = 0.0

    def aim(self, measure: str) -> float:
        """What is promised of `PAGE` or `ALONE`."""
        return self.page if self.alone and measure == PAGE else self.promised


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
_COHORTS_WINDOW = (
    "SELECT cohort, later, count(*) FROM (SELECT week - min(week) OVER (PARTITION BY person) AS later, "
    "min(week) OVER (PARTITION BY person) AS cohort FROM (SELECT DISTINCT person, week FROM {table}) AS p) AS dated "
    "WHERE later <= 12 GROUP BY cohort, later"
)
_COHORTS_JOIN = (
    "WITH pairs AS (SELECT DISTINCT person, week FROM {table}), "
    "firsts AS (SELECT person, min(week) AS cohort FROM pairs GROUP BY person) "
    "SELECT cohort, week - cohort AS later, count(*) FROM pairs JOIN firsts USING (person) "
    "WHERE week - cohort <= 12 GROUP BY cohort, later"
)
_COHORTS_ARRAYS = (
    "SELECT cohort, week - cohort AS later, count() FROM (SELECT min(week) AS cohort, groupUniqArray(week) AS weeks "
    "FROM {table} GROUP BY person) ARRAY JOIN weeks AS week WHERE later <= 12 GROUP BY cohort, later"
)
_UNIQUES = "SELECT week, count(DISTINCT person) FROM {table} GROUP BY week ORDER BY week"
_UNIQUES_PAIRS = "SELECT week, count(*) FROM (SELECT DISTINCT week, person FROM {table}) AS pairs GROUP BY week"
_BOTH = (
    f"SELECT count(*) FROM (SELECT person FROM {{table}} WHERE kind IN ({BUY}, {CHAT}) GROUP BY person HAVING "
    f"min(kind = {BUY}) AND NOT max(kind = {CHAT})) AS chosen"
)
_NOT_IN = (
    f"SELECT count(*) FROM (SELECT DISTINCT person FROM {{table}} WHERE kind = {BUY}) AS chosen "
    f"WHERE person NOT IN (SELECT person FROM {{table}} WHERE kind = {CHAT})"
)


def _active(block: Callable[[str], Block]) -> Answer:
    return [(week, int(str(people))) for week, (people,) in enumerate(cells(block("lifecycle"), "active"))]


def _cohorts(block: Callable[[str], Block]) -> Answer:
    monday = date(2021, 6, 28)
    rows = cells(block("cohorts"), "cohort", "period", "returned")
    return [
        ((date.fromisoformat(str(cohort)) - monday).days // 7, int(str(later)), int(str(returned)))
        for cohort, later, returned in rows
        if returned  # other engines have no row where nobody came back
    ]


def _total(block: Callable[[str], Block]) -> Answer:
    return [(int(str(cells(block("total"), "people")[0][0])),)]


_PATHS: Arguments = {**ALL, "depth": ["3"], "every-page": ["1"], "top": ["30"]}
_COHORTS: Arguments = {**ALL, "interval": ["week"], "periods": ["12"]}
_WEEKS: Arguments = {**ALL, "interval": ["week"]}
_BUYERS: Arguments = {**ALL, "where": ["event:purchase"], "where-not": ["event:chat_started"]}


def _cohorts_alone(journeys: Journeys) -> Answer:
    query = parse_query(retention.REPORT.params, _COHORTS, bench_site(), NOW)
    back = counts(journeys, query).back[0]
    there = np.nonzero(back)
    return list(zip(*(one.tolist() for one in (*there, back[there])), strict=True))


def _flow_alone(journeys: Journeys) -> Answer:
    query = parse_query(paths.REPORT.params, _PATHS, bench_site(), NOW)
    anchors, short = landed(journeys, query, rules_of(query), window=0, each=False)
    wide = len(PAGES) + 1
    table = np.zeros(wide * wide, dtype=np.int64)
    for one in short:
        two = one.ways.second >= 0
        np.add.at(table, one.ways.first[two].astype(np.int64) * wide + one.ways.second[two], one.many[two])
    for other in anchors:
        of, stay = tape(journeys, other.part, rules_of(query), sessions=True, include_bots=False), other.stay
        if stay is not None:
            table += np.bincount(of.code[stay].astype(np.int64) * wide + of.code[stay + 1], minlength=len(table))
    there = np.flatnonzero(table)
    return list(zip((there // wide).tolist(), (there % wide).tolist(), table[there].tolist(), strict=True))


def _active_alone(journeys: Journeys) -> Answer:
    query = parse_query(lifecycle.REPORT.params, _WEEKS, bench_site(), NOW)
    question = lifecycle_asked(journeys, query)
    found = cycle([active(journeys, part, query, question) for part in journeys.each()], question)
    return list(enumerate(found.active[1:].tolist()))  # the first period is the one before the range


def _bought(journeys: Journeys) -> Answer:
    query = parse_query(reports()["visitors"].params, _BUYERS, bench_site(), NOW)
    return [(sum(int(np.count_nonzero(choose(journeys, part, query))) for part in journeys.each()),)]


COMPARISONS: Sequence[Comparison] = (
    Comparison(
        "paths: from the landing to the next page, five years",
        1.0,
        "paths",
        _PATHS,
        (("ClickHouse", _PATHS_ARRAYS), ("DuckDB", _PATHS_JOINS)),
        _flow,
        _flow_alone,
        page=1.0,
    ),
    Comparison(
        "retention by week, 262 cohorts over 12 weeks",
        5.0,
        "retention",
        _COHORTS,
        (("", _COHORTS_WINDOW), ("", _COHORTS_JOIN), ("ClickHouse", _COHORTS_ARRAYS)),
        _cohorts,
        _cohorts_alone,
        page=1.0,
    ),
    Comparison(
        "people who bought and never chatted, five years",
        1.0,
        "visitors",
        _BUYERS,
        (("", _BOTH), ("", _NOT_IN)),
        _total,
        _bought,
    ),
    Comparison(
        "people a week, five years",
        1.0,
        "lifecycle",
        _WEEKS,
        (("", _UNIQUES), ("", _UNIQUES_PAIRS)),
        _active,
        _active_alone,
        page=1.0,
    ),
)


def compare(journeys: Journeys, engines: Sequence[Engine], one: Comparison, runs: int) -> int:
    """Print the times; how many of what is promised was missed.

    Raises:
        AssertionError: the numbers differ.
    """
    report = reports()[one.report]
    query = parse_query(report.params, one.arguments, bench_site(), NOW)

    def ours() -> Answer:
        return one.read(report.run(journeys, query).block)

    works: dict[str, Callable[[], Answer]] = {PAGE: ours}
    if one.alone:
        works[ALONE] = partial(one.alone, journeys)
    for engine in engines:
        for way, sql in enumerate((sql for name, sql in one.sql if name in (engine.name, "")), 1):
            for layout in engine.layouts:
                works[f"{engine.name}, {layout}, query {way}"] = partial(engine.ask, sql.format(table=layout))
    expected = set(ours())
    times, answers = in_turns(works, runs)
    for name, answer in answers.items():
        assert expected <= set(answer), (name, sorted(expected - set(answer))[:5])
    print(f"{one.name}: {len(expected):,} {'rows' if len(expected) > 1 else 'row'} of numbers, the same from all")
    for engine in engines:
        turn, best = min((turn, name) for name, turn in times.items() if name.startswith(engine.name))
        turn.say(f"  best of {best}")
    others = min(turn.ms for name, turn in times.items() if name not in (PAGE, ALONE))
    missed = 0
    for name in (PAGE, ALONE):
        if name in times:
            times[name].say(f"  {name}")
            ratio, aim = others / times[name].ms, one.aim(name)
            say("  ratio to the best of the others", ratio, "times", _miss(aim) * (ratio < aim))
            missed += ratio < aim
    return missed


def _miss(promised: float) -> str:
    return f"MISS (at least {promised:.0f})"


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=tuple(SIZES), default="10m")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--only", default="", help="comparisons whose name holds this")
    given = options.parse_args(arguments)
    journeys = opened(given.size)[0]
    with tempfile.TemporaryDirectory() as name:
        engines: list[Engine] = [ClickHouse(Path(name)), DuckDB(Path(name))]
        columns = engine_columns(journeys)
        for engine in engines:
            engine.load(columns)
        print(f"\n== beside {' and '.join(f'{one.name} {one.version()}' for one in engines)}, {given.size} events ==")
        del columns
        best = funnel.compare(journeys, engines, given.runs) if given.only in "funnel" else None
        asked = [one for one in COMPARISONS if given.only in one.name]
        missed = sum(compare(journeys, engines, one, given.runs) for one in asked)
    print(f"{missed} of these figures miss what is aimed at" if missed else "all of these are as aimed at")
    if best is None:
        return 0
    kept = best >= funnel.PROMISED
    print(f"the funnel at least {funnel.PROMISED:.0f} times as fast: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
