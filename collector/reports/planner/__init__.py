"""Plans of experiments: how many people an effect takes to be seen, by the site's own rates and traffic.

May touch: what every report may. Must never: promise what a smaller number cannot show, or take a rate of people
whose time for the goal is not over.
"""

from collector.reports.planner.report import REPORT

__all__ = ["REPORT"]
