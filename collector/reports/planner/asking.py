"""A plan's question, read: rates and shares as people write them, and the site's own where none are given."""

from __future__ import annotations

from collector.core.errors import UserError
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Query
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.params import goal_of
from collector.reports.planner.blocks import Asked
from collector.reports.planner.traffic import traffic

LEAST_SHARE = 0.01


def ratio(text: str, name: str) -> float:
    """`20%` or `0.2` as 0.2.

    Raises:
        UserError: no number.
    """
    bare = text.strip()
    try:
        return float(bare[:-1]) / 100 if bare.endswith("%") else float(bare)
    except ValueError:
        raise UserError(f"{text!r} is no number for {name}.", "Write 20% or 0.2.") from None


def _given(query: Query, name: str) -> float | None:
    text = query.values.get(name)
    return ratio(text, name) if isinstance(text, str) and text else None


def read_question(journeys: Journeys, query: Query) -> Asked | None:
    """The question; None where nobody gave a rate and the site's own cannot be told.

    Raises:
        UserError: no goal, or a rate, split or effect that cannot be.
    """
    goal = goal_of(query)
    trigger, horizon = query.values.get("trigger"), query.values.get("horizon")
    within = horizon if isinstance(horizon, int) else 14 * DAY
    entry = trigger if isinstance(trigger, Matcher) else parse_matcher("any")
    found = traffic(journeys, query, entry, goal, within)
    base = _given(query, "base")
    if base is None:
        base = found.rate
        if base is None or base in (0, 1):
            return None
    if not 0 < base < 1:
        raise UserError(f"A rate of {base:.0%} cannot rise or fall.", "Give --base, above 0 and below 100 %.")
    given = _given(query, "share")
    share = 0.5 if given is None else given
    if not LEAST_SHARE <= share <= 1 - LEAST_SHARE:
        raise UserError(f"{share} is no split.", "Give --share between 0.01 and 0.99.")
    points, lift = _given(query, "points"), _given(query, "lift")
    effect = points if points is not None else base * (lift if lift is not None else 0.2)
    if not effect or not 0 < base + effect < 1:
        raise UserError(f"A rate of {base:.1%} cannot change by {effect:+.1%}.", "Give another --lift, like 20%.")
    power, alpha = (_whole(query, name) / 100 for name in ("power", "alpha"))
    return Asked(goal, within, share, base, effect, power, alpha, found)


def _whole(query: Query, name: str) -> int:
    value = query.values.get(name)
    return value if isinstance(value, int) else 0
