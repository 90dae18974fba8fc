"""The report: its parameters, the fold over parts, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from collector.core.blocks import Block, Column, Result
from collector.core.called import called
from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.query import Param, Query
from collector.core.text import T, Value
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.breakdowns import title_of
from collector.reports.explore.blocks import MEASURES, Property, pairs_block, people_of, trend_block, values_block
from collector.reports.explore.count import Found, Values, asked, by_value, count, largest
from collector.reports.explore.words import headline, list_title, notes
from collector.reports.local_days import Periods, bounded, days_of
from collector.reports.named import OTHER
from collector.reports.overview_trend import whole_span
from collector.reports.params import EVERY, INTERVAL
from collector.reports.people_list import LIMIT, Behind, people_block


def run(journeys: Journeys, query: Query) -> Result:
    """The values, the largest over time, and pairs with a second property; with `people`, the list of those people."""
    event = query.values["event"]
    matcher = event if isinstance(event, Matcher) else EVERY
    name, across = query.by or "channel", query.values["across"]
    if across == "segment":
        raise UserError("Segments are not paired with a property.", "Break down by segment alone, which may overlap.")
    names = (name, str(across)) if across else (name,)
    rows = [asked(journeys, part, query, matcher, names) for part in journeys.each()]
    measure, top = str(query.values["measure"]), query.values["top"]
    most = top if isinstance(top, int) else 10
    values = by_value(journeys, rows, name)
    second = by_value(journeys, rows, str(across)) if across else None
    if query.values["people"] is not None:
        listed = _people(journeys, query, rows, values, second)
        return Result([listed], journeys.as_of, listed.title)
    values = largest(values, measure, most)
    counted = {one: count(values.found, len(values.texts), one) for one in MEASURES}
    by = Property(name, title_of(name))
    blocks = [
        _summary(query, rows),
        values_block(query, values, counted, by, measure),
        trend_block(query, values, _periods(journeys, query), by, measure),
    ]
    if second is not None:
        both = by, Property(str(across), title_of(str(across)))
        blocks.insert(1, pairs_block(query, values, largest(second, measure, most), both, measure))
    everybody = int(count(rows, 1, "people")[0])
    others = None if second is None else (str(across), second)
    said = headline(name, values, counted, measure, everybody)
    return Result(blocks, journeys.as_of, said, notes(journeys, counted, everybody, (name, values), others))


def _periods(journeys: Journeys, query: Query) -> Periods:
    span = whole_span(journeys, query)
    unit = str(query.values["interval"])
    if unit == "auto":
        unit = "day" if span.days <= 92 else "week" if span.days <= 732 else "month"
    bounded(span.days // {"day": 1, "week": 7, "month": 30}[unit], unit)
    return Periods(unit, span.first, span.last, query.site.zone)


def _summary(query: Query, everything: Sequence[Found]) -> Block:
    carried = not np.isnan(count(everything, 1, "average")[0])
    names = ("people", "events", "sessions", *(("value",) if carried else ()))
    return Block(
        id="summary",
        kind="number",
        title=T("Together"),
        columns=[Column(name, *MEASURES[name]) for name in names],
        rows=[[count(everything, 1, name)[0].item() for name in names]],
        draw={"cell_links": {name: [people_of(query, "")] for name in names if name != "value"}},
    )


def _people(journeys: Journeys, query: Query, rows: Sequence[Found], values: Values, second: Values | None) -> Block:
    """Who is behind a value: of `group`, of `within` of the second property, in the period that begins on `at`."""
    measure, top = str(query.values["measure"]), query.values["top"]
    most = top if isinstance(top, int) else 10
    wanted = [(largest(values, measure, most), query.values["group"])]
    if second is not None:
        wanted.append((largest(second, measure, most), query.values["within"]))
    listed = []
    chosen = [(one, _code(one, str(text))) for one, text in wanted if text]
    periods, number = _period(journeys, query)
    for place, mine in enumerate(rows):
        fits = np.ones(len(mine.rows), dtype=np.bool_)
        for one, code in chosen:
            fits &= one.found[place].codes == code
        if number is not None:
            fits &= periods.of_days(days_of(mine.part, mine.rows, periods.zone)) == number
        listed.append(Behind.latest(mine.part, mine.last[fits]))
    group, within, at = (str(query.values[name] or "") for name in ("group", "within", "at"))
    said = (called(query.by or "channel", group), called(str(query.values["across"]), within), at and Value(at, "date"))
    return people_block(journeys, query, listed, list_title([one for one in said if one]))


def _code(values: Values, text: str) -> int:
    if text not in values.texts:
        known = ", ".join(one for one in values.texts if one != OTHER) or "none"
        raise UserError(f"Nothing here has the value {text!r}.", f"Known: {known}.")
    return values.texts.index(text)


def _period(journeys: Journeys, query: Query) -> tuple[Periods, int | None]:
    periods, at = _periods(journeys, query), query.values["at"]
    if not at:
        return periods, None
    days = {day.isoformat(): number for number, day in enumerate(periods.first)}
    if str(at) not in days:
        raise UserError(f"No period here begins on {at}.", f"Give a day like {date.isoformat(periods.first[0])}.")
    return periods, days[str(at)]


REPORT = Report(
    name="explore",
    title=T("Explore"),
    summary=T("Anything broken down by anything else: people, events, visits or value, also over time."),
    params=(
        Param("event", "matcher", T("Of"), T("Which events, like event:purchase."), default="any"),
        Param(
            "measure",
            "choice",
            T("Count"),
            default="people",
            choices=tuple((name, label) for name, (label, _) in MEASURES.items()),
        ),
        Param("across", "property", T("And by"), T("A second property, for a table of both.")),
        INTERVAL,
        Param(
            "top",
            "int",
            T("Rows"),
            T("The largest values; the rest is “(other)”."),
            default="10",
            minimum=1,
            maximum=100,
        ),
        Param("people", "choice", T("List of people"), choices=(("in", T("Behind a number")),)),
        Param("group", "text", T("Value"), T("Whose people are listed.")),
        Param("within", "text", T("Second value"), T("Whose people are listed.")),
        Param("at", "text", T("Period"), T("The first day of the period whose people are listed.")),
        LIMIT,
    ),
    run=run,
    example={"by": ["channel"], "across": ["device"]},
    menu=60,
    breaks_down=True,
)
