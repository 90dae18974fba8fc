"""Attribution: which touches led to the goal, by every usual model side by side."""

from __future__ import annotations

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import T
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.attribution.answer import MODEL_WORDS, OWN, Answer
from collector.reports.attribution.blocks import lag_block, length_block, paths_block, summary_block
from collector.reports.attribution.costs import costs_of
from collector.reports.attribution.models import MODELS, credit_of
from collector.reports.attribution.paths import paths_of
from collector.reports.attribution.people import listed_block
from collector.reports.attribution.plan import DIMENSIONS, lookback_of, plan_of
from collector.reports.attribution.table import models_block
from collector.reports.attribution.words import headline, notes
from collector.reports.base import Report
from collector.reports.people_list import LIMIT


def run(journeys: Journeys, query: Query) -> Result:
    """Every model, the commonest paths, their length and time; with `people`, that list first."""
    plan = plan_of(query)
    costs = costs_of(query, plan)
    paths = paths_of(journeys, query, plan, list(costs.by) if costs else ())
    kept = tuple(pair for pair in query.arguments if pair[0] not in OWN)
    answer = Answer(query, plan, paths, credit_of(paths, plan), costs, kept)
    which = query.values["people"]
    if isinstance(which, str):
        blocks = [listed_block(journeys, answer, which), models_block(answer)]
    else:
        blocks = [
            summary_block(answer),
            models_block(answer),
            paths_block(answer),
            length_block(answer),
            lag_block(answer),
        ]
    return Result(blocks, journeys.as_of, headline(answer), notes(answer))


REPORT = Report(
    name="attribution",
    title=T("Attribution"),
    summary=T("Which touches led to a goal, by every usual model side by side, and what they cost."),
    params=(
        Param("goal", "matcher", T("Goal"), T("What counts as a conversion; the site’s first goal if nothing is.")),
        Param(
            "dimension",
            "choice",
            T("Touches by"),
            T("How visits are told apart."),
            default="channel",
            choices=tuple(DIMENSIONS.items()),
        ),
        Param(
            "model",
            "choice",
            T("Model"),
            T("Whose share, revenue and costs are shown; all models stand beside each other."),
            default="position",
            choices=tuple((name, MODEL_WORDS[name]) for name in MODELS),
        ),
        Param("lookback", "duration", T("Lookback"), T("How long before a conversion touches count."), default="30d"),
        Param("half-life", "duration", T("Half-life"), T("Of a touch’s weight by time decay."), default="7d"),
        Param("cut", "flag", T("Begin anew after each conversion"), T("Touches before the previous one do not count.")),
        Param("collapse", "flag", T("Count repeats once"), T("The same touch several times in a row is one touch.")),
        Param(
            "touch",
            "matcher",
            T("Touches are"),
            T("Events instead of visits, like page:/blog/** or event:feature_*."),
            repeat=True,
            maximum=20,
        ),
        Param(
            "touch-by",
            "choice",
            T("Such touches by"),
            default="name",
            choices=(("name", T("Their own name")), ("matcher", T("What was asked for"))),
        ),
        Param("value", "text", T("Value property"), T("A number on the goal’s event to sum, like total.")),
        Param("currency", "text", T("Currency of costs"), T("Where costs are in several, like EUR.")),
        Param(
            "people",
            "choice",
            T("List"),
            choices=(
                ("all", T("All conversions")),
                ("touched", T("Those it touched")),
                ("first", T("Those it opened")),
                ("last", T("Those it closed")),
                ("last_non_direct", T("Those it closed, direct visits aside")),
                ("path", T("Those of the path")),
                ("length", T("Those with as many touches")),
                ("lag", T("Those that took as long")),
                ("unconverted", T("People touched and not converted")),
            ),
        ),
        Param("group", "text", T("Of"), T("The value, path or group that is listed.")),
        LIMIT,
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=50,
    follows=lambda query: "whole" if lookback_of(query) > DAY else "",
)
