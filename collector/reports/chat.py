"""Chat: what it changed, and what chats were like."""

from __future__ import annotations

from collections.abc import Sequence

from collector.core.blocks import Block, Cell, Column, Result
from collector.core.called import CHAT_WORDS
from collector.core.event import CHAT_EVENTS
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.chat_facts import BANDS, ChatFacts, chat_facts, quantile, satisfied
from collector.reports.impact.report import GOAL, HORIZON, PEOPLE, VALUE
from collector.reports.scope import common_arguments, share
from collector.reports.touch import nothing_yet, number, seen, with_impact

STARTED = Matcher("event", "chat_started")


def run(journeys: Journeys, query: Query) -> Result:
    """The impact of started chats on the goal, and the chats themselves."""
    if not seen(journeys, [Matcher("event", name) for name in CHAT_EVENTS]):
        return nothing_yet(
            journeys,
            T("Chat"),
            T("No chat has been seen yet."),
            (
                T(
                    "Add the chat script beside the tag: it finds tawk.to, Crisp, Intercom, Chatwoot, LiveChat and "
                    "JivoChat by itself."
                ),
                T("For another chat, send the events chat_opened, chat_started and chat_message yourself."),
            ),
        )
    facts = chat_facts(journeys, query)
    return with_impact(journeys, query, [STARTED], _blocks(query, facts))


def _blocks(query: Query, facts: ChatFacts) -> list[Block]:
    common = common_arguments(query)
    starts = facts.people["chat_started"]
    return [
        number("chats", T("People who started a chat"), "count", starts, (*common, ("did", str(STARTED)))),
        number("messages", T("Messages"), "count", facts.times["chat_message"]),
        number("first_response", T("First response, median"), "seconds", quantile(facts.waits, 0.5)),
        number("first_response_p90", T("First response, 90 of 100 within"), "seconds", quantile(facts.waits, 0.9)),
        number("unanswered", T("Chats without an agent's answer"), "count", facts.unanswered),
        number("csat", T("Rated 4 or 5"), "ratio", satisfied(facts.scores)),
        _reach(common, facts),
        _table(
            "before_start", facts, [[band, facts.before[band], share(facts.before[band], starts)] for band in BANDS]
        ),
        _table("start_pages", facts, [[page, n, share(n, starts)] for page, n in facts.pages.most_common(50)]),
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


_HEADS = {
    "before_start": (T("When in the journey chats begin"), Column("pages_before", T("Pages seen before"))),
    "start_pages": (T("Where chats begin"), Column("page", T("Page"))),
}


def _table(block: str, facts: ChatFacts, rows: Sequence[Sequence[Cell]]) -> Block:
    title, head = _HEADS[block]
    return Block(
        block,
        "bars",
        title,
        (head, Column("people", T("People"), "count"), Column("share", T("Share"), "ratio")),
        rows if facts.people["chat_started"] else [],
        draw={"y": "people"},
        empty=T("Nobody started a chat in this time."),
    )


REPORT = Report(
    name="chat",
    title=T("Chat"),
    summary=T("What chat really changed, when it begins, how fast it is answered, and how it is rated."),
    params=(GOAL, HORIZON, VALUE, PEOPLE),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=53,
    follows=lambda _: "part",
)
