"""Segment's archives: a message a line, as its storage destinations keep them.

Each message goes the way that the HTTP API's go with the secret key, so that what came in there is not added again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from collector.core.event import Event
from collector.ingest.check import check_events
from collector.ingest.imports.making import ExportReader
from collector.ingest.rows import RowError
from collector.ingest.rules import Arrival
from collector.ingest.segment import Batch
from collector.ingest.segment_events import Speaker, wire_events
from collector.ingest.steps import make_event

MAPPING = (
    ("timestamp", "time"),
    ("anonymousId", "visitor"),
    ("userId", "user"),
    ("type, event", "what: page, track, identify, group, alias, screen"),
    ("properties.url, context.page.url", "url"),
    ("messageId", "id"),
    ("properties, traits", "properties"),
)
_WORDS = {
    "user_id": "userId names nobody",
    "no_visitor": "neither anonymousId nor userId",
    "no_name": "event is missing",
    "no_url": "a page without an address or a name",
    "too_large": "larger than 64 KB",
    "too_deep": "nested too deeply",
}


class SegmentReader(ExportReader):
    """Reads one message at a time."""

    tool = "segment"

    def __init__(self, arrival: Arrival, zone: tzinfo) -> None:
        super().__init__(arrival, zone)
        self._arrival = arrival
        self._speaker = Speaker(arrival.rules.id, arrival.received, trusted=True)

    def read(self, cells: Mapping[str, Any], text: str) -> Sequence[Event]:  # noqa: ARG002 - the shape of a reader
        """The event of a message."""
        at = cells.get("timestamp") or cells.get("originalTimestamp") or cells.get("receivedAt")
        self._maker.time(at)
        batch = Batch("", None, {}, [{**cells, "timestamp": at}])
        checked = check_events([raw for _, raw in wire_events(batch, self._speaker)], self._arrival.rules.id, True)
        if not checked.good:
            if checked.quarantined:
                raise RowError(f"type {str(cells.get('type'))[:60]!r} is not one of Segment's")
            reason = checked.statuses[0][1].removeprefix("refused:") if checked.statuses else ""
            raise RowError(_WORDS.get(reason, reason or "cannot be read"))
        return [make_event(json.loads(good), self._arrival) for good in checked.good]
