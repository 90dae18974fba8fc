"""Events: everything that was seen, as the matchers that funnels, goals and impact can use."""

from __future__ import annotations

from collections import defaultdict

from collector.core.blocks import Block, Column, Result
from collector.core.event import Kind
from collector.core.query import Param, Query
from collector.core.text import T, Text, Value
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.counted import told
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
    text = query.values.get("search")
    named = _named(sums, text) if isinstance(text, str) and text else sums
    return Result([_block(query, named, of=len(sums))], journeys.as_of, _headline(query, len(named), len(sums)))


def _named(sums: dict[Label, list[int]], text: str) -> dict[Label, list[int]]:
    """Those with `text` in their name."""
    wanted = text.casefold()
    return {label: found for label, found in sums.items() if wanted in label[1].casefold()}


def _block(query: Query, named: dict[Label, list[int]], of: int) -> Block:
    limit = query.values.get("limit")
    kept = sorted(named.items(), key=lambda row: (-row[1][0], row[0]))
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
        note=told(more, T("One more is not shown."), T("{n} more are not shown.")) if more else None,
        empty=T("Nothing that was seen has this in its name.") if of else T("Nothing was seen in this time."),
    )


def _headline(query: Query, named: int, of: int) -> Text:
    if of and (text := query.values.get("search")):
        if of == 1:
            if named:
                return T("The one thing that happened has “{text}” in its name.", text=text)
            return T("The one thing that happened does not have “{text}” in its name.", text=text)
        return told(
            named,
            T("One of {all} different things has “{text}” in its name."),
            T("{n} of {all} different things have “{text}” in their name."),
            text=text,
            all=Value(of, "count"),
        )
    return told(of, T("One thing happened."), T("{n} different things happened."))


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
