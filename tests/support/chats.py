"""What the chat providers post, in the shapes that their sources and references give (docs/webhooks.md says which)."""

from __future__ import annotations

from typing import Any

VISITOR = "v_" + "a1" * 16
TEXT = "my very own secret question"
AT = 1_763_740_000


def chatwoot(event: str, number: int, kind: str = "incoming", **more: Any) -> dict[str, Any]:
    """`message_created` and `message_updated` of a website inbox."""
    sender: dict[str, Any] = {"id": 9, "name": "Ann", "email": "ann@agents.example", "type": "user"}
    contact: dict[str, Any] = {"id": 57, "name": "Jolanta Ferreira", "email": "jo@people.example", "identifier": None}
    contact |= {"custom_attributes": more.pop("attributes", {}), "type": "contact"} | more.pop("contact", {})
    return {
        "account": {"id": 1, "name": "Shop"},
        "content": TEXT,
        "content_attributes": {},
        "content_type": "text",
        "conversation": chatwoot_conversation(contact, **more.pop("conversation", {})),
        "created_at": "2025-11-21T15:46:40.000Z",
        "event": event,
        "id": number,
        "inbox": {"id": 3, "name": "Website"},
        "message_type": kind,
        "private": False,
        "sender": contact if kind == "incoming" else sender,
        "source_id": None,
    } | more


def chatwoot_conversation(contact: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation as it stands in every webhook of Chatwoot."""
    return {
        "additional_attributes": {"browser": {}, "referer": "https://shop.example/pricing?utm_source=x&email=a@b.co"},
        "can_reply": True,
        "channel": "Channel::WebWidget",
        "contact_inbox": {"id": 5, "contact_id": 57, "inbox_id": 3, "hmac_verified": False},
        "id": 12,
        "inbox_id": 3,
        "labels": [],
        "messages": [{"id": 1, "content": TEXT}],
        "meta": {"sender": contact, "assignee": None, "hmac_verified": False},
        "status": "open",
        "created_at": AT,
        "timestamp": AT + 60,
        "updated_at": AT + 60.5,
    } | more


def chatwoot_resolved(**more: Any) -> dict[str, Any]:
    """`conversation_status_changed` to resolved."""
    contact = {"id": 57, "custom_attributes": {}, "identifier": None}
    status = {"status": "resolved", "event": "conversation_status_changed", "changed_attributes": []}
    return chatwoot_conversation(contact) | status | more


def intercom(topic: str, **item: Any) -> dict[str, Any]:
    """A notification about a conversation in the Messenger."""
    return {
        "type": "notification_event",
        "app_id": "a86dr8yl",
        "id": f"notif_{topic}",
        "topic": topic,
        "created_at": AT + 5,
        "delivery_attempts": 1,
        "data": {
            "type": "notification_event_data",
            "item": {
                "type": "conversation",
                "id": "215468",
                "created_at": AT,
                "updated_at": AT + 90,
                "source": {
                    "type": "conversation",
                    "id": "4035",
                    "delivered_as": "customer_initiated",
                    "body": f"<p>{TEXT}</p>",
                    "author": {"type": "user", "id": "66e0", "name": "Jolanta Ferreira", "email": "jo@people.example"},
                    "url": "https://shop.example/pricing?utm_source=x",
                },
                "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "66e0"}]},
                "conversation_parts": {"type": "conversation_part.list", "conversation_parts": [], "total_count": 0},
            }
            | item,
        },
    }


def intercom_part(number: int, author: str, at: int, kind: str = "comment") -> dict[str, Any]:
    """Parts of a conversation with one of an author."""
    part = {
        "type": "conversation_part",
        "id": str(number),
        "part_type": kind,
        "body": f"<p>{TEXT}</p>" if kind == "comment" else None,
        "created_at": at,
        "author": {"type": author, "id": f"{author}-1", "name": "Ann", "email": "ann@agents.example"},
    }
    return {"conversation_parts": {"type": "conversation_part.list", "conversation_parts": [part], "total_count": 1}}


def intercom_contact(**fields: Any) -> dict[str, Any]:
    """A notification about a contact that the Messenger updated."""
    item = {"type": "contact", "id": "66e0", "external_id": None, "custom_attributes": {}} | fields
    return {"type": "notification_event", "topic": "contact.lead.updated", "data": {"item": item}}


SESSION = "session_36ba3566-9651-4790-afc8-ffedbccc317f"


def crisp(event: str, at: int = AT * 1000, **data: Any) -> dict[str, Any]:
    """A web hook of Crisp."""
    common = {"website_id": "42286ab3-b29a-4fde-8538-da0ae501d825", "session_id": SESSION}
    return {"website_id": common["website_id"], "event": event, "data": common | data, "timestamp": at}


def crisp_message(speaker: str, number: int, at: int = AT * 1000, **data: Any) -> dict[str, Any]:
    """`message:send` of the visitor, `message:received` of an operator."""
    given = {
        "type": "text",
        "content": TEXT,
        "from": speaker,
        "origin": "chat",
        "stamped": True,
        "timestamp": at,
        "fingerprint": number,
        "user": {"nickname": "Jolanta Ferreira", "user_id": SESSION if speaker == "user" else "op-1"},
    }
    return crisp("message:send" if speaker == "user" else "message:received", at, **given | data)
