"""Stages: how many people are in each stage of the journey, how they move between them, and where they get stuck.

May touch: what every report may; when someone was in which stage is told by `reports/stage_states.py`.
Must never: count whoever has not gone on yet among those who tell how long a stage takes.
"""

from collector.reports.stages.report import REPORT

__all__ = ["REPORT"]
