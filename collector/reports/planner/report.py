"""Plan an experiment: how many people it takes to see an effect, how long that is, and what less would show."""

from __future__ import annotations

from collector.core.blocks import Block, Column, Result
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.core.words import words
from collector.journeys.journeys import Journeys
from collector.reports import counted
from collector.reports.base import Report
from collector.reports.experiment.power import people_needed
from collector.reports.params import wholly
from collector.reports.planner.asking import read_question
from collector.reports.planner.blocks import Asked, days_for, plan_block, reverse_block, whole


def _headline(asked: Asked, query: Query) -> Text:
    people = people_needed(asked.base, asked.effect, asked.share, asked.power, asked.alpha)
    days = whole(days_for(asked, people))
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
        "To see {goal} go from {base} to {rate} takes about {people} people, or {days} with {a_day} a day as now, "
        "and {horizon} more until the last of them has had the time.",
        days=counted.days(days),
        **values,
    )


_UNKNOWN = T("How often the goal is reached cannot be told yet: nobody has had the time for it and reached it.")
_GIVE = T("Choose other days, or say the rate you expect, like 5%.")


def run(journeys: Journeys, query: Query) -> Result:
    """The plan."""
    asked = read_question(journeys, query)
    if asked is None:
        return Result([plan_block(None)], journeys.as_of, _UNKNOWN, (_GIVE,))
    found = asked.found
    figures = [
        Block("base", "number", T("Rate now"), (Column("value", T("Rate"), "ratio"),), [[asked.base]]),
        Block("traffic", "number", T("People a day"), (Column("value", T("People"), "count"),), [[found.a_day]]),
    ]
    told = T(
        "Of a hundred such effects {power} are seen, and of a hundred experiments without any {alpha} look like one. "
        "Set the day of the answer before you begin, or look every day by the interval that is made for it.",
        power=round(100 * asked.power),
        alpha=round(100 * asked.alpha),
    )
    blocks = [*figures, plan_block(asked), reverse_block(asked, query)]
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
