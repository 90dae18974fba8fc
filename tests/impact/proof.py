"""The proof: `python -m tests.impact.proof --runs 200`. Prints a table; ends with 1 where a limit is missed.

Truths are those of the population, so that an interval has to hold what a further sample would be about, not merely
what its own sample's people were drawn to do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from math import isnan
from multiprocessing import get_context
from pathlib import Path

from tests.impact.summary import Row, summarise
from tests.impact.trial import Trial, Truth, truth_of, try_once
from tests.impact.worlds import BY_NAME

TRUTH_PEOPLE = 800_000
BATCH = 10
Mapper = Callable[[Sequence["Task"]], Iterator[Sequence[Trial]]]
Task = tuple[str, int, int]
COLUMNS = (
    "world", "measure", "exposed", "truth", "mean", "bias", "sd", "naive's bias", "plain matching's bias",
    "coverage", "width", "false alarms", "power", "refused", "CPU s", "missed",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worlds that are asked for; 1 where one misses a limit."""
    asked = _read(arguments)
    rows: list[Row] = []
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes to come: each has one core
    with _mapper(asked.processes) as run_all:
        for name in asked.world or list(BY_NAME):
            rows += _prove(name, asked.runs, run_all)
            if asked.json:
                Path(asked.json).write_text(json.dumps([_known(asdict(row)) for row in rows], indent=1) + "\n")
            if asked.table:
                Path(asked.table).write_text(table(rows) + "\n")
    print(table(rows))
    missed = [f"{row.world} {row.measure}: {', '.join(row.missed)}" for row in rows if row.missed]
    print("\n" + "\n".join(f"* {name}: {BY_NAME[name].words}" for name in dict.fromkeys(row.world for row in rows)))
    print(f"\n{asked.runs} runs a world; missed: {'; '.join(missed) or 'nothing'}")
    return 1 if missed else 0


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.impact.proof", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--world", action="append", choices=list(BY_NAME), help="may be given again")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--json", metavar="FILE", help="the rows as JSON")
    parser.add_argument("--table", metavar="FILE", help="the table so far, written after each world")
    return parser.parse_args(arguments)


@contextmanager
def _mapper(processes: int) -> Iterator[Mapper]:
    if processes <= 1:
        yield lambda tasks: map(batch, tasks)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield lambda tasks: pool.map(batch, tasks)


def batch(task: Task) -> Sequence[Trial]:
    """Some runs of a world, after one another: every run has random numbers of its own."""
    name, begin, end = task
    return [try_once(BY_NAME[name], run) for run in range(begin, end)]


def _prove(name: str, runs: int, run_all: Mapper) -> list[Row]:
    world = BY_NAME[name]
    tasks = [(name, at, min(at + BATCH, runs)) for at in range(0, runs, BATCH)]
    trials: list[Trial] = []
    found = run_all(tasks)
    truths: dict[str, Truth] = truth_of(world, TRUTH_PEOPLE)
    for done in found:
        trials += done
        print(f"\r{name}: {len(trials)} of {runs} runs ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [summarise(world, measure, truth, trials) for measure, truth in truths.items()]


def _known(cell: object) -> object:
    """JSON has no word for a mean of nothing but null."""
    if isinstance(cell, dict):
        return {name: _known(inner) for name, inner in cell.items()}
    return None if isinstance(cell, float) and isnan(cell) else cell


def table(rows: Sequence[Row]) -> str:
    """The rows as markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    null = BY_NAME[row.world].null
    answered = row.refused < 1
    by = _points if row.measure == "rate" else _money
    return [
        row.world,
        row.measure,
        f"{row.exposed:.0f}",
        by(row.truth),
        *((by(row.mean), by(row.bias), by(row.error).lstrip("+")) if answered else ("", "", "")),
        by(row.naive_bias),
        by(row.plain_bias),
        str(row.coverage) if answered else "",
        by(row.width).lstrip("+") if answered else "",
        str(row.claims) if null and answered else "",
        "" if null or not answered else f"{row.claims.of:.0%}",
        f"{row.refused:.0%}",
        f"{row.seconds:.2f}",
        ", ".join(row.missed),
    ]


def _points(share: float) -> str:
    return "" if isnan(share) else f"{100 * share:+.1f} pts"


def _money(amount: float) -> str:
    return "" if isnan(amount) else f"{amount:+.2f}"


if __name__ == "__main__":
    sys.exit(main())
