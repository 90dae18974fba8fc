"""Attribution: which touches led to the goal, by every usual model side by side."""

from __future__ import annotations

from collector.core.blocks import Result
from collector.core.query import Query
from collector.core.text import T
from collector.core.times import DAY
from collector.journeys.journeys import Journeys
from collector.reports.attribution.answer import OWN, Answer
from collector.reports.attribution.blocks import paths_block, summary_block
from collector.reports.attribution.costs import costs_of
from collector.reports.attribution.gather import paths_of
from collector.reports.attribution.histograms import lag_block, length_block
from collector.reports.attribution.models import credit_of
from collector.reports.attribution.notes import notes
from collector.reports.attribution.params import PARAMS
from collector.reports.attribution.people import listed_block
from collector.reports.attribution.plan import lookback_of, plan_of
from collector.reports.attribution.table import models_block
from collector.reports.attribution.words import headline
from collector.reports.base import Report
from collector.reports.priced import unpriced
from collector.reports.threads import each

BLOCKS = (summary_block, models_block, paths_block, length_block, lag_block)


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
        blocks = each(lambda make: make(answer), BLOCKS)
    told = (*unpriced(journeys, query, plan.goal), *notes(answer))
    return Result(blocks, journeys.as_of, headline(answer), told)


REPORT = Report(
    name="attribution",
    title=T("Attribution"),
    summary=T("Which touches led to a goal, by every usual model side by side, and what they cost."),
    params=PARAMS,
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=50,
    follows=lambda query: "whole" if lookback_of(query) > DAY else "",
)
