"""Parameters, matchers and answers of `Report.follows` that several reports share."""

from __future__ import annotations

from collector.core.matcher import parse_matcher
from collector.core.query import Param, Query
from collector.core.text import T

EVERY = parse_matcher("any")
CALENDAR = (("auto", T("automatic")), ("day", T("days")), ("week", T("weeks")), ("month", T("months")))
INTERVAL = Param("interval", "choice", T("Interval"), default="auto", choices=CALENDAR)
COMPARE = Param(
    "compare",
    "choice",
    T("Compare with"),
    default="previous",
    choices=(("previous", T("the days before")), ("year", T("a year before")), ("none", T("nothing"))),
)


def wholly(query: Query) -> str:  # noqa: ARG001 - a `Report.follows`
    """All of the answer follows people for longer than a day."""
    return "whole"
