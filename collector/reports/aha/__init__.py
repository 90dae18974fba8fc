"""Aha moment: which early actions, how often and how soon, go with reaching a goal or with coming back.

May touch: what every report may. What is found on one half of the people is told by the other half.
Must never: call what goes together a cause; each finding leads to its own impact page.
"""

from collector.reports.aha.report import REPORT

__all__ = ["REPORT"]
