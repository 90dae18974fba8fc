"""What the translators share: a provider's JSON read without trust, and what was said as events of the wire format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from collector.core.event import CUSTOM, Json
from collector.core.identity import clean_user_id
from collector.core.times import SECOND
from collector.ingest.check import MAX_VISITOR
from collector.ingest.clean import clean_text
from collector.ingest.signed import Proof, Prove

# The attribute by which the chat adapter tells a provider who the browser's visitor is.
ATTRIBUTE = "desireline_visitor"
# Nobody can guess these, so a chat cannot name somebody else's visitor; ids of a site's own choice could be guessed.
_VISITOR = re.compile(r"[vc]_[0-9a-f]{32}")
_NAMESPACE = UUID("a2c7a4c8-7be0-5c3e-9b7e-2f7d1f0f9c11")
_MAX_ID = 100
# Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973.
_SECONDS = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened in a chat.

    Attributes:
        name: a name of the chat vocabulary.
        key: what makes it this one and no other within the provider's account, the same whenever it is told again.
        at: ms UTC, None where the provider does not say (the moment it is told, then).
    """

    name: str
    key: str
    at: int | None = None
    props: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Talk:
    """What one webhook tells: about which contact, whom it names, and what happened.

    Attributes:
        contact: the provider's id of the person who chats, "" where it is not told.
        visitor: the visitor that the browser's adapter gave the chat, "" for none.
        user: a known person's id; `verified` where the provider checked the site's signature on it.
        url: the page that the chat began on.
    """

    contact: str
    visitor: str = ""
    user: str | None = None
    verified: bool = False
    url: str = ""
    said: Sequence[Said] = ()


Translator: TypeAlias = Callable[[Mapping[str, Any]], Talk | None]


def dig(value: object, *names: str) -> object:
    """What lies at a path of names, None where anything on the way is no object."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def items(value: object) -> Sequence[object]:
    """A list's first items, none where it is no list."""
    return value[:500] if isinstance(value, list) else ()


def word(value: object) -> str:
    """A short text, "" for anything else."""
    return clean_text(value, _MAX_ID) if isinstance(value, str) else ""


def number_or_word(value: object) -> str:
    """An id as text: providers write them as numbers and as texts."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    return word(value).strip()


def moment(value: object) -> int | None:
    """Milliseconds from seconds, milliseconds, or an ISO time; None where it is none of them."""
    if isinstance(value, str):
        return _iso(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
        return None
    return int(value * SECOND) if value < _SECONDS else int(value)


def _iso(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text[:40])
        at = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * SECOND)
    except (ValueError, OverflowError):
        return None
    return at if at > 0 else None


def visitor_in(attributes: object) -> str:
    """The visitor in a contact's attributes, "" where there is none that a browser could have been given."""
    given = dig(attributes, ATTRIBUTE)
    return given if isinstance(given, str) and _VISITOR.fullmatch(given) else ""


def user_in(value: object) -> str | None:
    """A known person's id, None where it names nobody."""
    return clean_user_id(value)


def page_in(value: object) -> str:
    """A page's address without its query: where a chat began is no new campaign."""
    text = clean_text(value, 2_048) if isinstance(value, str) else ""
    return re.split(r"[?#]", text, maxsplit=1)[0] if text.startswith(("https://", "http://")) else ""


def score(value: object) -> int | None:
    """A rating on five steps."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 5:
        return None
    return round(value)


def vouched(talk: Talk, required: bool) -> Prove:
    """Who vouches for the user of a talk: the provider, where it checked the site's signature.

    Args:
        required: whether the site takes no user id that nobody signed.
    """
    proof = Proof(talk.verified, "" if talk.verified or not required else "unsigned")
    return lambda user, signature: proof  # noqa: ARG005 - a `Prove`


def wire_events(talk: Talk, provider: str, hook: int, known: str) -> list[dict[str, Any]]:
    """The talk as server-side events of the wire format, ids made from what they are about.

    Args:
        hook: the webhook's number; ids of two accounts may be alike.
        known: the visitor that this contact was before, "" for none.
    """
    visitor = talk.visitor or known
    if not visitor and talk.contact:
        visitor = f"chat:{provider}:{talk.contact}"[:MAX_VISITOR]
    events = []
    for said in talk.said:
        event: dict[str, Any] = {
            "id": str(uuid5(_NAMESPACE, f"{provider}|{hook}|{said.name}|{said.key}")),
            "type": CUSTOM,
            "name": said.name,
            "visitor": visitor,
            "props": {**said.props, "provider": provider},
        }
        event |= {"at": said.at} if said.at is not None else {}
        event |= {"user": talk.user} if talk.user is not None else {}
        event |= {"url": talk.url} if talk.url else {}
        events.append(event)
    return events


def spoken(chat: str, key: str, role: str, at: int | None, speaker: str = "") -> list[Said]:
    """A message and what it means beside itself: a visitor's begins the chat, an agent's is their coming into it.

    `chat` and `speaker` make the ids of those two, so that only the first message of each counts.
    """
    told = []
    if role == "visitor":
        told.append(Said("chat_started", f"chat:{chat}", at))
    if role == "agent":
        told.append(Said("chat_agent_joined", f"chat:{chat}:{speaker}", at))
    return [*told, Said("chat_message", f"message:{key}", at, {"role": role})]
