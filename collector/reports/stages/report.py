"""The report: its parameters, and the fold over parts."""

from __future__ import annotations

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.overview_trend import whole_span
from collector.reports.params import INTERVAL, wholly
from collector.reports.people_list import LIMIT
from collector.reports.stage_states import stages_of
from collector.reports.stages.blocks import flow_block, now_block
from collector.reports.stages.counts import count, here, periods_of
from collector.reports.stages.lengths import spread_block, time_block
from collector.reports.stages.people import people
from collector.reports.stages.trend import over_time_block
from collector.reports.stages.words import headline, notes


def run(journeys: Journeys, query: Query) -> Result:
    """All blocks; with `people`, the list of those people alone."""
    stages = stages_of(query.site)
    periods = periods_of(query, whole_span(journeys, query), str(query.values["interval"]))
    parts = [here(journeys, part, query, stages) for part in journeys.each()]
    if query.values["people"] is not None:
        listed = people(
            journeys,
            query,
            parts,
            stages,
            periods,
            limits=lambda: count(query, parts, len(stages), periods).limits,
        )
        return Result([listed], journeys.as_of, listed.title)
    counts = count(query, parts, len(stages), periods)
    blocks = [
        now_block(query, stages, counts),
        flow_block(query, stages, counts),
        time_block(query, stages, counts),
        spread_block(query, stages, counts),
        over_time_block(query, stages, counts, periods),
    ]
    return Result(blocks, journeys.as_of, headline(query, stages, counts), notes(query, stages, counts))


REPORT = Report(
    name="stages",
    title=T("Stages"),
    summary=T("How many people are in each stage of the journey, how they move on, and where they get stuck."),
    params=(
        INTERVAL,
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                ("in", T("Who is in it")),
                ("before", T("Who was in it at the beginning")),
                ("moved", T("Who moved")),
                ("went_on", T("Who went on")),
                ("stuck", T("Who is stuck")),
            ),
        ),
        Param("at", "int", T("Stage"), T("Of the list: its number, from 1; of moves, where they lead."), minimum=0),
        Param("group", "text", T("Of these"), T("A period's first day, a class of lengths, or where moves come from.")),
        LIMIT,
    ),
    run=run,
    example={"period": ["30d"]},
    menu=34,
    follows=wholly,
)
