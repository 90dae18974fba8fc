"""Explore: any property of events, visits or people broken down by any other, and over time.

May touch: what every report may. Every number opens the people behind it.
Must never: add people of several values up as if they were different ones.
"""

from collector.reports.explore.report import REPORT

__all__ = ["REPORT"]
