"""From the bytes of a request to checked events and one status for each (REQUIREMENTS C1.5, C2.4, C2.6)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from collector.core import event as events
from collector.core.identity import VERIFIED, clean_user_id
from collector.ingest.clean import TooDeepError, clean_json, clean_scalar
from collector.ingest.signed import SIGNATURE, Prove, unproven
from collector.ingest.url import mask_json

MAX_BODY = 1_000_000
MAX_EVENTS = 500
MAX_EVENT = 65_536
MAX_VISITOR = 128
# A time before 1973 is one in seconds: such a server would write history instead of today.
_FIRST_MS = 100_000_000_000
MOST_DROPPED = 10_000
_LIMITS = {"name": 200, "target": 200, "url": 2_048, "ref": 2_048, "title": 1_024, "pid": 36}
_NAME_LIMITS = {events.CLICK: 255, events.OUTBOUND: 2_048, events.DOWNLOAD: 2_048}
_TYPES = frozenset(events.TYPES)
_LIMITS_OF = {kind: tuple({**_LIMITS, "name": _NAME_LIMITS.get(kind, 200)}.items()) for kind in events.TYPES}
_NAMESPACE = UUID("6f2f4f0e-0d5b-5a0c-9c39-51c7c1a6f3ab")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_HINTS = frozenset(["webdriver", "phantom", "nightmare", "cypress", "zero_screen", "headless_brand"])
OK, QUARANTINED = "ok", "quarantined"


class BodyError(ValueError):
    """The body is not usable as a whole; `code` is stable, `status` the HTTP status."""

    def __init__(self, code: str, hint: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint
        self.status = status


@dataclass(frozen=True, slots=True)
class Body:
    """The envelope of a request, its events not looked at yet; `dropped`: how many the sender says it gave up."""

    key: str
    sent: int | None
    boot: str
    mode: str
    rotate: bool
    forget: bool
    hints: tuple[str, ...]
    events: Sequence[object]
    dropped: int = 0


@dataclass(slots=True)
class Checked:
    """What became of the events of a body.

    Attributes:
        good: compact JSON texts of the events to keep, in order.
        quarantined: (raw JSON text, reason) of events that cannot be read.
        statuses: (id as the sender knows it, status) for every event of the body, in order.
    """

    good: list[str] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[tuple[str, str]] = field(default_factory=list)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def instant(value: object) -> int | None:
    """Milliseconds from a device clock, None where `value` cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 < value < 2**53 else None


def _dropped(given: object) -> int:
    """How many events a tracker gave up, as far as that can be: it holds fewer than that."""
    return min(max(given, 0), MOST_DROPPED) if type(given) is int else 0


def read_body(raw: bytes) -> Body:
    """The envelope in `raw`.

    Raises:
        BodyError: too large, not JSON, not an object, or without a list of events.
    """
    if len(raw) > MAX_BODY:
        raise BodyError("too_large", f"Send at most {MAX_BODY} bytes in one request.", 413)
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except RecursionError:
        raise BodyError("too_deep", "The JSON is nested too deeply.") from None
    except (ValueError, UnicodeDecodeError):
        raise BodyError("not_json", "The body must be JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise BodyError("not_an_object", "The body must be a JSON object with key and events.")
    if body.get("v", 1) != 1:
        raise BodyError("version", "This collector speaks version 1 of the wire format.")
    found = body.get("events", [])
    if not isinstance(found, list):
        raise BodyError("no_events", "events must be a list.")
    if len(found) > MAX_EVENTS:
        raise BodyError("too_many", f"Send at most {MAX_EVENTS} events in one request.", 413)
    hints = body.get("bot")
    return Body(
        key=clean_scalar(body.get("key"), 100),
        sent=instant(body.get("sent_at")),
        boot=clean_scalar(body.get("boot"), 64),
        mode=clean_scalar(body.get("mode"), 20) or "cookie",
        rotate=body.get("rotate") is True,
        forget=body.get("forget") is True,
        hints=tuple(sorted(_HINTS.intersection(h for h in hints if isinstance(h, str))))
        if isinstance(hints, list)
        else (),
        events=found,
        dropped=_dropped(body.get("dropped")),
    )


def _dump(value: object) -> str:
    """Compact ASCII JSON; escapes keep a lone surrogate storable, so even quarantine never fails."""
    return _ENCODER.encode(value)


def _event_id(raw: dict[str, Any], site: int) -> str:
    """The sender's uuid, or one derived from the event's content so that a retry is the same event (B23)."""
    given = raw.get("id")
    if isinstance(given, str) and len(given) == 36 and _UUID.fullmatch(lowered := given.lower()):
        return lowered
    return str(uuid5(_NAMESPACE, f"{site}|{_dump(raw)}"))


def _props(raw: dict[str, Any], checked: dict[str, Any]) -> None:
    """Copy the properties that can be stored, mark where something was cut."""
    given = raw.get("props")
    if not given:
        return
    if not isinstance(given, dict):
        checked["cut"] = 1
        return
    if checked["type"] == events.IDENTIFY:
        given = {name: cell for name, cell in given.items() if name not in (SIGNATURE, VERIFIED)}
    cleaned, cut = clean_json(given)
    checked["props"] = cleaned
    if cut:
        checked["cut"] = 1


def _fields(raw: dict[str, Any], kind: str) -> dict[str, Any]:
    """The event's own fields, cut to their limits (C2.6)."""
    checked: dict[str, Any] = {"type": kind}
    for name, limit in _LIMITS_OF.get(kind, _LIMITS_OF[events.CUSTOM]):
        given = raw.get(name)
        if given is None or given == "":
            continue
        if isinstance(given, str) and len(given) <= limit and given.isascii() and "\0" not in given:
            checked[name] = given  # nothing to clean, as with nearly all
            continue
        text = clean_scalar(given, limit)
        if text:
            checked[name] = text
        if isinstance(given, str) and len(given) > limit:
            checked["cut"] = 1
    at = instant(raw.get("at"))
    if at is not None:
        checked["at"] = at
    return checked


def _server_fields(raw: dict[str, Any], checked: dict[str, Any]) -> str:
    """Copy what only a secret key may say; a reason where the event names nobody (wire.md, server-side)."""
    visitor = clean_scalar(raw.get("visitor"), MAX_VISITOR + 1).strip()
    if len(visitor) > MAX_VISITOR:
        return "visitor"  # cut, two of them could be one
    if raw.get("at") is not None and checked.get("at", 0) < _FIRST_MS:
        return "at"
    if raw.get("user") is not None:
        user = clean_user_id(raw["user"])
        if user is None:
            return "user_id"
        checked["user"] = clean_scalar(user, 200)
    if not visitor and checked["type"] == events.IDENTIFY:
        visitor = f"user:{checked['name']}"[:MAX_VISITOR]
    if not visitor:
        return "no_visitor"
    checked["visitor"] = visitor
    agent = clean_scalar(raw.get("ua"), 512)
    if agent:
        checked["ua"] = agent
    return ""


def _refusal(checked: dict[str, Any], raw: dict[str, Any], server: bool) -> str:
    """Why an event of a known type cannot be kept, "" where it can; fills in who it is about."""
    kind = checked["type"]
    if kind == events.IDENTIFY:
        user = clean_user_id(raw.get("name"))
        if user is None:
            return "user_id"
        checked["name"] = clean_scalar(user, 200)
    elif kind == events.CUSTOM and not checked.get("name", "").strip():
        return "no_name"
    elif kind == events.PAGE and "url" not in checked:
        return "no_url"
    return _server_fields(raw, checked) if server else ""


def _proof(checked: dict[str, Any], raw: dict[str, Any], prove: Prove) -> str:
    """Mark a claim of a user that is proved; why one that must be is refused. Other events go on without theirs."""
    if checked["type"] == events.IDENTIFY:
        props = raw.get("props")
        verified, refusal = prove(checked["name"], props.get(SIGNATURE) if isinstance(props, dict) else None)
    elif "user" in checked:
        verified, refusal = prove(checked["user"], None)
        if refusal:
            del checked["user"]
            return ""
    else:
        return ""
    if verified:
        checked["verified"] = 1
    return refusal


def _check_one(raw: object, site: int, server: bool, prove: Prove, into: Checked) -> tuple[str, str]:
    """Check one event, file it in `into`, and return the sender's id of it with its status."""
    if not isinstance(raw, dict):
        into.quarantined.append((mask_json(_dump(raw))[:MAX_EVENT], "not_an_object"))
        return str(uuid5(_NAMESPACE, f"{site}|{_dump(raw)}")), QUARANTINED
    number = _event_id(raw, site)
    given = raw.get("id")
    shown = given if isinstance(given, str) and 0 < len(given) <= 64 else number
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        into.quarantined.append((mask_json(_dump(raw))[:MAX_EVENT], "unknown_type"))
        return shown, QUARANTINED
    checked = _fields(raw, kind)
    checked["id"] = number
    reason = _refusal(checked, raw, server) or _proof(checked, raw, prove)
    if reason:
        return shown, f"refused:{reason}"
    _props(raw, checked)
    text = _dump(checked)
    if len(text) > MAX_EVENT:
        return shown, "refused:too_large"
    into.good.append(text)
    return shown, OK


def check_events(found: Sequence[object], site: int, server: bool = False, prove: Prove = unproven) -> Checked:
    """Check every event of a body; one bad event never spoils its neighbours.

    Args:
        found: the events as parsed, anything JSON can hold.
        site: the site's id; derived event ids differ from site to site.
        server: true for a sender with the secret key, who may name visitors and users.
        prove: who vouches for the users that events claim (`collector.ingest.signed`).
    """
    into = Checked()
    for raw in found:
        try:
            into.statuses.append(_check_one(raw, site, server, prove, into))
        except (TooDeepError, RecursionError):
            shown = raw.get("id") if isinstance(raw, dict) else None
            into.statuses.append((shown[:64] if isinstance(shown, str) and shown else "", "refused:too_deep"))
    return into
