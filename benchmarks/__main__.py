"""`make bench`: every benchmark, one after the other."""

from __future__ import annotations

import sys

from benchmarks import funnel, wayin

if __name__ == "__main__":
    # The way in first: what the other leaves in memory would be in its way.
    sys.exit(wayin.main([]) | funnel.main())
