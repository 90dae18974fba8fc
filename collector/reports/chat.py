"""Chat: what it changed, and what chats were like."""

from __future__ import annotations

from collector.core.blocks import Result
from collector.core.event import CHAT_EVENTS
from collector.core.matcher import Matcher, parse_matcher
from collector.core.query import Param, Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.reports.base import Report
from collector.reports.chat_blocks import own_blocks
from collector.reports.chat_facts import chat_facts
from collector.reports.chat_lists import CHOICES, GROUP, SUBSET, listed
from collector.reports.impact.report import DOSE, GOAL, HORIZON, NEW, PEOPLE, VALUE
from collector.reports.people_list import LIMIT
from collector.reports.touch import Preset, measured, nothing_yet, page, seen

_OPENED, _STARTED, _JOINED = (Matcher("event", name) for name in ("chat_opened", "chat_started", "chat_agent_joined"))
_WRITTEN = parse_matcher("event:chat_message[role=visitor]")
_ANSWER = parse_matcher("event:chat_message[role=agent]")
_BANDS = (1, 3)  # messages: 1, 2 to 3, 4 and more
PRESETS = {
    "opened": Preset((_OPENED,), T("opening the chat"), _WRITTEN, _BANDS),
    "started": Preset((_STARTED,), T("chat"), _WRITTEN, _BANDS),
    "answered": Preset((_JOINED, _ANSWER), T("an agent's answer in the chat"), _WRITTEN, _BANDS),
}


def run(journeys: Journeys, query: Query) -> Result:
    """The impact of chats on the goal, and the chats themselves."""
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
    preset = PRESETS[str(query.values["exposure"])]
    people = listed(journeys, query)
    own = own_blocks(journeys, query, chat_facts(journeys, query))
    return page(journeys, query, preset, measured(journeys, query, preset), own, people)


REPORT = Report(
    name="chat",
    title=T("Chat"),
    summary=T("What chat really changed, when it begins, how fast it is answered, by whom, and how it is rated."),
    params=(
        Param(
            "exposure",
            "choice",
            T("What happened"),
            T("What of the chat is judged."),
            default="started",
            choices=(
                ("opened", T("The chat was opened")),
                ("started", T("A chat was started")),
                ("answered", T("An agent answered")),
            ),
        ),
        GOAL,
        HORIZON,
        VALUE,
        DOSE,
        NEW,
        Param(
            PEOPLE.name,
            "choice",
            PEOPLE.label,
            choices=(*PEOPLE.choices, *CHOICES),
        ),
        GROUP,
        SUBSET,
        LIMIT,
    ),
    run=run,
    example={"goal": ["event:purchase"], "all-time": ["1"]},
    menu=53,
    follows=lambda _: "part",
)
