"""Overview: how many came, from where, what they saw, and how many reached a goal, beside the period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collector.core.blocks import Block, Cell, Column, Result, Unit
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.counted import people, visits
from collector.reports.live import live_blocks
from collector.reports.overview_counts import Totals, look, totals
from collector.reports.overview_tables import by_kind, chat_table, events_table, pages_table, session_table
from collector.reports.overview_trend import earlier_span, same_part, trend_block, whole_span
from collector.reports.params import COMPARE
from collector.reports.scope import common_arguments, share

_SOURCES = {"channel": T("Channel"), "source": T("Source"), "campaign": T("Campaign")}
_TABLES = (
    ("sources", T("Sources"), _SOURCES),
    ("landing_pages", T("Landing pages"), {"landing": T("Landing page")}),
    ("devices", T("Devices"), {"device": T("Device")}),
    ("browsers", T("Browsers"), {"browser": T("Browser")}),
    ("systems", T("Systems"), {"os": T("System")}),
)


def run(journeys: Journeys, query: Query) -> Result:
    """The overview of a site for a range."""
    span = whole_span(journeys, query)
    goals = len(query.site.goals)
    views = look(journeys, query)
    now = totals(views, goals)
    earlier = earlier_span(span, str(query.values.get("compare"))) if query.span is not None else None
    before_views = look(journeys, replace(query, span=earlier)) if earlier else []
    unfinished = span.start < query.now < span.end
    before = None
    if earlier is not None:
        part_views = before_views
        if unfinished:
            part_views = look(journeys, replace(query, span=same_part(span, earlier, query.now)))
        before = totals(part_views, goals)
    limit = query.values.get("limit")
    rows = limit if isinstance(limit, int) else 50
    kinds = by_kind(journeys, views)
    events = events_table(query, kinds, 1_000)
    chat = chat_table(query, events)
    blocks = [
        *_numbers(query, now, before),
        trend_block(query, span, views, earlier, before_views),
        _goals(query, now, before),
        *(session_table(journeys, query, views, name, title, fields, rows) for name, title, fields in _TABLES),
        pages_table(journeys, query, views, kinds, rows),
        replace(events, rows=events.rows[:rows], links=events.links[:rows]),
        *([chat] if chat else []),
        *live_blocks(journeys, query),
    ]
    return Result(blocks, journeys.as_of, _headline(query, now, before), _notes(query, unfinished, before))


def _number(block: str, title: Text, unit: Unit, now: float | None, before: float | None, link: object = None) -> Block:
    is_ratio = unit == "ratio"
    change = None
    if now is not None and before is not None:
        change = now - before if is_ratio else share(now - before, before)
    columns = (
        Column("value", title, unit),
        Column("previous", T("Before"), unit),
        Column("change", T("Change"), "points" if is_ratio else "ratio"),
    )
    links = [link] if isinstance(link, tuple) else []
    return Block(block, "number", title, columns, [[now, before, change]], draw={"link": "value"}, links=links)


def _numbers(query: Query, now: Totals, before: Totals | None) -> list[Block]:
    def one(totals_: Totals | None, name: str) -> float | None:
        return None if totals_ is None else getattr(totals_, name)

    def ratio(totals_: Totals | None, top: str, bottom: str, scale: float = 1.0) -> float | None:
        if totals_ is None:
            return None
        return share(getattr(totals_, top) / scale, getattr(totals_, bottom))

    common = common_arguments(query)

    def listed(which: str) -> tuple[tuple[str, str], ...]:
        """The scorecard's list of this name: it counts visits, and who reached a goal, as this page does."""
        return ("report", "scorecard"), *common, ("people", which)

    came = (("report", "visitors"), *common)
    found = [
        _number("people", T("Visitors"), "count", now.people, one(before, "people"), came),
        _number("sessions", T("Sessions"), "count", now.sessions, one(before, "sessions"), listed("visits")),
        _number("page_views", T("Page views"), "count", now.views, one(before, "views"), (*came, ("did", "page:/**"))),
    ]
    if query.site.goals:
        rates = ratio(now, "converted", "people"), ratio(before, "converted", "people")
        found.append(_number("conversion_rate", T("Conversion rate"), "ratio", *rates, listed("converted")))
    for at, (name, matcher) in enumerate(query.site.goals):
        link = (*common, ("did", str(matcher)))
        past = None if before is None else before.goal_people[at]
        found.append(_number(f"goal_{at + 1}", T("{goal}", goal=name), "count", now.goal_people[at], past, link))
    bounces = ratio(now, "bounces", "sessions"), ratio(before, "bounces", "sessions")
    engaged = ratio(now, "engaged", "sessions", 1000), ratio(before, "engaged", "sessions", 1000)
    return [
        *found,
        _number("bounce_rate", T("Bounce rate"), "ratio", *bounces, listed("bounced")),
        _number("engaged_seconds", T("Attention a visit"), "seconds", *engaged, listed("visits")),
    ]


def _goals(query: Query, now: Totals, before: Totals | None) -> Block:
    rows: list[list[Cell]] = []
    for at, (name, matcher) in enumerate(query.site.goals):
        rate = share(now.goal_people[at], now.people)
        past = None if before is None else share(before.goal_people[at], before.people)
        change = None if rate is None or past is None else rate - past
        counts = now.goal_people[at], now.goal_count[at], now.goal_value[at]
        rows.append([name, str(matcher), *counts, rate, past, change])
    return Block(
        "goals",
        "table",
        T("Goals"),
        (
            Column("goal", T("Goal")),
            Column("matcher", T("Counts")),
            Column("people", T("Visitors"), "count"),
            Column("conversions", T("Times"), "count"),
            Column("value", T("Value"), "money"),
            Column("rate", T("Conversion rate"), "ratio"),
            Column("previous_rate", T("Rate before"), "ratio"),
            Column("change", T("Change"), "points"),
        ),
        rows,
        draw={"link": "people"},
        links=[(*common_arguments(query), ("did", str(matcher))) for _, matcher in query.site.goals],
        empty=T("No goal is set. Add one, like event:purchase, to see conversion rates."),
    )


def _headline(query: Query, now: Totals, before: Totals | None) -> Text:
    if not now.people:
        return T("Nobody came in this time.")
    values: dict[str, object] = {"people": people(now.people), "sessions": visits(now.sessions)}
    change = None if before is None else share(now.people - before.people, before.people)
    if change is not None:
        values["change"] = Value(abs(change), "ratio")
    if query.site.goals:
        values["rate"] = Value(now.converted / now.people, "ratio")
    return Text(_sentence(change, bool(query.site.goals)), values)


# Whole sentences, not pieces: pieces cannot be translated.
_HEADLINES = {
    (None, False): T("{people} made {sessions}."),
    (None, True): T("{people} made {sessions}; {rate} of the people reached a goal."),
    ("more", False): T("{people} made {sessions}, {change} more people than before."),
    ("more", True): T("{people} made {sessions}, {change} more people than before; {rate} of them reached a goal."),
    ("fewer", False): T("{people} made {sessions}, {change} fewer people than before."),
    ("fewer", True): T("{people} made {sessions}, {change} fewer people than before; {rate} of them reached a goal."),
}


def _sentence(change: float | None, goals: bool) -> str:
    side = None if not change else "more" if change > 0 else "fewer"
    return _HEADLINES[side, goals].template


def _notes(query: Query, unfinished: bool, before: Totals | None) -> Sequence[Text]:
    notes = []
    if unfinished and before is not None:
        notes.append(T("The period is not over: it is compared with the same part of the earlier one."))
    if query.include_bots:
        notes.append(T("Bots are included."))
    return notes


REPORT = Report(
    name="overview",
    title=T("Overview"),
    summary=T("How many people came, from where, what they looked at, and how many reached a goal."),
    params=(
        COMPARE,
        Param(
            "interval",
            "choice",
            T("Interval"),
            default="auto",
            choices=(
                ("auto", T("automatic")),
                ("hour", T("hours")),
                ("day", T("days")),
                ("week", T("weeks")),
                ("month", T("months")),
            ),
        ),
        Param("limit", "int", T("Rows a table"), default="50", minimum=1, maximum=1_000),
    ),
    run=run,
    example={"compare": ["previous"]},
    menu=10,
)
