"""Who a person is, in a few rows, and their visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.event import PAGE, Agent
from collector.core.identity import is_cookieless
from collector.core.matcher import cell_text
from collector.core.query import Query
from collector.core.stored import Profile
from collector.core.text import T, Text
from collector.core.times import SECOND, format_duration
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int64, Part
from collector.reports.scope import kind_mask, rows_of_any
from collector.reports.stage_states import stage_names
from collector.reports.timeline_events import Life

MAX_SESSIONS = 1_000


def profile_block(journeys: Journeys, query: Query, key: str, profile: Profile, life: Life) -> Block:
    """Label and value of what is known: user, times, first touch, visits, attention, devices, traits."""
    rows: list[list[Cell]] = []

    def add(name: str, label: Text | str, value: object, verified: bool | None = None) -> None:
        if value not in ("", None):
            rows.append([name, str(label), str(value), verified])

    add("person", T("Person"), profile.user or key)
    add("user", T("User"), profile.user)
    if not profile.user and any(is_cookieless(one.key) for one in profile.visitors):
        add("known", T("Known"), T("for a day only, without a cookie"))
    if life.part is not None and len(life.rows):
        part, kept = life.part, life.rows
        source = journeys.source_at(int(part.source[part.session_row[part.session[kept[0]]]]))
        touch = [source.channel, source.source, source.campaign]
        add("first_seen", T("First seen"), _moment(query, int(part.time[kept[0]])))
        add("last_seen", T("Last seen"), _moment(query, int(part.time[kept[-1]])))
        add("first_touch", T("First came by"), " / ".join(text for text in touch if text))
        add("sessions", T("Visits"), int(life.visit.max()))
        engaged = int(part.engaged[kept].sum()) // SECOND * SECOND
        add("engaged", T("Attention"), format_duration(engaged) if engaged else "")
        add("devices", T("Devices"), _devices(journeys, part, kept))
        add("goals", T("Goals reached"), _goals(_goal_hits(journeys, query, part, kept), kept))
        if query.site.stages:
            place = part.person[kept[:1]].astype(np.int64)
            add("stage", T("Stage"), stage_names(journeys, part, query, place)[0])
        reasons = np.count_nonzero(part.bot[kept])
        add("bot", T("Bot events"), f"{reasons:,}" if reasons else "")
    for name, value in sorted(profile.traits.items()):
        add(f"trait:{name}", name, cell_text(value), name in profile.verified)
    columns = (
        Column("name", T("Name")),
        Column("label", T("What"), "label"),
        Column("value", T("Value")),
        Column(
            "verified", T("Verified"), "bool", T("Whether the site vouches for a trait; else a browser claimed it.")
        ),
    )
    return Block("profile", "table", T("Profile"), columns, rows, draw={"as": "facts"})


def linked_block(profile: Profile) -> Block:
    """The visitors that are this person, since when and why."""
    return Block(
        "linked",
        "table",
        T("Linked visitors"),
        (Column("visitor", T("Visitor")), Column("since", T("Since"), "time"), Column("reason", T("Why"))),
        [[one.key, one.time, one.reason] for one in profile.visitors],
        draw={"as": "linked"},
    )


def sessions_block(journeys: Journeys, query: Query, life: Life) -> Block:
    """The person's visits, newest first."""
    rows: list[list[Cell]] = []
    if life.part is not None:
        visits = int(life.visit.max()) if len(life.visit) else 0
        is_page = kind_mask(journeys, lambda kind: kind.type == PAGE)
        hits = _goal_hits(journeys, query, life.part, life.rows)
        shown = range(visits, max(0, visits - MAX_SESSIONS), -1)
        rows = [_session(journeys, hits, life.part, n, life.rows[life.visit == n], is_page) for n in shown]
    return Block(
        "sessions",
        "table",
        T("Visits"),
        (
            Column("session", T("Visit"), "count"),
            Column("start", T("Start"), "time"),
            Column("end", T("End"), "time"),
            Column("seconds", T("Length"), "seconds"),
            Column("page_views", T("Page views"), "count"),
            Column("events", T("Events"), "count", T("Everything but page views.")),
            Column("engaged_seconds", T("Attention"), "seconds"),
            Column("channel", T("Channel")),
            Column("source", T("Source")),
            Column("campaign", T("Campaign")),
            Column("device", T("Device")),
            Column("browser", T("Browser")),
            Column("landing", T("Landing page")),
            Column("goals", T("Goals reached")),
        ),
        rows,
        empty=T("No visit is in the view yet."),
    )


def _session(
    journeys: Journeys, hits: Sequence[tuple[str, Int64]], part: Part, visit: int, rows: Int64, is_page: Bool
) -> list[Cell]:
    first = int(part.session_row[part.session[rows[0]]])
    source = journeys.source_at(int(part.source[first]))
    agent = journeys.agents.get(int(part.agent[first]), Agent(""))
    pages = int(np.count_nonzero(is_page[part.kind[rows]]))
    start, end = int(part.time[rows[0]]), int(part.time[rows[-1]])
    return [
        visit,
        start,
        end,
        (end - start) / SECOND,
        pages,
        len(rows) - pages,
        int(part.engaged[rows].sum()) / SECOND,
        source.channel,
        source.source,
        source.campaign,
        agent.device,
        agent.browser,
        journeys.pages.get(int(part.page[first]), ("", ""))[1],
        _goals(hits, rows),
    ]


def _goals(hits: Sequence[tuple[str, Int64]], rows: Int64) -> str:
    return ", ".join(name for name, found in hits if np.isin(found, rows).any())


def _goal_hits(journeys: Journeys, query: Query, part: Part, rows: Int64) -> list[tuple[str, Int64]]:
    """For each goal the person's rows that reached it."""
    hits = []
    for name, matcher in query.site.goals:
        found = rows_of_any(journeys, part, [matcher], include_bots=True)
        low, high = np.searchsorted(found, [rows[0], rows[-1] + 1])
        hits.append((name, found[low:high]))
    return hits


def _devices(journeys: Journeys, part: Part, rows: Int64) -> str:
    agents = [journeys.agents.get(number) for number in np.unique(part.agent[rows]).tolist()]
    named = [" / ".join(text for text in (a.device, a.os, a.browser) if text) for a in agents if a is not None]
    return ", ".join(dict.fromkeys(named))


def _moment(query: Query, ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, query.site.zone).strftime("%Y-%m-%d %H:%M")
