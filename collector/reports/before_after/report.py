"""Before and after: what changed from a day on, in whole weeks, with how sure each difference is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collector.core.annotation import KINDS
from collector.core.blocks import Block, Cell, Column, Result
from collector.core.query import FILTERS, Param, Query
from collector.core.text import T
from collector.core.times import Span
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.before_after import tables
from collector.reports.before_after.blocks import (
    attention_line,
    bounce_line,
    changes,
    count_lines,
    rate_lines,
    worth_lines,
)
from collector.reports.before_after.cautions import notes
from collector.reports.before_after.measures import Pair, measure
from collector.reports.before_after.windows import Windows, chosen_day, windows
from collector.reports.before_after.words import headline, too_short
from collector.reports.overview_counts import View, look, united
from collector.reports.overview_trend import trend_block

_BY_PEOPLE = T(
    "95 % intervals by Newcombe, of proportions of people. A goal leads to Impact, which compares people alike."
)
_BY_PERSON = T("95 % intervals by person (Welch, linearised): visits of one person are not independent.")
_BY_COUNT = T(
    "95 % intervals as if each person came independently of the others; what brings many at once is not in them."
)
_MARKS = 12
_EARLIER = ("previous_people", "previous_sessions", "previous_page_views", "previous_converted")


def run(journeys: Journeys, query: Query) -> Result:
    """Weeks before the day beside those from it on."""
    day = chosen_day(query)
    if day is None:
        return Result([_marks(query)], journeys.as_of, T("Choose the day that it is about."))
    days = windows(journeys, query, day)
    if not days.weeks:
        return Result([_marks(query)], journeys.as_of, too_short(days), settled=days.settled)
    before, after = _look(journeys, query, days.before), _look(journeys, query, days.after)
    pair = measure(before, after, len(query.site.goals))
    then = None
    if days.then:
        old, new = (_look(journeys, query, span) for span in days.then)
        then = measure(old, new, len(query.site.goals))
        # Where nobody was there a year before, the season is as unknown as without data.
        if not then.before.people or not then.after.people:
            then, days = None, replace(days, then=None)
    kinds = tables.kinds(journeys, before, after)
    blocks = [
        _trend(journeys, query, days, before, after),
        *_changes(query, days, pair, then),
        tables.pages_block(query, days, pair, *kinds),
        tables.sources_block(journeys, query, days, pair, before, after),
        _marks(query),
    ]
    told = notes(journeys, query, days, pair, tables.only_once(*kinds), (before, after))
    return Result(blocks, journeys.as_of, headline(query, days, pair), told, days.settled)


def _look(journeys: Journeys, query: Query, span: Span) -> list[View]:
    return look(journeys, replace(query, span=span))


def _changes(query: Query, days: Windows, pair: Pair, then: Pair | None) -> list[Block]:
    rates, worth = rate_lines(query, pair, then), worth_lines(query, pair, then)
    found = []
    if rates:
        block = changes(query, days, "rates", T("Goals"), "ratio", rates, _BY_PEOPLE)
        asked = [[("goal", str(matcher))] for _, matcher in query.site.goals]
        found.append(replace(block, draw={**block.draw, "leads": {"measure": ("impact", asked)}}))
    found.append(changes(query, days, "counts", T("People and visits"), "count", count_lines(pair, then), _BY_COUNT))
    if worth:
        found.append(changes(query, days, "worth", T("Value a person"), "money", worth, _BY_PERSON))
    bounce, attention = bounce_line(pair, then), attention_line(pair, then)
    found.append(changes(query, days, "bounce", T("Bounces"), "ratio", [bounce], _BY_PERSON))
    found.append(changes(query, days, "attention", T("Attention"), "seconds", [attention], _BY_PERSON))
    return found


def _trend(journeys: Journeys, query: Query, days: Windows, before: Sequence[View], after: Sequence[View]) -> Block:
    whole = Span(days.before.first, days.after.last, days.before.zone)
    asked = replace(query, span=whole)
    # Filters may choose other people of the whole than of a side.
    filtered = any(name in FILTERS for name, _ in query.arguments)
    views = look(journeys, asked) if filtered else united(before, after)
    block = trend_block(asked, whole, views, None, [])
    # There is no earlier period beside it: the earlier days are on the plot itself.
    drawn = {**block.draw, "y": "people", "unseen": _EARLIER}
    # An annotation of this day is drawn already.
    noted = any(one.day == days.day for one in query.site.annotations)
    return replace(block, draw=drawn if noted else {**drawn, "mark": days.day.isoformat()})


def _marks(query: Query) -> Block:
    """The days that are marked, each of which leads to this question of it."""
    listed = list(reversed(query.site.annotations))[:_MARKS]
    rows: list[Sequence[Cell]] = [[one.day.isoformat(), KINDS[one.kind].template, one.text] for one in listed]
    kept = [pair for pair in query.arguments if pair[0] != "day"]
    return Block(
        id="marks",
        kind="table",
        title=T("Marked days"),
        columns=(
            Column("day", T("Day"), "date"),
            Column("kind", T("Kind"), "label"),
            Column("text", T("What happened")),
        ),
        rows=rows,
        draw={"leads": {"text": ("before-after", [[*kept, ("day", one.day.isoformat())] for one in listed])}},
        empty=T("No day is marked yet. Give a day above, or mark releases and campaigns under Annotations."),
    )


REPORT = Report(
    name="before-after",
    title=T("Before and after"),
    summary=T("What changed from a day on: whole weeks before a release or a campaign beside as many after it."),
    params=(
        Param("day", "text", T("Day"), T("YYYY-MM-DD; without one, the latest marked day a week or more ago.")),
        Param("window", "duration", T("Each side"), T("Whole weeks, like 28d."), default="28d"),
    ),
    run=run,
    example={"window": ["7d"]},
    menu=65,
    ranged=False,
    people=False,  # it says itself who is counted
)
