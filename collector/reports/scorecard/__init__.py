"""Scorecard: the metrics of the journey, each with the period before, its trend, and the report that tells more.

May touch: what every report may. Carts, forms and answers are found here; totals come from the overview's counts.
Must never: call a cart abandoned before its window is over, or a form before its visit is.
"""

from collector.reports.scorecard.report import REPORT

__all__ = ["REPORT"]
