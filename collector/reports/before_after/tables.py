"""Pages, sources and events on both sides of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collector.core.blocks import Block, Cell, Column
from collector.core.event import CLICK, PAGE
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.before_after.blocks import Line, sides
from collector.reports.before_after.measures import Pair, of_shares
from collector.reports.before_after.windows import Windows
from collector.reports.counted import told
from collector.reports.groups import link
from collector.reports.overview_counts import View
from collector.reports.overview_tables import by_kind, by_session

ROWS = 15
# An event seen less often may be missing on one side by chance.
OFTEN = 10
Views = Sequence[View]


def pages_block(
    query: Query,
    days: Windows,
    pair: Pair,
    old: Mapping[tuple[str, ...], Sequence[float]],
    new: Mapping[tuple[str, ...], Sequence[float]],
) -> Block:
    """Which pages more or fewer of the people saw."""
    found: dict[str, list[int]] = {}
    for at, side in enumerate((old, new)):
        for (type_, name), (people, _) in side.items():
            if type_ == PAGE and people:
                found.setdefault(name, [0, 0])[at] = int(people)
    lines = {name: (("did", f"page:{name}"),) if "*" not in name else None for name in found}
    return _shares(query, days, pair, "pages", T("Pages"), T("Page"), found, lines)


def sources_block(journeys: Journeys, query: Query, days: Windows, pair: Pair, before: Views, after: Views) -> Block:
    """Through which channels more or fewer of the people came."""
    found: dict[str, list[int]] = {}
    for at, views in enumerate((before, after)):
        for (name,), (people, *_) in by_session(journeys, views, ("channel",)).items():
            if people:
                found.setdefault(name, [0, 0])[at] = int(people)
    links = {name: link(("channel",), (name,)) for name in found}
    return _shares(query, days, pair, "sources", T("Channels"), T("Channel"), found, links)


def _shares(
    query: Query,
    days: Windows,
    pair: Pair,
    block: str,
    title: Text,
    label: Text,
    counts: Mapping[str, Sequence[int]],
    links: Mapping[str, tuple[tuple[str, str], ...] | None],
) -> Block:
    """Those most people are in, the greatest difference first."""
    top = sorted(counts, key=lambda name: (-max(counts[name]), name))[:ROWS]
    lines = []
    for name in top:
        old, new = counts[name]
        change = of_shares(old, pair.before.people, new, pair.after.people)
        lines.append(Line(name, change, None, links[name], (old, new)))
    lines.sort(key=lambda one: (-abs(one.change.apart or 0.0), one.name))
    rows: list[list[Cell]] = []
    for one in lines:
        change = one.change
        rows.append([one.name, *(one.counts or ()), change.before, change.after, change.apart, change.low, change.high])
    rest = len(counts) - len(top)
    more = told(
        rest,
        T("The {top} with the most people are shown; one more is not."),
        T("The {top} with the most people are shown; {n} more are not."),
        top=len(top),
    )
    name = "page" if block == "pages" else "channel"
    return Block(
        id=block,
        kind="bars",
        title=title,
        columns=(
            Column(name, label),
            Column("people_before", T("People before"), "count"),
            Column("people_after", T("People after"), "count"),
            Column("before", T("Of all before"), "ratio"),
            Column("after", T("Of all after"), "ratio"),
            Column("difference", T("Difference"), "points"),
            Column("low", T("From"), "points"),
            Column("high", T("To"), "points"),
        ),
        rows=rows,
        draw={
            "y": "difference",
            "low": "low",
            "high": "high",
            "wide": True,
            "cell_links": sides(query, days, lines, ("people_before", "people_after")),
        },
        note=more,
        empty=T("Nobody came in these weeks."),
    )


def kinds(journeys: Journeys, before: Views, after: Views) -> tuple[dict[tuple[str, ...], list[float]], ...]:
    """Per (type, name) people and times, on both sides."""
    return dict(by_kind(journeys, before)), dict(by_kind(journeys, after))


def only_once(
    old: Mapping[tuple[str, ...], Sequence[float]], new: Mapping[tuple[str, ...], Sequence[float]]
) -> tuple[list[str], list[str]]:
    """Names of events that only one side knows, though often: (gone after the day, new since). Pages come and go."""

    def missing(
        side: Mapping[tuple[str, ...], Sequence[float]], other: Mapping[tuple[str, ...], Sequence[float]]
    ) -> list[str]:
        found = [
            (times, name)
            for (type_, name), (_, times) in side.items()
            if type_ not in (PAGE, CLICK) and name and times >= OFTEN and not other.get((type_, name), (0, 0))[1]
        ]
        return [name for _, name in sorted(found, key=lambda one: (-one[0], one[1]))]

    return missing(old, new), missing(new, old)
