"""Plan an experiment: how many people it takes to see an effect, how long that is, and what less would show."""

from __future__ import annotations

from collector.core.blocks import Block, Column, Result
from collector.core.errors import UserError
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import DAY, SECOND
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.experiment.power import people_needed
from collector.reports.params import wholly
from collector.reports.planner.blocks import Asked, days_for, plan_block, reverse_block, whole
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


def _ask(journeys: Journeys, query: Query) -> Asked:
    goal, trigger, horizon = (query.values.get(name) for name in ("goal", "trigger", "horizon"))
    if not isinstance(goal, Matcher):
        if not query.site.goals:
            raise UserError("No goal is given.", "Give --goal, like event:purchase, or set a goal for the site.")
        goal = query.site.goals[0][1]
    within = horizon if isinstance(horizon, int) else 14 * DAY
    entry = trigger if isinstance(trigger, Matcher) else parse_matcher("any")
    found = traffic(journeys, query, entry, goal, within)
    base = _given(query, "base")
    base = found.rate if base is None else base
    if base is None:
        raise UserError("Nobody's time for the goal is over in these days.", "Choose earlier days, or give --base 5%.")
    if not 0 < base < 1:
        raise UserError(f"The goal's rate is {base:.0%}.", "Give --base, above 0 and below 100 %, or another goal.")
    share = _given(query, "share") or 0.5
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


def _headline(asked: Asked, query: Query) -> Text:
    people = people_needed(asked.base, asked.effect, asked.share, asked.power, asked.alpha)
    days = days_for(asked, people)
    values: dict[str, object] = {
        "goal": words(asked.goal, query.site.goals),
        "base": Value(asked.base, "ratio"),
        "rate": Value(asked.base + asked.effect, "ratio"),
        "people": Value(people, "count"),
        "a_day": Value(round(asked.found.a_day), "count"),
        "horizon": Value(asked.horizon / SECOND, "seconds"),
    }
    if days is None:
        return T("To see {goal} go from {base} to {rate} takes about {people} people.", **values)
    return T(
        "To see {goal} go from {base} to {rate} takes about {people} people, or {days} days with {a_day} a day as now, "
        "and {horizon} more until the last of them has had the time.",
        days=Value(whole(days), "count"),
        **values,
    )


def run(journeys: Journeys, query: Query) -> Result:
    """The plan."""
    asked = _ask(journeys, query)
    found = asked.found
    figures = [
        Block("base", "number", T("Rate now"), (Column("value", T("Rate"), "ratio"),), [[asked.base]]),
        Block("traffic", "number", T("People a day"), (Column("value", T("People"), "number"),), [[found.a_day]]),
    ]
    told = T(
        "Of a hundred such effects {power} are seen, and of a hundred experiments without any {alpha} look like one. "
        "Set the day of the answer before you begin, or look every day by the interval that is made for it.",
        power=round(100 * asked.power),
        alpha=round(100 * asked.alpha),
    )
    blocks = [plan_block(asked), *figures, reverse_block(asked, query)]
    return Result(blocks, journeys.as_of, _headline(asked, query), (told,))


REPORT = Report(
    name="planner",
    title=T("Plan an experiment"),
    summary=T("How many people an experiment takes, how long that is here, and what less would show."),
    params=(
        Param("goal", "matcher", T("Goal"), T("What should change; the site's first goal where none is given.")),
        Param("trigger", "matcher", T("Who is in it"), T("Where the choice is made, like page:/pricing; all people.")),
        Param("horizon", "duration", T("Within"), T("How long after that the goal counts."), default="14d"),
        Param("share", "text", T("Split"), T("How many of 1 get it, like 0.9."), default="0.5"),
        Param("lift", "text", T("Smallest lift to see"), T("Of the rate, like 20%."), default="20%"),
        Param("points", "text", T("Or the change"), T("Of the rate itself, like 1% for one point; instead of a lift.")),
        Param("base", "text", T("Rate now"), T("Like 5%; from the site's own days where none is given.")),
        Param("days", "int", T("Days you have"), T("For the smallest effect that is seen."), minimum=1, maximum=3_650),
        Param("size", "int", T("People you have"), T("The same for so many people."), minimum=2, maximum=10**9),
        Param(
            "power",
            "int",
            T("Power"),
            T("Of a hundred effects so many are seen."),
            default="80",
            minimum=50,
            maximum=99,
        ),
        Param(
            "alpha",
            "int",
            T("Alpha"),
            T("Of a hundred without one so many look like it."),
            default="5",
            minimum=1,
            maximum=20,
        ),
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=57,
    follows=wholly,
)
