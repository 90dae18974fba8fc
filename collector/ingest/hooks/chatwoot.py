"""Chatwoot: `message_created`, `message_updated` (a rating) and `conversation_status_changed` of the website widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.ingest.hooks.common import (
    Said,
    Talk,
    dig,
    moment,
    number_or_word,
    page_in,
    score,
    spoken,
    user_in,
    visitor_in,
    word,
)

# Mail and messengers come to the same inbox; what is not said on the site is no chat of the site.
_WIDGET = ("Channel::WebWidget", "")
_TYPES = {0: "incoming", 1: "outgoing", 3: "template"}


def translate(payload: Mapping[str, Any]) -> Talk | None:
    """What a webhook of Chatwoot tells, None where it is about something else."""
    event = word(payload.get("event"))
    about_message = event in ("message_created", "message_updated")
    conversation = payload.get("conversation") if about_message else payload
    if word(dig(conversation, "channel")) not in _WIDGET:
        return None
    if event == "message_created":
        said = _message(payload, number_or_word(dig(conversation, "id")))
    elif event == "message_updated":
        said = _rating(payload)
    elif event == "conversation_status_changed" and payload.get("status") == "resolved":
        said = _ended(payload)
    else:
        return None
    return _talk(conversation, said) if said else None


def _talk(conversation: object, said: list[Said]) -> Talk:
    sender = dig(conversation, "meta", "sender")
    contact = number_or_word(dig(sender, "id")) or number_or_word(dig(conversation, "contact_inbox", "contact_id"))
    verified = dig(conversation, "meta", "hmac_verified") is True
    return Talk(
        contact=contact,
        visitor=visitor_in(dig(sender, "custom_attributes")),
        user=user_in(dig(sender, "identifier")),
        verified=verified or dig(conversation, "contact_inbox", "hmac_verified") is True,
        url=page_in(dig(conversation, "additional_attributes", "referer")),
        said=said,
    )


def _message(payload: Mapping[str, Any], chat: str) -> list[Said]:
    number, kind = number_or_word(payload.get("id")), payload.get("message_type")
    kind = _TYPES.get(kind) if isinstance(kind, int) else kind
    if not number or not chat or payload.get("private") is True:
        return []
    at, sender = moment(payload.get("created_at")), payload.get("sender")
    if kind == "incoming":
        return spoken(chat, number, "visitor", at)
    if kind == "outgoing" and dig(sender, "type") == "user":
        return spoken(chat, number, "agent", at, number_or_word(dig(sender, "id")))
    return spoken(chat, number, "bot", at) if kind in ("outgoing", "template") else []


def _rating(payload: Mapping[str, Any]) -> list[Said]:
    number = number_or_word(payload.get("id"))
    given = score(dig(payload, "content_attributes", "submitted_values", "csat_survey_response", "rating"))
    # The survey's own time is when it was asked, so the moment it is told stands for when it was answered.
    return [Said("chat_rated", f"survey:{number}", None, {"score": given})] if number and given else []


def _ended(payload: Mapping[str, Any]) -> list[Said]:
    number = number_or_word(payload.get("id"))
    at = moment(payload.get("updated_at")) or moment(payload.get("timestamp"))
    return [Said("chat_ended", f"chat:{number}:{at}", at)] if number else []
