"""Crisp: `message:send`, `message:received`, `session:set_state`, `session:sync:rating` and `session:set_data`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.core.times import DAY
from collector.ingest.hooks.common import (
    ATTRIBUTE,
    Said,
    Talk,
    dig,
    items,
    moment,
    number_or_word,
    score,
    spoken,
    visitor_in,
    word,
)

# Notes are among agents, events are Crisp's own lines in the conversation.
_UNSAID = ("note", "event")


def translate(payload: Mapping[str, Any]) -> Talk | None:
    """What a web hook of Crisp tells, None where it is about something else."""
    event, data = word(payload.get("event")), payload.get("data")
    session = word(dig(data, "session_id"))
    if not session:
        return None
    told = moment(dig(data, "timestamp")) or moment(payload.get("timestamp"))
    if event in ("message:send", "message:received"):
        said = _message(data, session, told)
    elif event == "session:set_state" and dig(data, "state") == "resolved":
        said = [Said("chat_ended", f"chat:{session}:{told}", told)]
    elif event == "session:sync:rating":
        said = _rating(data, session, told)
    elif event == "session:set_data":
        visitor = _visitor(dig(data, "data"))
        return Talk(session, visitor) if visitor else None
    else:
        return None
    return Talk(session, said=said) if said else None


def _visitor(data: object) -> str:
    """The visitor in a session's data, which is an object, or a list of keys and values."""
    for item in items(data):
        if dig(item, "key") == ATTRIBUTE:
            return visitor_in({ATTRIBUTE: dig(item, "value")})
    return visitor_in(data)


def _message(data: object, session: str, at: int | None) -> list[Said]:
    number, kind, speaker = number_or_word(dig(data, "fingerprint")), dig(data, "type"), dig(data, "from")
    # The origin is chat for what is written on the site, email or urn:<channel> elsewhere.
    if not number or kind in _UNSAID or word(dig(data, "origin")) not in ("chat", ""):
        return []
    # A session lives for months and has no conversations within: one chat a day is as near as it gets.
    chat = f"{session}:{(at or 0) // DAY}"
    if speaker == "user":
        return spoken(chat, f"{session}:{number}", "visitor", at)
    if speaker != "operator":
        return []
    bot = dig(data, "automated") is True
    who = number_or_word(dig(data, "user", "user_id"))
    return spoken(chat, f"{session}:{number}", "bot" if bot else "agent", at, who)


def _rating(data: object, session: str, at: int | None) -> list[Said]:
    given = score(dig(data, "rating", "stars"))
    return [Said("chat_rated", f"chat:{session}:{at}", at, {"score": given})] if given else []
