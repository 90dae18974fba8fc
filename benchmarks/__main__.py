"""`make bench`: every benchmark, one after the other."""

from __future__ import annotations

import sys

from benchmarks import funnel

if __name__ == "__main__":
    sys.exit(funnel.main())
