"""The overview's tables: sources, landing pages, devices, pages, events. Each row opens its people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.called import CHAT_WORDS
from collector.core.errors import UserError
from collector.core.event import CHAT_EVENTS, CUSTOM, PAGE, Kind
from collector.core.matcher import SUBJECTS, Matcher
from collector.core.people_text import parse_one
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.counted import told
from collector.reports.groups import Grouping, group, link
from collector.reports.kind_counts import kind_counts
from collector.reports.overview_counts import View, added
from collector.reports.scope import coded, common_arguments, distinct_people, page_path, share

Label = tuple[str, ...]
Sums = dict[Label, list[float]]

PEOPLE = Column("people", T("Visitors"), "count")
SESSIONS = Column("sessions", T("Sessions"), "count")
CONVERTED = Column("conversions", T("Reached a goal"), "count", T("People who reached a goal in one of these visits."))
RATE = Column("rate", T("Conversion rate"), "ratio")


def kind_matcher(kind: Kind) -> str | None:
    """The matcher that means exactly this kind (target aside), None where there is none."""
    subject = {CUSTOM: "event"}.get(kind.type, kind.type)
    if subject not in SUBJECTS or "*" in kind.name:
        return None
    text = f"{subject}:{page_path(kind.name) if kind.type == PAGE else kind.name}"
    try:
        return text if parse_one(text) == Matcher(subject, text.partition(":")[2]) else None
    except UserError:
        return None


def _add(sums: Sums, labels: Sequence[Label], *columns: Int64) -> None:
    for at, label in enumerate(labels):
        found = sums[label]
        for place, column in enumerate(columns):
            found[place] += float(column[at])


def by_session(journeys: Journeys, views: Sequence[View], fields: tuple[str, ...]) -> Sums:
    """Per group of sessions: people, sessions begun, people who reached a goal there, bounces."""
    sums: Sums = defaultdict(lambda: [0.0] * 4)
    for view in views:
        found = group(journeys, view.part, fields)
        size = len(found.labels)
        people, begun, bounced = added(view, fields, lambda one: _of_sessions(one, found))  # noqa: B023 - called at once
        won = distinct_people(found.codes[view.won], view.won_person, size)
        _add(sums, found.labels, people, begun, won, bounced)
    return sums


def _of_sessions(view: View, found: Grouping) -> Int64:
    size = len(found.labels)
    people = distinct_people(found.codes[view.touched], view.touched_person, size)
    begun, bounced = (np.bincount(found.codes[at], minlength=size) for at in (view.begun, view.bounced))
    return np.stack((people, begun, bounced))


def _ranked(
    sums: Mapping[Label, Sequence[float]], limit: int
) -> tuple[list[tuple[Label, Sequence[float]]], Text | None]:
    kept = sorted(((label, found) for label, found in sums.items() if any(found)), key=lambda row: (-row[1][0], row[0]))
    rest = len(kept) - limit
    note = told(rest, T("One more row is not shown."), T("{n} more rows are not shown."))
    return kept[:limit], note if rest > 0 else None


def session_table(
    journeys: Journeys,
    query: Query,
    views: Sequence[View],
    block: str,
    title: Text,
    fields: Mapping[str, Text],
    limit: int,
) -> Block:
    """A table of sessions grouped by `fields` (name to label)."""
    names = tuple(fields)
    rows, note = _ranked(by_session(journeys, views, names), limit)
    common = common_arguments(query)
    bounce = block == "landing_pages"
    cells: list[list[Cell]] = []
    for label, (people, begun, won, bounced) in rows:
        row: list[Cell] = [*label, int(people), int(begun), int(won), share(won, people)]
        cells.append([*row, share(bounced, begun)] if bounce else row)
    extra = (Column("bounce_rate", T("Bounce rate"), "ratio"),) if bounce else ()
    return Block(
        block,
        "bars",
        title,
        (*(Column(name, text) for name, text in fields.items()), PEOPLE, SESSIONS, CONVERTED, RATE, *extra),
        cells,
        draw={"y": "people", "link": "people"},
        links=[(*common, *link(names, label)) for label, _ in rows],
        note=note,
        empty=T("Nobody came in this time."),
    )


def by_kind(journeys: Journeys, views: Sequence[View]) -> Sums:
    """Per (type, name): people and times; pages by path."""
    sums: Sums = defaultdict(lambda: [0.0] * 2)
    for view in views:
        counts = kind_counts(journeys, view.part, view.inside, view.include_bots)
        _add(sums, counts.labels, counts.people, counts.times)
    return sums


def _by_path(journeys: Journeys, views: Sequence[View]) -> Sums:
    """Per path: visits begun inside that began there, that ended there, and milliseconds of attention."""
    sums: Sums = defaultdict(lambda: [0.0] * 3)
    for view in views:
        # Attention after a click is kept with the click's row: it was given to the page that the click was on.
        given = np.flatnonzero(view.inside & (view.part.engaged > 0))
        codes, paths = coded(view.part.page[given], lambda n: _path(journeys, n))
        spent = np.bincount(codes, weights=view.part.engaged[given], minlength=len(paths))
        for path, ms in zip(paths, spent.tolist(), strict=True):
            sums[(path,)][2] += ms
        page = view.part.page
        for place, ids in enumerate((page[view.part.session_row[view.begun]], page[view.sessions.last[view.begun]])):
            codes, paths = coded(ids, lambda n: _path(journeys, n))
            for path, count in zip(paths, np.bincount(codes, minlength=len(paths)).tolist(), strict=True):
                sums[(path,)][place] += count
    return sums


def pages_table(journeys: Journeys, query: Query, views: Sequence[View], kinds: Sums, limit: int) -> Block:
    """Page views by path, with the visits that began and ended there and the attention a view got."""
    there = _by_path(journeys, views)
    sums: dict[Label, list[float]] = {
        (name,): [times, people, *there.get((name,), [0.0] * 3)]
        for (type_, name), (people, times) in kinds.items()
        if type_ == PAGE
    }
    rows, note = _ranked(sums, limit)
    common = common_arguments(query)
    links = [(*common, ("did", f"page:{label[0]}")) if "*" not in label[0] else None for label, _ in rows]
    return Block(
        "pages",
        "bars",
        T("Pages"),
        (
            Column("page", T("Page")),
            Column("views", T("Views"), "count"),
            PEOPLE,
            Column("entries", T("Entries"), "count", T("Visits that began here.")),
            Column("exits", T("Exits"), "count", T("Visits that ended here.")),
            Column("engaged_seconds", T("Attention a view"), "seconds"),
        ),
        [
            [label[0], int(times), int(people), int(entries), int(exits), engaged / 1000 / times]
            for label, (times, people, entries, exits, engaged) in rows
        ],
        draw={"y": "views", "link": "people"},
        links=links,
        note=note,
        empty=T("No page was seen in this time."),
    )


def _path(journeys: Journeys, page: int) -> str:
    known = journeys.pages.get(page)
    return "" if known is None else page_path(known[1])


def events_table(query: Query, sums: Sums, limit: int) -> Block:
    """Everything but page views by type and name: how often and by how many people."""
    rows, note = _ranked({label: found for label, found in sums.items() if label[0] != PAGE}, limit)
    common = common_arguments(query)
    matchers = [kind_matcher(Kind(*label)) for label, _ in rows]
    return Block(
        "events",
        "bars",
        T("Events"),
        (
            Column("type", T("Type")),
            Column("name", T("Name")),
            PEOPLE,
            Column("count", T("Times"), "count"),
        ),
        [[*label, int(people), int(count)] for label, (people, count) in rows],
        draw={"y": "people", "link": "people"},
        links=[None if text is None else (*common, ("did", text)) for text in matchers],
        note=note,
        empty=T("Nothing but page views happened in this time."),
    )


def chat_table(query: Query, events: Block) -> Block | None:
    """The chat vocabulary's events in its order, None where the site has no chat."""
    found = {str(row[1]): row for row in events.rows if row[0] == CUSTOM and row[1] in CHAT_EVENTS}
    if not found:
        return None
    names = [name for name in CHAT_EVENTS if name in found]
    common = common_arguments(query)
    return Block(
        "chat",
        "bars",
        T("Chat"),
        (
            Column("name", T("Event")),
            Column("label", T("What they did"), "label"),
            PEOPLE,
            Column("count", T("Times"), "count"),
        ),
        [[name, str(CHAT_WORDS[name]), found[name][2], found[name][3]] for name in names],
        draw={"y": "people", "link": "people", "unseen": ("name",)},
        links=[(*common, ("did", f"event:{name}")) for name in names],
    )
