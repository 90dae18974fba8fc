"""Intercom: the topics `conversation.*`, and `contact.*` for whom a contact is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.ingest.hooks.common import (
    Said,
    Talk,
    dig,
    items,
    moment,
    number_or_word,
    page_in,
    score,
    spoken,
    user_in,
    visitor_in,
    word,
)

_MESSAGES = frozenset(
    (
        "conversation.user.created",
        "conversation.user.replied",
        "conversation.admin.replied",
        "conversation.operator.replied",
        "conversation.admin.closed",
    )
)
_ROLES = {"user": "visitor", "lead": "visitor", "contact": "visitor", "admin": "agent", "bot": "bot"}
# Mail, SMS and social networks are conversations too, but none of the site.
_MESSENGER = ("conversation", "")


def translate(payload: Mapping[str, Any]) -> Talk | None:
    """What a notification of Intercom tells, None where it is about something else."""
    topic, item = word(payload.get("topic")), dig(payload, "data", "item")
    if not isinstance(item, Mapping):
        return None
    if topic.startswith("contact."):
        return _talk(item, item, []) if visitor_in(item.get("custom_attributes")) else None
    if word(dig(item, "source", "type")) not in _MESSENGER:
        return None
    chat = number_or_word(item.get("id"))
    said: list[Said] = []
    if not chat:
        return None
    if topic in _MESSAGES:
        said = _messages(item, chat, topic)
    elif topic == "conversation.rating.added":
        said = _rating(item, chat)
    return _talk(item, _contact(item), said) if said else None


def _contact(item: Mapping[str, Any]) -> object:
    """The contact of a conversation; older versions of the API call it user."""
    contacts = items(dig(item, "contacts", "contacts"))
    return contacts[0] if contacts else item.get("user")


def _talk(item: Mapping[str, Any], contact: object, said: list[Said]) -> Talk:
    return Talk(
        contact=number_or_word(dig(contact, "id")),
        visitor=visitor_in(dig(contact, "custom_attributes")),
        user=user_in(dig(contact, "external_id")) or user_in(dig(contact, "user_id")),
        url=page_in(dig(item, "source", "url")),
        said=said,
    )


def _messages(item: Mapping[str, Any], chat: str, topic: str) -> list[Said]:
    said: list[Said] = []
    if topic == "conversation.user.created":
        said += _one(dig(item, "source"), chat, moment(item.get("created_at")))
    parts = items(dig(item, "conversation_parts", "conversation_parts"))
    for part in parts:
        if word(dig(part, "part_type")) == "comment":
            said += _one(part, chat, moment(dig(part, "created_at")))
    if topic == "conversation.admin.closed":
        last = parts[-1] if parts else None
        at = moment(dig(last, "created_at")) or moment(item.get("updated_at"))
        said.append(Said("chat_ended", f"chat:{chat}:{at}", at))
    return said


def _one(message: object, chat: str, at: int | None) -> list[Said]:
    role, number = _ROLES.get(word(dig(message, "author", "type"))), number_or_word(dig(message, "id"))
    if role is None or not number:
        return []
    return spoken(chat, number, role, at, number_or_word(dig(message, "author", "id")))


def _rating(item: Mapping[str, Any], chat: str) -> list[Said]:
    given = score(dig(item, "conversation_rating", "rating"))
    # Asked at one time, given or changed at another: one that is changed is still one.
    asked = moment(dig(item, "conversation_rating", "created_at"))
    at = moment(dig(item, "conversation_rating", "updated_at")) or asked
    return [Said("chat_rated", f"chat:{chat}:{asked}", at, {"score": given})] if given else []
