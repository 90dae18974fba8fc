"""What something changed: moments of exposure compared with moments of people alike (SEMANTICS 9).

May touch: what every report may. Each step is a pure function in a module of its own, so that a better estimator
replaces one module. Must never: name a bare difference an effect; below the floors there is no number.
"""

from collector.reports.impact.report import REPORT

__all__ = ["REPORT"]
