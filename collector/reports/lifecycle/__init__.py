"""Lifecycle: who is new, stays, comes back and falls asleep; how often people come; which customers slip away.

May touch: what every report may. Every number opens the people behind it.
Must never: say that somebody fell asleep in a period that is not over.
"""

from collector.reports.lifecycle.report import REPORT

__all__ = ["REPORT"]
