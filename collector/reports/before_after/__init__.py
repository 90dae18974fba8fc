"""What changed after a day: whole weeks before it beside as many whole weeks from it on.

May touch: what every report may. Must never: call a difference an effect (that is what `impact` estimates), compare
days of the week that are not there on both sides, or count a day that is not over.
"""

from collector.reports.before_after.report import REPORT

__all__ = ["REPORT"]
