"""Values of closed sets as people call them: channels, devices, the events of chats."""

from __future__ import annotations

from collector.core.text import T, Text

CHANNEL_WORDS = {
    "paid_search": T("Paid search"),
    "paid_social": T("Paid social"),
    "display": T("Display"),
    "retargeting": T("Retargeting"),
    "email": T("Email"),
    "sms": T("SMS"),
    "affiliate": T("Affiliate"),
    "organic_search": T("Organic search"),
    "organic_social": T("Organic social"),
    "ai": T("AI assistant"),
    "referral": T("Referral"),
    "direct": T("Direct"),
    "internal": T("Internal"),
}
DEVICE_WORDS = {
    "desktop": T("Desktop"),
    "mobile": T("Mobile"),
    "tablet": T("Tablet"),
    "other": T("Other device"),
}
CHAT_WORDS = {
    "chat_shown": T("Were shown the chat"),
    "chat_opened": T("Opened it"),
    "chat_started": T("Started a chat"),
    "chat_message": T("Exchanged messages"),
    "chat_agent_joined": T("Met an agent"),
    "chat_ended": T("Ended it"),
    "chat_rated": T("Rated it"),
    "chat_offline_form": T("Left a message"),
}


def called(name: str, value: str) -> Text | str:
    """A value of the property `name` as people call it, where it is of a closed set; any other as it is."""
    known = {"channel": CHANNEL_WORDS, "device": DEVICE_WORDS}.get(name, {})
    return known.get(value, value)
