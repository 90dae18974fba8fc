"""The proof: `python -m tests.impact.proof --runs 200`. Prints two tables; ends with 1 where a limit is missed.

Truths are those of the population, so that an interval has to hold what a further sample would be about, not merely
what its own sample's people were drawn to do. With `--json` what is done is kept, and the same command goes on there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import reduce
from multiprocessing import get_context
from operator import add
from pathlib import Path
from time import monotonic
from typing import Protocol

from tests.impact.fresh import SHOPS
from tests.impact.kept import Kept, keep, kept
from tests.impact.led import LED
from tests.impact.parts import parts
from tests.impact.seen import ADS
from tests.impact.shop import Shop
from tests.impact.summary import summarise
from tests.impact.tables import TOLD, part_table, put, table
from tests.impact.trial import MEASURES, AnyWorld, Sums, Trial, Truth, sums_of, try_once
from tests.impact.worlds import WORLDS

EVERY: dict[str, AnyWorld] = {world.name: world for world in (*WORLDS, *SHOPS, *ADS, *LED)}
TRUTH_PARTS, PART_PEOPLE = 6, 100_000
BATCH = 10
Task = tuple[str, int, int]
Done = Sequence[Trial] | dict[str, Sums]


class Mapper(Protocol):
    """What does tasks, here or in processes of their own, and tells them in their order."""

    def __call__(self, tasks: Sequence[Task]) -> Iterator[Done]: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worlds that are asked for; 1 where one misses a limit, or where the time was not enough."""
    asked = _read(arguments)
    begun = monotonic()
    names = asked.world or list(EVERY)
    file = Path(asked.json) if asked.json else None
    done = kept(file, asked.runs) if file else {}
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes to come: each has one core
    with _mapper(asked.processes) as run_all:
        for at, name in enumerate(names, 1):
            minutes = (monotonic() - begun) / 60
            if name in done or minutes > asked.minutes:
                continue
            done[name] = prove(name, asked.runs, run_all, f"{minutes:.0f} min, {at} of {len(names)}, {name}")
            if file:
                keep(file, asked.runs, done)
    page = Path(asked.docs) if asked.docs else None
    return _tell([done[name] for name in names if name in done], [name for name in names if name not in done], page)


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.impact.proof", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--world", action="append", choices=list(EVERY), help="may be given again")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--json", metavar="FILE", help="what is done is kept here, and not done again")
    parser.add_argument("--docs", metavar="FILE", help="a page whose tables and list of worlds are written anew")
    parser.add_argument("--minutes", type=float, default=60, help="no further world is begun after so many")
    return parser.parse_args(arguments)


@contextmanager
def _mapper(processes: int) -> Iterator[Mapper]:
    if processes <= 1:
        yield lambda tasks: map(do, tasks)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield lambda tasks: pool.map(do, tasks)


def do(task: Task) -> Done:
    """Some runs of a world, each with random numbers of its own; or, of none, a part of its truth."""
    name, begin, end = task
    if begin == end:
        return sums_of(EVERY[name], begin, PART_PEOPLE // 2 if isinstance(EVERY[name], Shop) else PART_PEOPLE)
    return [try_once(EVERY[name], run) for run in range(begin, end)]


def prove(name: str, runs: int, run_all: Mapper, progress: str = "") -> Kept:
    """Rows and parts of a world."""
    world = EVERY[name]
    # Where there is no effect, both lives are the same: nothing has to be counted.
    of_truth = [(name, part, part) for part in range(1 if world.null else TRUTH_PARTS)]
    tasks = [*of_truth, *((name, at, min(at + BATCH, runs)) for at in range(0, runs, BATCH))]
    sums: list[dict[str, Sums]] = []
    trials: list[Trial] = []
    for done in run_all(tasks):
        if isinstance(done, dict):
            sums.append(done)
        else:
            trials += done
        print(f"\r{progress}: {len(trials)} of {runs} runs ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    truths = whole(sums)
    rows = [summarise(world, measure, truths[measure], trials) for measure in MEASURES if measure in truths]
    return Kept(rows, parts(world, truths, trials))


def whole(sums: Sequence[dict[str, Sums]]) -> dict[str, Truth]:
    """The truth of a population from its parts."""
    names = dict.fromkeys(name for part in sums for name in part)
    return {name: reduce(add, (part[name] for part in sums if name in part)).truth() for name in names}


def _tell(done: Sequence[Kept], left: Sequence[str], page: Path | None) -> int:
    rows, found = [row for one in done for row in one.rows], [part for one in done for part in one.parts]
    null = {row.world: EVERY[row.world].null for row in rows}
    words = "\n".join(f"* {name}: {EVERY[name].words}" for name in null)
    print(table(rows, null), part_table(found), words, sep="\n\n")
    missed = [f"{row.world} {row.measure}: {', '.join(row.missed)}" for row in rows if row.missed]
    missed += [f"{part.world} {part.kind}: {', '.join(part.missed)}" for part in found if part.missed]
    print(f"\nmissed: {'; '.join(missed) or 'nothing'}" + (f"\nnot run: {', '.join(left)}" if left else ""))
    if page:
        told = {"| world | measure ": table(rows, null, TOLD), "| world | what ": part_table(found), "* none: ": words}
        page.write_text(put(page.read_text(), told))
    return 1 if missed or left else 0


if __name__ == "__main__":
    sys.exit(main())
