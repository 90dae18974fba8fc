"""Retention: of those who began, how many come back later, by when they began or by what they were (SEMANTICS 7).

May touch: what every report may. Every number opens the people behind it.
Must never: draw a period that is not over as if nobody came back in it.
"""

from collector.reports.retention.report import REPORT

__all__ = ["REPORT"]
