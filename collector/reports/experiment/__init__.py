"""Experiments: what chance decided, and so what it changed (SEMANTICS 9, the strong version).

May touch: what every report may. Must never: compare people by what they did after they were assigned, leave out
whom one arm lost and the other kept, or call a difference an effect where the arms are not of the sizes planned.
"""

from collector.reports.experiment.report import REPORT

__all__ = ["REPORT"]
