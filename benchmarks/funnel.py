"""The five-step funnel beside ClickHouse's windowFunnel and DuckDB's joins: same events, process and numbers, in turns.

Prints one line a figure, and fails where the numbers differ or the ratio is below what is promised.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.clickhouse import ClickHouse
from benchmarks.data import kind_of
from benchmarks.duck import DuckDB
from benchmarks.measure import in_turns, say
from benchmarks.people import NOW
from benchmarks.questions import STEPS
from benchmarks.table import Engine, engine_columns
from benchmarks.views import SIZES, bench_site, opened
from collector.core.matcher import parse_matcher
from collector.core.query import parse_query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.funnel import REPORT
from collector.reports.funnel_outcome import outcome
from collector.reports.funnel_plan import Plan
from collector.reports.funnel_steps import counts_by_step

WINDOW = 7 * DAY
PROMISED = 5.0


def in_clickhouse(house: Engine, layout: str, kinds: Sequence[int]) -> list[int]:
    """How many persons reached each step, by `windowFunnel`."""
    steps = ", ".join(f"kind = {kind}" for kind in kinds)
    in_order = "/* in order */ " if layout == "person_first" else ""
    levels = house.ask(
        f"SELECT {in_order}level, count() FROM (SELECT person, windowFunnel({WINDOW})(time, {steps}) AS level "
        f"FROM {layout} WHERE kind IN ({', '.join(map(str, kinds))}) GROUP BY person) GROUP BY level ORDER BY level"
    )
    exactly = {row[0]: row[1] for row in levels}
    return [sum(exactly.get(level, 0) for level in range(step, len(kinds) + 1)) for step in range(1, len(kinds) + 1)]


def in_duckdb(duck: Engine, layout: str, kinds: Sequence[int]) -> list[int]:
    """The same by joining to each step the next one after it, which is right as long as the steps' kinds differ."""
    tables = [f"s1 AS MATERIALIZED (SELECT person, time AS begun, time FROM {layout} WHERE kind = {kinds[0]})"]
    for step, kind in enumerate(kinds[1:], 2):
        tables.append(
            f"s{step} AS MATERIALIZED (SELECT a.person, a.begun, b.time FROM s{step - 1} a ASOF JOIN "
            f"(SELECT person, time FROM {layout} WHERE kind = {kind}) b ON a.person = b.person AND a.time <= b.time "
            f"WHERE b.time <= a.begun + {WINDOW})"
        )
    counts = ", ".join(f"(SELECT count(DISTINCT person) FROM s{step})" for step in range(1, len(kinds) + 1))
    return list(duck.ask(f"WITH {', '.join(tables)} SELECT {counts}")[0])


def ours(journeys: Journeys) -> Mapping[str, Callable[[], list[int]]]:
    """The same numbers with and without the times of every chain, and as the report's whole page."""
    steps = tuple(parse_matcher(step) for step in STEPS)
    plan = Plan(steps, WINDOW, "ordered", (), -(2**62), 2**62)
    query = parse_query(REPORT.params, {"step": STEPS, "window": ["7d"], "all-time": ["1"]}, bench_site(), NOW)

    def reached() -> list[int]:
        return counts_by_step(outcome(journeys, query, plan).reach, len(steps))

    def with_chains() -> list[int]:
        found = outcome(journeys, query, plan)
        assert len(found.time) == len(steps)
        return counts_by_step(found.reach, len(steps))

    def page() -> list[int]:
        block = REPORT.run(journeys, query).block("steps")
        people = [column.name for column in block.columns].index("people")
        return [int(str(row[people])) for row in block.rows]

    return {"ours": reached, "ours, with the times of every chain": with_chains, "ours, the whole page": page}


def compare(journeys: Journeys, engines: Sequence[Engine], runs: int) -> float:
    """Print the times of all; our ratio to the best of the others."""
    kinds = [kind_of(step) for step in STEPS]
    works = dict(ours(journeys))
    for engine in engines:
        answer = in_clickhouse if engine.name == "ClickHouse" else in_duckdb
        works |= {f"{engine.name}, {layout}": partial(answer, engine, layout, kinds) for layout in engine.layouts}
    expected = works["ours"]()
    times, answers = in_turns(works, runs)
    for name, answer_ in answers.items():
        assert answer_ == expected, (name, answer_, expected)
    print("people at each step, the same from all: " + ", ".join(f"{people:,}" for people in expected))
    for name, turn in times.items():
        turn.say(f"funnel of 5 steps: {name}")
    best = min(turn.ms for name, turn in times.items() if not name.startswith("ours"))
    for name, what in (
        ("ours, with the times of every chain", "with every chain"),
        ("ours, the whole page", "the whole page"),
        ("ours", "the same five numbers"),
    ):
        say(f"ratio to the best of the others: {what}", best / times[name].ms, "times")
    return best / times["ours"].ms


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=tuple(SIZES), default="10m")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--promised", type=float, default=PROMISED, help="the least ratio that passes")
    given = options.parse_args(arguments)
    journeys = opened(given.size)[0]
    with tempfile.TemporaryDirectory() as name:
        engines: list[Engine] = [ClickHouse(Path(name)), DuckDB(Path(name))]
        columns = engine_columns(journeys)
        for engine in engines:
            engine.load(columns)
            print(engine.name, engine.version())
        del columns
        best = compare(journeys, engines, given.runs)
    print(f"{'at least ' + str(given.promised):<66}{'kept' if best >= given.promised else 'BROKEN':>12}")
    return 0 if best >= given.promised else 1


if __name__ == "__main__":
    sys.exit(main())
