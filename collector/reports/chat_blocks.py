"""The blocks of the chat page beside those of its impact."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column
from collector.core.called import CHAT_WORDS
from collector.core.event import CHAT_EVENTS
from collector.core.query import Query
from collector.core.text import T, Text
from collector.journeys.journeys import Journeys
from collector.reports.chat_facts import BANDS, ChatFacts, quantile, satisfied
from collector.reports.chat_outcome import RESPONSES, by_answerer, by_response
from collector.reports.followed import DRAWN, RATE, rate_cells
from collector.reports.scope import common_arguments, share
from collector.reports.touch import behind, number

MOST = 50
_HEADS = {
    "before_start": (T("When in the journey chats begin"), Column("pages_before", T("Pages seen before"))),
    "start_pages": (T("Where chats begin"), Column("page", T("Page"))),
}
_BY = {"agent": (T("By agent"), T("Agent")), "team": (T("By team"), T("Team"))}


def own_blocks(journeys: Journeys, query: Query, facts: ChatFacts) -> list[Block]:
    """The chats themselves: figures, how far people went, where chats begin, how they were answered and by whom."""
    common = common_arguments(query)
    starts = facts.people["chat_started"]
    return [
        number("chats", T("People who started a chat"), "count", starts, (*common, ("did", "event:chat_started"))),
        number("messages", T("Messages"), "count", facts.times["chat_message"], behind("messages")),
        number("first_response", T("First response, median"), "seconds", quantile(facts.waits, 0.5)),
        number("first_response_p90", T("First response, 90 of 100 within"), "seconds", quantile(facts.waits, 0.9)),
        number(
            "unanswered",
            T("Chats without an agent's answer"),
            "count",
            facts.unanswered,
            behind("unanswered") if facts.unanswered else None,
        ),
        number(
            "csat",
            T("Rated 4 or 5"),
            "ratio",
            satisfied(facts.scores),
            behind("rated") if facts.scores else None,
        ),
        _reach(common, facts),
        _begun("before_start", facts, [(band, facts.before[band]) for band in BANDS]),
        _begun("start_pages", facts, facts.pages.most_common(MOST)),
        _response(journeys, query),
        *(block for name in _BY if (block := _answerers(journeys, query, name)) is not None),
    ]


def _reach(common: tuple[tuple[str, str], ...], facts: ChatFacts) -> Block:
    names = [name for name in CHAT_EVENTS if facts.times[name]]
    return Block(
        "reach",
        "bars",
        T("How far people went"),
        (
            Column("event", T("Event")),
            Column("label", T("People"), "label"),
            Column("people", T("Visitors"), "count"),
            Column("times", T("Times"), "count"),
        ),
        [[name, str(CHAT_WORDS[name]), facts.people[name], facts.times[name]] for name in names],
        draw={"y": "people", "link": "people", "unseen": ("event",)},
        links=[(*common, ("did", f"event:{name}")) for name in names],
        empty=T("No chat in this time."),
    )


def _begun(block: str, facts: ChatFacts, counts: Sequence[tuple[str, int]]) -> Block:
    title, head = _HEADS[block]
    starts = facts.people["chat_started"]
    rows: list[list[Cell]] = [[name, people, share(people, starts)] for name, people in counts] if starts else []
    return Block(
        block,
        "bars",
        title,
        (head, Column("people", T("People"), "count"), Column("share", T("Share"), "ratio")),
        rows,
        draw={"y": "people"},
        links=[behind(block, str(row[0])) if row[1] else None for row in rows],
        empty=T("Nobody started a chat in this time."),
    )


def _response(journeys: Journeys, query: Query) -> Block:
    tallies = by_response(journeys, query)
    rows: list[list[Cell]] = [
        [name, str(RESPONSES[name][0]), one.people, *rate_cells(one.over, one.reached)]
        for name, one in tallies.items()
        if one.people
    ]
    return Block(
        "response",
        "table",
        T("First response, and the goal afterwards"),
        (
            Column("band", T("Band")),
            Column("answered", T("First chat answered"), "label"),
            Column("people", T("People"), "count"),
            *RATE,
        ),
        rows,
        draw={**DRAWN, "unseen": ("band",), **_links("response", rows)},
        note=T(
            "What went together, not what a faster answer would change: who is answered fast may have asked at a quiet "
            "hour, or something easy. People whose time for the goal is not over are in no rate."
        ),
        empty=T("Nobody wrote in a chat in this time."),
    )


def _links(name: str, rows: Sequence[Sequence[Cell]]) -> dict[str, object]:
    """Links of the people and of those of them who reached the goal."""
    groups = [str(row[0]) for row in rows]
    people, reached = ([behind(name, group, subset) for group in groups] for subset in ("", "reached"))
    return {"cell_links": {"people": people, "reached": reached}}


def _answerers(journeys: Journeys, query: Query, name: str) -> Block | None:
    """Chats by who answered; None where no team is named, since an empty table of agents says all there is to say."""
    title, head = _BY[name]
    tallies = by_answerer(journeys, query, name)
    if not tallies and name == "team":
        return None
    most = sorted(tallies.items(), key=lambda one: (-one[1].chats, one[0]))[:MOST]
    rows: list[list[Cell]] = [
        [
            who,
            one.people,
            one.chats,
            quantile(one.waits, 0.5),
            satisfied(one.scores),
            len(one.scores),
            *rate_cells(one.over, one.reached),
        ]
        for who, one in most
    ]
    return Block(
        f"{name}s",
        "table",
        title,
        (
            Column(name, head),
            Column("people", T("People"), "count"),
            Column("chats", T("Chats"), "count"),
            Column("first_response", T("First response, median"), "seconds"),
            Column("csat", T("Rated 4 or 5"), "ratio"),
            Column("rated", T("Rated"), "count"),
            *RATE,
        ),
        rows,
        draw={**DRAWN, "more": ("rated", "followed"), "wide": True, **_links(name, rows)},
        note=_cut(len(tallies)),
        empty=T(
            "Nobody is named. Send the property agent (or team) with chat_agent_joined, or with an agent's "
            "chat_message, to see who answers how fast, and what follows."
        ),
    )


def _cut(names: int) -> Text:
    same = T("Agents meet different people at different hours, so that a higher rate is no proof of a better answer.")
    return same if names <= MOST else T("The {n} with most chats. {same}", n=MOST, same=same)
