"""Bodies in the format of Segment's HTTP API: unpacked, read, and their messages numbered (docs/segment.md)."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID, uuid5

from collector.ingest.check import MAX_BODY, MAX_EVENTS, BodyError, instant
from collector.ingest.clean import clean_scalar
from collector.ingest.rows import RowError, parse_time

# What a message is, by the last part of the address; the one letter is what analytics.js sends to.
KINDS = {
    **{kind: kind for kind in ("track", "page", "identify", "alias", "group", "screen")},
    **{kind[0]: kind for kind in ("track", "page", "identify", "alias", "group", "screen")},
}
MAX_SHOWN = 100
_GZIP = b"\x1f\x8b"
_NAMESPACE = UUID("b3ac1c36-8e0f-5b0c-8a57-0b4d3f2a9e61")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """A request's messages, not looked at yet.

    Attributes:
        key: the write key that the body names, "" for none.
        sent: ms by the sender's clock when the request left, None where it does not say.
        context: what every message's own context adds to.
    """

    key: str
    sent: int | None
    context: Mapping[str, Any]
    messages: Sequence[object]


def unpack(raw: bytes) -> bytes:
    """`raw` itself, or what it holds where its first bytes are gzip's, whatever the headers say.

    Raises:
        BodyError: it is larger than `MAX_BODY` (looked at while it grows, C2.5), or not whole.
    """
    if not raw.startswith(_GZIP):
        return raw
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(raw, MAX_BODY + 1)
    except zlib.error:
        raise BodyError("not_gzip", "The body begins like gzip and cannot be unpacked.") from None
    if len(plain) > MAX_BODY:
        raise BodyError("too_large", f"Send at most {MAX_BODY} bytes in one request, unpacked.", 413)
    if not reader.eof:
        raise BodyError("not_gzip", "The gzip body ends too early.")
    return plain


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(unpack(raw), parse_constant=_no_constant)
    except RecursionError:
        raise BodyError("too_deep", "The JSON is nested too deeply.") from None
    except BodyError:
        raise
    except ValueError:
        raise BodyError("not_json", "The body must be JSON in UTF-8, plain or gzip.") from None
    if not isinstance(body, dict):
        raise BodyError("not_an_object", "The body must be a JSON object.")
    return body


def read_batch(raw: bytes, kind: str = "") -> Batch:
    """The messages of a body: those of its `batch`, or the one that it is itself.

    Args:
        kind: what the address says that the one message is; "" for a batch.

    Raises:
        BodyError: it is not usable as a whole.
    """
    body = _parsed(raw)
    messages = [{**body, "type": kind}] if kind else body.get("batch")
    if not isinstance(messages, list):
        raise BodyError("no_batch", "batch must be a list of messages.")
    if len(messages) > MAX_EVENTS:
        raise BodyError("too_many", f"Send at most {MAX_EVENTS} messages in one request.", 413)
    inner = [message["writeKey"] for message in messages if isinstance(message, dict) and message.get("writeKey")]
    sent = [body.get("sentAt"), *(message.get("sentAt") for message in messages[:1] if isinstance(message, dict))]
    context = body.get("context")
    return Batch(
        key=clean_scalar(body.get("writeKey") or (inner[0] if inner else None), 200),
        sent=next((found for text in sent if (found := moment(text)) is not None), None),
        context=context if isinstance(context, dict) and not kind else {},
        messages=messages,
    )


def moment(value: object) -> int | None:
    """Milliseconds UTC of a time in a message (ISO 8601 or an epoch number), None where it is none."""
    try:
        return instant(parse_time(value, UTC))
    except RowError:
        return None


def message_id(message: Mapping[str, Any], site: int, salt: str) -> tuple[str, str]:
    """(the id as the sender knows it, the event's uuid): the same for every attempt to send the message (B22, B23).

    Args:
        site: ids of one site must not block another's (B24).
        salt: tells messages apart that say neither an id nor a time, as nobody can know whether they are the same.
    """
    given = message.get("messageId")
    shown = clean_scalar(given, MAX_SHOWN)
    if isinstance(given, str) and len(given) == 36 and _UUID.fullmatch(lowered := given.lower()):
        return shown, lowered
    if shown:
        return shown, str(uuid5(_NAMESPACE, f"{site}|id|{_ENCODER.encode(given)}"))
    if message.get("timestamp") or message.get("originalTimestamp"):
        salt = ""
    try:
        content = _ENCODER.encode({name: part for name, part in message.items() if name != "sentAt"})
    except RecursionError:
        content = salt  # the check refuses what is nested so deeply, if it is of any use at all
    made = str(uuid5(_NAMESPACE, f"{site}|message|{salt}|{content}"))
    return made, made
