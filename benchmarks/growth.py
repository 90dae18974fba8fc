"""How times and sizes grow with the number of events, and what that makes of a hundred and a thousand million.

Every size is measured in a process of its own; how steeply the figures grow between the two greatest tells what they
would be at sizes that this machine has no room for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.measure import least, size_on_disk, timed
from benchmarks.people import NOW
from benchmarks.questions import one_each
from benchmarks.views import SIZES, bench_site, home, opened
from collector.core.query import parse_query
from collector.reports.registry import reports

DEFAULT = ("100k", "1m", "10m")
FAR = (100_000_000, 1_000_000_000)
RUNS = 3


def measure(size: str) -> dict[str, float]:
    """Figures of one size: processor milliseconds a report, warm, and the view's MiB."""
    journeys = opened(size)[0]
    found: dict[str, float] = {}
    for name, arguments in one_each(list(reports())):
        report = reports()[name]
        query = parse_query(report.params, arguments, bench_site(), NOW)
        timed(lambda report=report, query=query: report.run(journeys, query))  # type: ignore[misc]
        found[f"{name}, ms"] = least(lambda report=report, query=query: report.run(journeys, query), RUNS)[1]  # type: ignore[misc]
    segments = sum(size_on_disk(folder) for folder in home().glob(f"view-{size}-*/journeys/*/seg-*"))
    return {**found, "view on disk, MiB": segments / 2**20}


def fit(events: Sequence[int], figures: Sequence[float]) -> tuple[float, Sequence[float]]:
    """(the power by which it grows between the two greatest sizes, what it would be at `FAR`).

    Where it grows by less than its size, that is the share that any size costs, which does not matter further on: what
    lies far is taken to be proportional at least.
    """
    x, y = np.log(np.array(events[-2:], dtype=np.float64)), np.log(np.maximum(np.array(figures[-2:]), 1e-3))
    power = float((y[1] - y[0]) / (x[1] - x[0]))
    return power, [float(np.exp(y[1] + max(power, 1.0) * (np.log(far) - x[1]))) for far in FAR]


def show(sizes: Sequence[str], measured: Sequence[Mapping[str, float]]) -> None:
    """The table."""
    events = [SIZES[size][0] for size in sizes]
    heads = "".join(f"{_short(count):>10}" for count in events)
    print(f"{'warm, of processor':<28}{heads}{'grows by':>10}" + "".join(f"{_short(far) + ' *':>12}" for far in FAR))
    for name in measured[0]:
        figures = [one[name] for one in measured]
        power, far = fit(events, figures)
        cells = "".join(f"{figure:>10,.0f}" for figure in figures)
        print(f"{name:<28}{cells}{'n^' + format(power, '.2f'):>10}" + "".join(f"{figure:>12,.0f}" for figure in far))
    print("* in proportion to the greatest size at least; what bounds it before that:")
    for bound in BOUNDS:
        print(f"  - {bound}")


BOUNDS = (
    "memory: a question reads the columns it needs, 4 to 8 bytes an event each, of files of some 90 bytes an event;"
    "\n    what does not fit into memory is read at the speed of the disk (9 GB at 100 M events, 90 GB at 1,000 M)",
    "keys hold a person (or visit) and a time in 63 bits: five years take 38 of them, which leaves 33 M visits a part, "
    "some\n    100 M events; a view of more is kept in several parts by person, each answered like a view of its own "
    "(built so\n    by tests with few bits; a view of that size was never built)",
    "rows of a part are counted in 32 bits, 2,147 M events, which the bound above keeps away",
    "a question is answered by one core: parts could be folded side by side, and are not",
    "a refresh merges the new segments with the oldest once they are a tenth of it: 10 M events at a time at 100 M",
)


def _short(count: int) -> str:
    return f"{count // 1_000_000:,} M" if count >= 1_000_000 else f"{count // 1_000} k"


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", action="append", choices=tuple(SIZES), help=f"{', '.join(DEFAULT)} where not given")
    options.add_argument("--here", action="store_true", help="one size in this process, as JSON")
    given = options.parse_args(arguments)
    sizes = given.size or list(DEFAULT)
    if given.here:
        print(json.dumps(measure(sizes[0])))
        return 0
    measured = []
    for size in sorted(sizes, key=lambda one: SIZES[one][0]):
        command = [sys.executable, "-m", "benchmarks.growth", "--here", "--size", size]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
        measured.append(json.loads(answer.stdout))
    show(sorted(sizes, key=lambda one: SIZES[one][0]), measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
