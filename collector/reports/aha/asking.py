"""What Impact is asked of a finding: the same goal, days, filters, people and time, as far as it can ask them."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text
from collector.reports.aha.search import Finding
from collector.reports.params import EVERY
from collector.reports.scope import common_arguments

Link = tuple[tuple[str, str], ...]

_CHOSEN = T(
    "How often and how soon was chosen on one half of the people; rates, intervals and tests are of the other half. "
    "What goes together need not be a cause."
)


def impact_of(query: Query, goal: Matcher, finding: Finding) -> Link:
    """The arguments of Impact's question; none where it cannot ask this goal, since whoever does anything is there.

    How often, where more than once, goes along as what the exposure is a dose of. Only new people are asked for where
    this report looks at those who began in a range with whatever they did first.
    """
    if goal == EVERY:
        return ()
    exposure = str(finding.action.matcher)
    horizon = [pair for pair in query.arguments if pair[0] == "horizon"] or [("horizon", "7d")]
    dose = (("dose", exposure),) if finding.times > 1 else ()
    new = (("new", "1"),) if query.span is not None and _whoever(query) else ()
    return (("exposure", exposure), ("goal", str(goal)), *horizon, *dose, *new, *common_arguments(query))


def _whoever(query: Query) -> bool:
    return query.values.get("start") in (None, EVERY)


def linked_note(query: Query, goal: Matcher, shown: Sequence[Finding]) -> Text:
    """How the findings were chosen, and what Impact is asked of them or why it cannot be."""
    if goal == EVERY:
        return T(
            "{chosen} Impact cannot ask what brings people back: it looks at people who have not reached the goal yet, "
            "and whoever does anything has reached “any”. Choose something they do as the goal, to ask it.",
            chosen=_CHOSEN,
        )
    said = T(
        "{chosen} Impact asks what an action changed: with the same goal, days, filters and time for the goal, of the "
        "first time that somebody does it, early or late.",
        chosen=_CHOSEN,
    )
    if any(one.times > 1 for one in shown):
        said = T("{said} Where it was done several times, Impact says beside that what more of it does.", said=said)
    if not _whoever(query):
        said = T("{said} It asks of everybody, and not only of those who began as they do here.", said=said)
    return said
