"""The shapes that /openapi.json names: what is sent and what comes back."""

from __future__ import annotations

from typing import Any

from collector.core.event import TYPES
from collector.ingest.check import MAX_EVENTS

_TEXT = {"type": "string"}
_MS = {"type": "integer", "description": "Milliseconds since 1970, UTC."}
_ANY_OBJECT = {"type": "object", "additionalProperties": True}


def _object(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


_EVENT = _object(
    {
        "id": {"type": "string", "format": "uuid", "description": "Made once, and the same on every retry."},
        "type": {"enum": list(TYPES)},
        "at": _MS,
        "name": _TEXT,
        "target": _TEXT,
        "url": _TEXT,
        "ref": _TEXT,
        "title": _TEXT,
        "pid": _TEXT,
        "props": _ANY_OBJECT,
        "visitor": {"type": "string", "description": "Server-side only: your own id of the visitor."},
        "user": {"type": "string", "description": "Server-side only: a known user's id."},
    },
    ("id", "type", "at"),
)
_BATCH = _object(
    {
        "v": {"const": 1},
        "key": {"type": "string", "description": "The site's write key; not needed beside a secret key."},
        "sent_at": _MS,
        "boot": {"type": "string", "description": "A uuid of the page's load."},
        "mode": {"enum": ["cookie", "cookieless"]},
        "rotate": {"type": "boolean"},
        "forget": {"type": "boolean"},
        "bot": {"type": "array", "items": _TEXT},
        "dropped": {"type": "integer"},
        "events": {"type": "array", "items": _EVENT, "maxItems": MAX_EVENTS},
    },
    ("v", "events"),
)
_RESULTS = _object(
    {
        "results": {"type": "object", "additionalProperties": _TEXT},
        "visitor": _TEXT,
        "mode": {"enum": ["cookie", "cookieless", "off", "server"]},
    },
    ("results", "mode"),
)
_MESSAGE = _object(
    {
        "type": {"enum": ["track", "page", "identify", "alias", "group", "screen"]},
        "messageId": _TEXT,
        "anonymousId": _TEXT,
        "userId": _TEXT,
        "event": _TEXT,
        "name": _TEXT,
        "timestamp": {"type": "string", "format": "date-time"},
        "sentAt": {"type": "string", "format": "date-time"},
        "properties": _ANY_OBJECT,
        "traits": _ANY_OBJECT,
        "context": _ANY_OBJECT,
        "writeKey": _TEXT,
    }
)
_BLOCK = _object(
    {
        "id": _TEXT,
        "kind": _TEXT,
        "title": _TEXT,
        "columns": {"type": "array", "items": _TEXT},
        "rows": {"type": "array", "items": {"type": "array"}},
        "note": {"type": ["string", "null"]},
    },
    ("id", "kind", "title", "columns", "rows"),
)
_REPORT = _object(
    {
        "report": _TEXT,
        "query": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
        "as_of": {"type": "string", "format": "date-time"},
        "headline": {"type": ["string", "null"]},
        "notes": {"type": "array", "items": _TEXT},
        "blocks": {"type": "array", "items": _BLOCK},
    },
    ("report", "query", "as_of", "blocks"),
)
_SUCCESS = _object(
    {"success": {"type": "boolean"}, "results": {"type": "object", "additionalProperties": _TEXT}}, ("success",)
)
_ERROR = _object({"error": _TEXT, "hint": _TEXT}, ("error", "hint"))

SCHEMAS: dict[str, Any] = {
    "Batch": _BATCH,
    "Error": _ERROR,
    "Event": _EVENT,
    "Kept": _object({"kept": {"type": "integer"}}, ("kept",)),
    "Link": _object({"hosts": {"type": "array", "items": _TEXT}, "token": _TEXT}, ("hosts",)),
    "LinkAsked": _object({"key": _TEXT, "to": _TEXT}, ("key", "to")),
    "Report": _REPORT,
    "Results": _RESULTS,
    "SegmentBatch": _object({"batch": {"type": "array", "items": _MESSAGE}, "writeKey": _TEXT}, ("batch",)),
    "SegmentMessage": _MESSAGE,
    "Success": _SUCCESS,
    "Useless": {"anyOf": [_ERROR, _SUCCESS]},
}
SECURITY: dict[str, Any] = {
    "apiToken": {"type": "http", "scheme": "bearer", "description": "A token of a user: dl_..., from API tokens."},
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "DESIRELINE_METRICS_TOKEN."},
    "secretKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "The site's secret key: sk_..., never in a browser.",
    },
    "writeKey": {"type": "http", "scheme": "basic", "description": "The site's write key as user name, no password."},
}
