"""The report: its parameters, the fold over parts, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.called import called
from collector.core.errors import UserError
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.core.times import Span
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64
from collector.reports.base import Report
from collector.reports.breakdowns import instead_of, is_missing
from collector.reports.named import OTHER, named
from collector.reports.overview_trend import whole_span
from collector.reports.params import INTERVAL, wholly
from collector.reports.people_list import LIMIT, Behind, people_block
from collector.reports.retention.back import counted, returns
from collector.reports.retention.blocks import (
    MOST_GROUPS,
    Counts,
    cohorts_block,
    curve_block,
    elapsed,
    summary_block,
)
from collector.reports.retention.cohorts import Asked, Starts, asked, group_texts, starts
from collector.reports.retention.words import headline

_MOST = {"day": 14, "week": 12, "month": 12}
_FIRST = Column("time", T("Began"), "time")


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """What is asked and who began, by part; `of` is the group of each start."""

    span: Span
    question: Asked
    starts: Sequence[Starts]
    of: Sequence[Int64]
    groups: Sequence[str]
    over: Bool
    have_begun: Bool


def run(journeys: Journeys, query: Query) -> Result:
    """The curve and the cohorts; with `people`, the list of those people first."""
    begun = _begun(journeys, query)
    if query.values["people"] is not None:
        listed = _people(journeys, query, begun)
        return Result([listed], journeys.as_of, listed.title)
    counts, unit = _counts(journeys, query, begun), begun.question.periods.unit
    blocks = [
        summary_block(query, counts, unit),
        curve_block(query, counts, unit),
        cohorts_block(query, counts, begun.question.periods, query.by),
    ]
    said = headline(counts, unit, begun.question.after)
    return Result(blocks, journeys.as_of, said, _notes(journeys, query, begun.question, begun.span, counts))


def counts(journeys: Journeys, query: Query) -> Counts:
    """How many began and came back, and nothing else."""
    return _counts(journeys, query, _begun(journeys, query))


def _begun(journeys: Journeys, query: Query) -> _Begun:
    span = whole_span(journeys, query)
    unit = _unit(str(query.values["interval"]), span.days)
    most = query.values["periods"]
    question = asked(query, span, unit, most if isinstance(most, int) else _MOST[unit])
    found = [starts(journeys, part, query, question, span) for part in journeys.each()]
    over, have_begun = elapsed(question.periods, question.cohorts, question.most, query.now)
    of, groups = _groups(journeys, query, found)
    return _Begun(span, question, found, of, groups, over, have_begun)


def _counts(journeys: Journeys, query: Query, begun: _Begun) -> Counts:
    question = begun.question
    size = np.zeros((len(begun.groups), question.cohorts), dtype=np.int64)
    back = np.zeros((*size.shape, question.most + 1), dtype=np.int64)
    for one, group in zip(begun.starts, begun.of, strict=True):
        cell = one.cohort if len(begun.groups) == 1 else group * question.cohorts + one.cohort
        here = np.bincount(cell, minlength=size.size)
        size += here.reshape(size.shape)
        back += counted(journeys, query, question, one, cell, here).reshape(back.shape)
    return Counts(begun.groups, size, back, begun.over, begun.have_begun)


def _unit(given: str, days: int) -> str:
    if given != "auto":
        return given
    return "day" if days <= 14 else "week" if days <= 183 else "month"


def _groups(journeys: Journeys, query: Query, begun: Sequence[Starts]) -> tuple[list[Int64], list[str]]:
    """The group of each start, largest first, the small ones together; one group without a breakdown."""
    if query.by is None:
        return [np.zeros(len(one.person), dtype=np.int64) for one in begun], [""]
    found, texts = group_texts(journeys, begun, query.by)
    sizes = np.bincount(np.concatenate(found) if found else np.empty(0, dtype=np.int64), minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda at: (-int(sizes[at]), texts[at]))
    kept, rest = order[:MOST_GROUPS], order[MOST_GROUPS:]
    place = np.zeros(max(len(texts), 1), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    place[rest] = len(kept)
    return [place[one] for one in found], [named(texts[at]) for at in kept] + ([OTHER] if rest else [])


def _people(journeys: Journeys, query: Query, begun: _Begun) -> Block:
    """The people behind a cell, a group or a pooled rate."""
    question = begun.question
    which, wanted = str(query.values["people"]), str(query.values["group"] or "")
    at = query.values["at"]
    k = min(at if isinstance(at, int) else 0, question.most)
    group, cohort = _wanted(query, question, begun.groups, wanted)
    listed = []
    for one, mine in zip(begun.starts, begun.of, strict=True):
        fits = np.ones(len(one.person), dtype=np.bool_)
        if group is not None:
            fits &= mine == group
        if cohort is not None:
            fits &= one.cohort == cohort
        if which != "began":
            came = returns(journeys, query, question, one)(k)
            fits &= came if which == "returned" else ~came
            if cohort is None:
                fits &= begun.over[one.cohort, k]
        listed.append(Behind.each(one.part, one.row[fits].astype(np.int64)))
    return people_block(journeys, query, listed, _title(query, which, k, question.periods.unit, wanted), when=_FIRST)


def _wanted(query: Query, question: Asked, groups: Sequence[str], wanted: str) -> tuple[int | None, int | None]:
    """The group or the cohort whose people are asked for."""
    if not wanted:
        return None, None
    known = list(groups) if query.by is not None else [day.isoformat() for day in question.periods.first]
    if wanted not in known:
        raise UserError(f"There is no cohort {wanted!r}.", f"Known: {', '.join(known[:30]) or 'none'}.")
    place = known.index(wanted)
    return (place, None) if query.by is not None else (None, place)


_TITLES = {
    "returned": {
        "day": T("Who came back on day {k}"),
        "week": T("Who came back in week {k}"),
        "month": T("Who came back in month {k}"),
    },
    "away": {
        "day": T("Who did not come back on day {k}"),
        "week": T("Who did not come back in week {k}"),
        "month": T("Who did not come back in month {k}"),
    },
}


def _title(query: Query, which: str, k: int, unit: str, wanted: str) -> Text:
    title = T("Who began") if which == "began" else Text(_TITLES[which][unit].template, {"k": k})
    if which != "began" and query.values["returning"] == "after":
        title = T("{list} or later", list=title)
    cohort = Value(wanted, "date") if query.by is None else called(query.by, wanted)
    return T("{list} ({cohort})", list=title, cohort=cohort) if wanted else title


def _notes(journeys: Journeys, query: Query, question: Asked, span: Span, counts: Counts) -> list[Text]:
    notes = []
    if query.by is not None and is_missing(query.by, counts.groups):
        notes.append(T("Nobody had a property “{name}” as they began: all are in one row.", name=query.by))
        notes += instead_of(journeys, query.by)
    if counts.size.sum() and not counts.over[counts.begun].all():
        notes.append(T("Periods that are not over are marked, and left out of the curve: their rates may still grow."))
    if span.first != question.periods.first[0]:
        notes.append(
            T(
                "The first cohort holds only those who began on or after {day}.",
                day=Value(span.first.isoformat(), "date"),
            )
        )
    if question.recurring:
        notes.append(T("People are counted again in every period in which they began again."))
    return notes


REPORT = Report(
    name="retention",
    title=T("Retention"),
    summary=T("How many of those who began come back later, and which beginnings last."),
    params=(
        Param("start", "matcher", T("They begin with"), T("The first time ever that they did this."), default="any"),
        Param("return", "matcher", T("They come back with"), T("What counts as coming back."), default="any"),
        INTERVAL,
        Param("periods", "int", T("Periods"), T("How many periods after the start."), minimum=1, maximum=60),
        Param(
            "returning",
            "choice",
            T("Came back"),
            default="on",
            choices=(("on", T("in the period")), ("after", T("in the period or later"))),
        ),
        Param("recurring", "flag", T("Every start counts"), T("Not only the first one ever.")),
        Param(
            "people",
            "choice",
            T("List of people"),
            choices=(
                ("began", T("Who began")),
                ("returned", T("Who came back")),
                ("away", T("Who did not come back")),
            ),
        ),
        Param("at", "int", T("At period"), T("Periods after the start, of the list."), minimum=0, maximum=60),
        Param("group", "text", T("Cohort"), T("The cohort of the list.")),
        LIMIT,
    ),
    run=run,
    example={"interval": ["week"]},
    menu=40,
    breaks_down=True,
    follows=wholly,
)
