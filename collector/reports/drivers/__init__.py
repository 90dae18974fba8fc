"""What moves the goal: actions, pages and touches ranked by what the first time of each changed (SEMANTICS 9).

May touch: what every report may, and the parts that the impact report is made of.
Must never: rank by a bare association; what is called clear is guarded against chance among all that was looked at.
"""

from collector.reports.drivers.report import REPORT

__all__ = ["REPORT"]
