"""Events: everything that was seen, as the matchers that funnels, goals and impact can use."""

from __future__ import annotations

from collections import defaultdict

from collector.core.blocks import Block, Column, Result
from collector.core.event import Kind
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.kind_counts import kind_counts
from collector.reports.overview_tables import kind_matcher
from collector.reports.scope import choose, common_arguments, inside

Label = tuple[str, str]


def run(journeys: Journeys, query: Query) -> Result:
    """Types and names with people, times and the last time, most people first."""
    sums: dict[Label, list[int]] = defaultdict(lambda: [0, 0, 0])
    for part in journeys.each():
        mask = inside(part, query, choose(journeys, part, query), query.start, query.end)
        counts = kind_counts(journeys, part, mask, query.include_bots)
        columns = (column.tolist() for column in (counts.people, counts.times, counts.last))
        for label, people, times, last in zip(counts.labels, *columns, strict=True):
            found = sums[label]
            found[0] += people
            found[1] += times
            found[2] = max(found[2], last)
    return Result([_block(query, sums)], journeys.as_of, _headline(sums))


def _block(query: Query, sums: dict[Label, list[int]]) -> Block:
    text = query.values.get("search")
    wanted = text.casefold() if isinstance(text, str) else ""
    limit = query.values.get("limit")
    kept = [(label, found) for label, found in sums.items() if wanted in label[1].casefold()]
    kept.sort(key=lambda row: (-row[1][0], row[0]))
    shown = kept[: limit if isinstance(limit, int) else 200]
    matchers = [kind_matcher(Kind(*label)) for label, _ in shown]
    common = common_arguments(query)
    more = len(kept) - len(shown)
    return Block(
        "events",
        "table",
        T("Seen"),
        (
            Column("matcher", T("Matcher"), "text", T("What to write to mean this.")),
            Column("type", T("Type")),
            Column("name", T("Name")),
            Column("people", T("Visitors"), "count"),
            Column("count", T("Times"), "count"),
            Column("last", T("Last time"), "time"),
        ),
        [[text or "", *label, *found] for (label, found), text in zip(shown, matchers, strict=True)],
        draw={"link": "people"},
        links=[None if text is None else (*common, ("did", text)) for text in matchers],
        note=T("{n} more are not shown.", n=more) if more else None,
        empty=T("Nothing was seen in this time."),
    )


def _headline(sums: dict[Label, list[int]]) -> Text:
    return T("{n} different things happened.", n=Value(len(sums), "count"))


REPORT = Report(
    name="events",
    title=T("Events"),
    summary=T("Everything that was seen, with the words to use for it in funnels, goals and impact."),
    params=(
        Param("search", "text", T("Search"), T("A part of the name.")),
        Param("limit", "int", T("Rows"), default="200", minimum=1, maximum=10_000),
    ),
    run=run,
    example={"search": ["cart"]},
    menu=25,
)
