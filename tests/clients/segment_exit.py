"""A program that uses segment-analytics-python as its readme says, and ends right after its last call."""

from __future__ import annotations

import sys

from segment import analytics

analytics.write_key, analytics.host = sys.argv[1:3]
analytics.gzip = True
for number in range(int(sys.argv[3])):
    analytics.track("user-exit", "Bye", {"number": number})
analytics.flush()
