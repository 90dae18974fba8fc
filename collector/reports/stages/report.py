"""The report: its parameters, the fold over parts, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from collector.core.blocks import Result
from collector.core.query import Param, Query
from collector.core.stages import Stage
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.overview_trend import whole_span
from collector.reports.people_list import LIMIT
from collector.reports.stage_states import stages_of
from collector.reports.stages.blocks import flow_block, now_block, over_time_block, spread_block, time_block
from collector.reports.stages.counts import FEWEST, Counts, count, here, periods_of
from collector.reports.stages.people import people


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
    return Result(blocks, journeys.as_of, _headline(query, stages, counts), _notes(query, stages, counts))


def _headline(query: Query, stages: Sequence[Stage], counts: Counts) -> Text:
    if not (counts.now.any() or counts.moved.any()):
        return T("Nobody is in a stage yet.")
    last = len(stages) - 2 if stages[-1].quiet else len(stages) - 1
    reached = _reached(query, stages[last].name, int(counts.now[last]), int(counts.before[last]))
    slowest = _slowest(counts)
    if slowest is None:
        return reached
    return T(
        "{reached} The slowest step is out of “{stage}”: half of those who went on took more than {time}.",
        reached=reached,
        stage=stages[slowest].name,
        time=Value(float(np.median(counts.gone[slowest])) / SECOND, "seconds"),
    )


def _reached(query: Query, name: str, now: int, before: int) -> Text:
    """How many are in the last stage, and how many more that is than when the range began."""
    told: dict[str, object] = {"stage": name, "people": Value(now, "count"), "n": Value(abs(now - before), "count")}
    if query.span is None:
        return Text(T("People in “{stage}”: {people}.").template, told)
    told["day"] = Value(query.span.first.isoformat(), "date")
    if now == before:
        return Text(T("People in “{stage}”: {people}, as many as when {day} began.").template, told)
    more = T("People in “{stage}”: {people}, {n} more than when {day} began.")
    fewer = T("People in “{stage}”: {people}, {n} fewer than when {day} began.")
    return Text((more if now > before else fewer).template, told)


def _slowest(counts: Counts) -> int | None:
    """The stage whose median stay was longest, of those that enough people left for a further one."""
    known = [(float(np.median(one)), at) for at, one in enumerate(counts.gone) if len(one) >= FEWEST]
    return max(known)[1] if known else None


def _notes(query: Query, stages: Sequence[Stage], counts: Counts) -> list[Text]:
    notes = []
    if not query.site.stages:
        notes.append(T("Nobody has named the stages of this site yet: these are made of its goals."))
    never = [one.name for at, one in enumerate(stages) if not _ever(counts, at)]
    if never and len(never) < len(stages):
        notes.append(T("Nobody was in these stages in this time: {names}.", names=", ".join(never)))
    if stages[-1].quiet:
        notes.append(
            T(
                "“{stage}” is who did nothing for {time}; whoever does something again is back where they were.",
                stage=stages[-1].name,
                time=Value(stages[-1].quiet / SECOND, "seconds"),
            )
        )
    return notes


def _ever(counts: Counts, at: int) -> bool:
    return bool(counts.before[at] or counts.moved[:, at].any())


def _always(query: Query) -> str:  # noqa: ARG001 - a `Report.follows`
    return "whole"


REPORT = Report(
    name="stages",
    title=T("Stages"),
    summary=T("How many people are in each stage of the journey, how they move on, and where they get stuck."),
    params=(
        Param(
            "interval",
            "choice",
            T("Interval"),
            default="auto",
            choices=(("auto", T("automatic")), ("day", T("days")), ("week", T("weeks")), ("month", T("months"))),
        ),
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
    follows=_always,
)
