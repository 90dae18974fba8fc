"""What a site lets in, applied by every door before the first write: denied properties, and what its preset refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from collector.core import event as events
from collector.ingest.check import OK, Checked
from collector.ingest.deny import NAMED, NOTHING_DENIED, DenyList

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """What a site lets in.

    Attributes:
        denied: properties that are never kept.
        anonymous: nobody is ever named (the exempt preset): events that identify are refused, and those
            of visitors known by a user id alone; other user ids are left out.
    """

    denied: DenyList = NOTHING_DENIED
    anonymous: bool = False

    def apply(self, checked: Checked) -> None:
        """Take out of what a door has checked whatever the site never keeps; statuses follow."""
        if self.anonymous:
            self._refuse_names(checked)
        if self.denied:
            checked.good = [self._without(text) for text in checked.good]
        if checked.quarantined and (self.anonymous or self.denied):
            checked.quarantined = [(self._aside(text), reason) for text, reason in checked.quarantined]

    def _refuse_names(self, checked: Checked) -> None:
        """Statuses that are ok stand for the good events, in their order."""
        good: list[str] = []
        waiting = iter(checked.good)
        for place, (shown, status) in enumerate(checked.statuses):
            if status != OK:
                continue
            event = json.loads(next(waiting))
            if event["type"] == events.IDENTIFY or event.get("visitor", "").startswith(NAMED):
                checked.statuses[place] = (shown, "refused:preset")
                continue
            event.pop("user", None)
            good.append(_ENCODE(event))
        checked.good = good

    def _without(self, text: str) -> str:
        if self.denied.mentioned(text) < 0:
            return text
        event: dict[str, Any] = json.loads(text)
        if "props" in event:
            event["props"] = self.denied.strip(event["props"])
        return _ENCODE(event)

    def _aside(self, text: str) -> str:
        """What goes to quarantine: unreadable as an event, so the whole of it is looked through."""
        if self.anonymous:
            return '"left out: this site keeps nothing that may name somebody"'
        if self.denied.mentioned(text) < 0:
            return text
        try:
            return _ENCODE(self.denied.strip(json.loads(text)))
        except (ValueError, RecursionError):
            # Cut in the middle: only what stands before the first denied name is known to be harmless.
            return text[: self.denied.mentioned(text)]


ANYTHING = KeepPolicy()
