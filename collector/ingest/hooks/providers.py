"""The providers that there are, and which of a browser's events their webhooks stand in for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from collector.core.event import CUSTOM
from collector.ingest.hooks import chatwoot, crisp, intercom
from collector.ingest.hooks.common import Translator, dig

TRANSLATORS: Mapping[str, Translator] = {
    "chatwoot": chatwoot.translate,
    "intercom": intercom.translate,
    "crisp": crisp.translate,
}
# Intercom signs always. Chatwoot signs in newer versions, Crisp for plugins only: an address that nobody can guess
# stands in for the signature there.
UNSIGNED = ("chatwoot", "crisp")
# The provider's server knows all of a conversation, the browser only what it was open for; what the widget does on the
# page (shown, opened) only the browser knows.
CONVERSATION = frozenset(("chat_started", "chat_message", "chat_agent_joined", "chat_ended", "chat_rated"))


def replaced(event: object, providers: Collection[str]) -> bool:
    """Whether a browser's event is one that a webhook of one of `providers` tells, and so would count twice."""
    return (
        dig(event, "type") == CUSTOM
        and _one_of(dig(event, "name"), CONVERSATION)
        and _one_of(dig(event, "props", "provider"), providers)
    )


def _one_of(value: object, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def without_replaced(
    found: Sequence[object], providers: Collection[str]
) -> tuple[Sequence[object], list[tuple[str, str]]]:
    """(the events to check, the statuses of those that a webhook stands in for)."""
    if not providers:
        return found, []
    taken = [event for event in found if replaced(event, providers)]
    ids = [number for event in taken if isinstance(number := dig(event, "id"), str)]
    return [event for event in found if not replaced(event, providers)], [(n[:64], "refused:webhook") for n in ids]
