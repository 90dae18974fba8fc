"""Segment's messages as wire events: who, what, where and when each of them means (docs/segment.md)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from collector.core import event as events
from collector.core.identity import clean_user_id
from collector.ingest.check import MAX_VISITOR
from collector.ingest.clean import clean_scalar
from collector.ingest.segment import KINDS, MAX_SHOWN, Batch, message_id, moment

# Visitors that only the public key vouches for: no key of the tracker's or of a server begins so (B7).
PREFIX = "seg:"
_TRACKER = re.compile(r"v_[0-9a-f]{32}")
# Without ~ and :, which keys of ours are put together with.
_PLAIN = re.compile(r"[A-Za-z0-9_.@+-]{1,100}")
_CAMPAIGN = {
    "source": "utm_source",
    "medium": "utm_medium",
    "name": "utm_campaign",
    "term": "utm_term",
    "content": "utm_content",
}
# A page's own words about itself are fields of the event, not properties.
_PAGE_FIELDS = frozenset(["url", "path", "search", "referrer", "title"])
_WEB = re.compile(r"https?://|/", re.IGNORECASE)
_MARKS = re.compile(r"[?#%]")
# 1973: a device whose clock stands still has no time to tell; arrival is the better one. A server is told of it.
_LIVING_CLOCK = 100_000_000_000
TRAITS = "identify"
GROUP = "group"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who sends, and what that allows.

    Attributes:
        received: ms UTC of arrival.
        trusted: it holds the secret key: its clock, the user agents it names and the tracker's visitors are believed.
        claims: whether events other than identify may say whose they are.
        visitor: the key that a visitor is kept under, from the one that the message gives.
    """

    site: int
    received: int
    trusted: bool = False
    claims: bool = True
    visitor: Callable[[str], str] = str


def wire_events(batch: Batch, speaker: Speaker) -> list[tuple[str, object]]:
    """(id as the sender knows it, wire event for `check_events`) of every message, in order.

    What cannot be understood becomes something that the check puts into quarantine or refuses, with its reason.
    """
    return [_wire_event(message, place, batch, speaker) for place, message in enumerate(batch.messages)]


def _wire_event(message: object, place: int, batch: Batch, speaker: Speaker) -> tuple[str, object]:
    if not isinstance(message, dict):
        return "", message
    shown, number = message_id(message, speaker.site, f"{speaker.received}|{place}")
    kind = message.get("type")
    if not isinstance(kind, str) or KINDS.get(kind) != kind:
        kept = {name: part for name, part in message.items() if name not in ("context", "writeKey")}
        return shown, {**kept, "id": number, "type": f"segment:{clean_scalar(kind, MAX_SHOWN)}"}
    context = message.get("context")
    context = {**batch.context, **context} if isinstance(context, dict) else batch.context
    raw: dict[str, Any] = {"id": number, "url": _address(context.get("page"))}
    at = _at(message, batch, speaker)
    if at is not None and (speaker.trusted or _LIVING_CLOCK <= at < 2**53):
        raw["at"] = at
    _MAKERS[kind](raw, message, context)
    _put_who(raw, message, speaker)
    raw["url"] = _with_campaign(raw["url"], context, raw["type"] == events.PAGE)
    if speaker.trusted and isinstance(context.get("userAgent"), str):
        raw["ua"] = context["userAgent"]
    return shown, raw


def _at(message: Mapping[str, Any], batch: Batch, speaker: Speaker) -> int | None:
    """When it happened, by the clock that the request's `sent` was read from; the loader corrects the two together."""
    stamp, original = moment(message.get("timestamp")), moment(message.get("originalTimestamp"))
    created = original if stamp is None else stamp
    if created is None or speaker.trusted:
        return created
    sent = speaker.received if batch.sent is None else batch.sent
    if stamp is not None and original is not None:
        # Both: somebody on the way has set the time right by the sender's clock, which must not be done twice.
        return created - speaker.received + sent
    own = moment(message.get("sentAt"))
    return created if own is None else created - own + sent


def _put_who(raw: dict[str, Any], message: Mapping[str, Any], speaker: Speaker) -> None:
    """The visitor's key, and the user that the message claims."""
    user = clean_user_id(message.get("userId"))
    anonymous = clean_user_id(message.get("anonymousId"))
    if message["type"] == "alias":
        previous = clean_user_id(message.get("previousId"))
        anonymous = anonymous if previous is None or previous == user else previous
    if anonymous is not None:
        raw["visitor"] = speaker.visitor(anonymous_key(anonymous, speaker.trusted))
    elif user is not None:
        raw["visitor"] = speaker.visitor(user_key(user, speaker.trusted))
    elif message.get("userId"):
        raw["user"] = message["userId"]  # names nobody: the check says so
    if raw["type"] != events.IDENTIFY and user is not None and speaker.claims:
        raw["user"] = user


def anonymous_key(anonymous: str, trusted: bool) -> str:
    """The visitor's key for an anonymousId. The tracker's own visitors are reached with the secret key only (B7)."""
    return anonymous if trusted and _TRACKER.fullmatch(anonymous) else PREFIX + _plain(anonymous)


def user_key(user: str, trusted: bool) -> str:
    """The visitor's key for a user without an anonymousId: with the secret key the one that /collect makes."""
    key = f"user:{user}"
    return key if trusted and len(key) <= MAX_VISITOR and "~" not in key else f"{PREFIX}user:{_plain(user)}"


def _plain(text: str) -> str:
    """`text`, or a hash of it where it is long or could be taken for another key."""
    if _PLAIN.fullmatch(text):
        return text
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(*values: object) -> str:
    """The first that is a text with something in it."""
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


def _track(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:  # noqa: ARG001
    raw |= {"type": events.CUSTOM, "name": message.get("event"), "props": message.get("properties")}


def _identify(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:  # noqa: ARG001
    known = message.get("userId") not in (None, "")
    raw |= {
        "type": events.IDENTIFY if known else events.CUSTOM,
        "name": message["userId"] if known else TRAITS,
        "props": message.get("traits"),
    }


def _alias(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:  # noqa: ARG001
    raw |= {"type": events.IDENTIFY, "name": message.get("userId")}


def _group(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:  # noqa: ARG001
    props = {**_object(message.get("traits")), "groupId": clean_scalar(message.get("groupId"), 200)}
    raw |= {"type": events.CUSTOM, "name": GROUP, "props": props}


def _page(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    props, page = _object(message.get("properties")), _object(context.get("page"))
    raw |= {
        "type": events.PAGE,
        "url": _address(props, page) or _named_place("page", message),
        "ref": _text(props.get("referrer"), page.get("referrer")),
        "title": _text(props.get("title"), page.get("title")),
        "props": _named({name: part for name, part in props.items() if name not in _PAGE_FIELDS}, message),
    }


def _screen(raw: dict[str, Any], message: Mapping[str, Any], context: Mapping[str, Any]) -> None:  # noqa: ARG001
    raw |= {
        "type": events.PAGE,
        "url": _named_place("screen", message),
        "title": _text(message.get("name")),
        "props": _named(_object(message.get("properties")), message),
    }


_MAKERS: Mapping[str, Callable[[dict[str, Any], Mapping[str, Any], Mapping[str, Any]], None]] = {
    "track": _track,
    "identify": _identify,
    "alias": _alias,
    "group": _group,
    "page": _page,
    "screen": _screen,
}


def _named(props: dict[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """Properties with the name and category that a page or screen was called."""
    return {**props, **{part: text for part in ("name", "category") if (text := _text(message.get(part)))}}


def _address(*pages: object) -> str:
    """The address in a page's words about itself, a whole one rather than a path. The query may have its own field."""
    for part in ("url", "path"):
        for page in map(_object, pages):
            url, search = _text(page.get(part)), _text(page.get("search"))
            if part == "path" and url:
                url = "/" + url.removeprefix("/")
            if not _WEB.match(url):
                continue  # an app's own scheme names no page here
            if "?" not in url and search.startswith("?"):
                base, mark, fragment = url.partition("#")
                return base + search + mark + fragment
            return url
    return ""


def _named_place(kind: str, message: Mapping[str, Any]) -> str:
    """`/screen/Name` for what has a name and no address, so that paths and funnels can name it."""
    name = _text(message.get("name"), message.get("category"))
    return f"/{kind}/" + _MARKS.sub(lambda found: f"%{ord(found[0]):02X}", name) if name else ""


def _with_campaign(url: str, context: Mapping[str, Any], needs_url: bool) -> str:
    """`url` with the campaign that the context tells, unless it carries one itself."""
    if "utm_" in url or (needs_url and not url):
        return url
    campaign = _object(context.get("campaign"))
    told = urlencode({_CAMPAIGN[name]: text for name in _CAMPAIGN if (text := clean_scalar(campaign.get(name), 200))})
    if not told:
        return url
    base, mark, fragment = url.partition("#")
    return base + ("&" if "?" in base else "?") + told + mark + fragment
