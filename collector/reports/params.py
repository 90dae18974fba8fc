"""Parameters, matchers and answers of `Report.follows` that several reports share."""

from __future__ import annotations

from collector.core.errors import NoGoalError
from collector.core.matcher import Matcher, parse_matcher
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


def goal_of(query: Query) -> Matcher:
    """The goal that is given, else the site's first.

    Raises:
        NoGoalError: there is neither.
    """
    given = query.values.get("goal")
    if isinstance(given, Matcher):
        return given
    if not query.site.goals:
        raise NoGoalError
    return query.site.goals[0][1]


def wholly(query: Query) -> str:  # noqa: ARG001 - a `Report.follows`
    """All of the answer follows people for longer than a day."""
    return "whole"
