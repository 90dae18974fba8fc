"""`make bench`: every benchmark, one after the other, each in a process of its own; `--quick` at one million events."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

# The way in first: what the others leave in memory would be in its way.
WHOLE: Sequence[Sequence[str]] = (
    ("wayin",),
    ("heavy",),
    ("reports",),
    ("compare",),
    ("growth",),
)
QUICK: Sequence[Sequence[str]] = (
    ("wayin", "--seconds", "2", "--load-events", "20000"),
    ("heavy", "--size", "100k", "--seconds", "10"),
    ("reports", "--size", "1m"),
    ("compare", "--size", "1m"),
    ("growth", "--size", "100k", "--size", "1m"),
)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="at one million events")
    options.add_argument("--only", default="", help="names with commas between")
    given = options.parse_args()
    only = [name for name in given.only.split(",") if name]
    begun, failed = time.monotonic(), []
    for name, *more in QUICK if given.quick else WHOLE:
        if only and name not in only:
            continue
        print(f"\n#### {name} ####", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *more], check=False).returncode:
            failed.append(name)
    print(f"\n{time.monotonic() - begun:,.0f} s; " + (f"failed: {', '.join(failed)}" if failed else "nothing failed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
