"""Views of the benchmarks' data that are built once and opened by any process: `opened("1m")`, `opened("10m")`."""

from __future__ import annotations

import os
import sys
import tempfile
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import cast

from benchmarks.data import FORMAT, PROPERTIES, ArrayLedger, generate
from benchmarks.people import NOW, ZONE
from collector.core.matcher import parse_matcher
from collector.core.query import Segment, Site
from collector.journeys.journeys import Journeys
from collector.journeys.memo import allow
from collector.journeys.view import ViewStore
from collector.store.protocol import Ledger

SITE = 1
# name -> (events, persons)
SIZES = {
    "100k": (100_000, 10_000),
    "1m": (1_000_000, 100_000),
    "10m": (10_000_000, 1_000_000),
    "30m": (30_000_000, 3_000_000),
}


def home() -> Path:
    """Where data and views are kept between runs: DESIRELINE_BENCH, or a folder for temporary files."""
    return Path(os.environ.get("DESIRELINE_BENCH") or Path(tempfile.gettempdir()) / "desireline-bench")


def ledger(size: str) -> ArrayLedger:
    """The events of a size, made where they are not there yet."""
    return ArrayLedger(generate(*SIZES[size], home()))


def bench_site() -> Site:
    """The site that questions are asked of."""
    goals = [("Purchase", parse_matcher("event:purchase")), ("Signup", parse_matcher("event:signup"))]
    buyers = Segment("Buyers", (parse_matcher("event:purchase"),))
    return Site(SITE, "bench", ZONE, {"Buyers": buyers}, goals)


def opened(size: str = "10m", properties: bool = True) -> tuple[Journeys, Site, int]:
    """(journeys, site, now in ms). Built at the first call of any process, with its property columns; then mapped."""
    allow(0, workers=2)  # what a server's worker may remember where nobody says how much
    folder = home() / f"view-{size}-{FORMAT}"
    folder.mkdir(parents=True, exist_ok=True)
    events = ledger(size)
    views = ViewStore(folder, cast(Ledger, events))
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        journeys = views.open(SITE)
        if properties and not (folder / "complete").exists():
            for name in PROPERTIES:
                journeys.properties.column(journeys.parts[0], name)
            (folder / "complete").touch()
            journeys = ViewStore(folder, cast(Ledger, events)).open(SITE)
    return journeys, bench_site(), NOW


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        print(asked, [part.size for part in opened(asked)[0].parts])
