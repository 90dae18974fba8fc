"""Paths: which places people go through, from a start, to a goal or around an event (SEMANTICS 6).

May touch: what every report may. Each step is a module: what a place is, the places of each visit in a row, where a
path begins, the walk from there, and the blocks. Must never: count a visit at more than one place of a step.
"""

from collector.reports.paths.report import REPORT

__all__ = ["REPORT"]
