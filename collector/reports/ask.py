"""One way to ask: read the arguments, run the report, and say when the range holds nothing."""

from __future__ import annotations

from dataclasses import replace

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.query import Arguments, Query, Site, parse_query
from collector.core.text import T, Text, Value
from collector.core.times import Span, day_of
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.by_segment import NAME, by_segment
from collector.reports.cookieless import note_of
from collector.reports.registry import reports
from collector.reports.stage_states import by_stage


def ask(report: Report, journeys: Journeys, arguments: Arguments, site: Site, now: int) -> tuple[Query, Result]:
    """The question that `arguments` spell and its answer; pages, twins and the command line all come through here.

    Raises:
        UserError: what is wrong with the question and what to write instead.
    """
    query = parse_query(report.params, arguments, site, now)
    _check_breakdown(report, query)
    known = by_stage(journeys, query)
    result = by_segment(report, known, query) if query.by == NAME else report.run(known, query)
    found = (note_of(report, journeys, query), _nothing_in_range(journeys, query.span) if report.ranged else None)
    notes = [note for note in found if note is not None]
    return query, replace(result, notes=(*result.notes, *notes)) if notes else result


def _check_breakdown(report: Report, query: Query) -> None:
    if query.by in (None, NAME) or report.breaks_down:
        return
    others = ", ".join(str(one.title) for one in reports().values() if one.breaks_down)
    raise UserError(
        f"{report.title} cannot be broken down by {query.by!r}.",
        f"By segment alone. Reports that know any property: {others}.",
    )


def _nothing_in_range(journeys: Journeys, span: Span | None) -> Text | None:
    if span is None:
        return None
    bounds = journeys.memo.get("bounds")
    if not isinstance(bounds, list):
        bounds = [part.bounds for part in journeys.each() if part.size]
        journeys.memo["bounds"] = bounds
    if not bounds:
        return T("There are no events yet.")
    first, last = min(low for low, _ in bounds), max(high for _, high in bounds)
    if first < span.end and last >= span.start:
        return None
    return T(
        "No event lies between {from_day} and {to_day}: the events here run from {first} to {last}. "
        "Choose another range, or all time.",
        from_day=Value(span.first.isoformat(), "date"),
        to_day=Value(span.last.isoformat(), "date"),
        first=Value(day_of(first, span.zone).isoformat(), "date"),
        last=Value(day_of(last, span.zone).isoformat(), "date"),
    )
