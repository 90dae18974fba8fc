"""`make bench`: every benchmark, one after the other, each in a process of its own, what matters most first.

Some 25 minutes on an idle machine with two cores; `--quick` is a few minutes at one million events, and `--whole` adds
what takes longest. Every ratio is of figures of one run, so that a slower machine changes both sides of it.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence

USUAL: Sequence[Sequence[str]] = (
    ("reports", "--size", "1m", "--size", "10m"),
    ("compare", "--size", "10m"),
    ("heavy", "--size", "1m"),
    ("growth", "--size", "100k", "--size", "1m", "--size", "10m"),
    ("wayin",),
)
QUICK: Sequence[Sequence[str]] = (
    ("reports", "--size", "1m", "--no-view"),
    ("compare", "--size", "1m", "--runs", "1"),
    ("heavy", "--size", "100k", "--seconds", "10"),
    ("growth", "--size", "100k", "--size", "1m"),
    ("wayin", "--seconds", "2", "--load-events", "20000"),
)
# A view of so many events is built in half an hour where there is none yet.
WHOLE = {"growth": ("--size", "30m")}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="at one million events")
    options.add_argument("--whole", action="store_true", help="with thirty million events too")
    options.add_argument("--only", default="", help="names with commas between")
    given = options.parse_args()
    only = [name for name in given.only.split(",") if name]
    unknown = sorted(set(only) - {name for name, *_ in USUAL})
    if unknown:
        options.error(f"no benchmark is called {', '.join(unknown)}")
    begun, failed = time.monotonic(), []
    for name, *more in QUICK if given.quick else USUAL:
        if only and name not in only:
            continue
        arguments = [*more, *(WHOLE.get(name, ()) if given.whole else ())]
        started = time.monotonic()
        print(f"\n#### {shlex.join(['python', '-m', f'benchmarks.{name}', *arguments])} ####", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode:
            failed.append(name)
        print(f"#### {name}: {time.monotonic() - started:,.0f} s ####", flush=True)
    print(f"\n{time.monotonic() - begun:,.0f} s; " + (f"failed: {', '.join(failed)}" if failed else "nothing failed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
