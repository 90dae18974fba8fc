"""Attribution: which touches led to the goal, by every usual model side by side (SEMANTICS 8).

May touch: what every report may. Each step is a module: what a touch is, the paths of conversions and of those who
never converted, the models, what was spent, and the blocks. Must never: give a conversion away more or less than once.
"""

from collector.reports.attribution.report import REPORT

__all__ = ["REPORT"]
