"""What every door ends in: checked events put on disk, one record a request, and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.inbox import record
from collector.ingest.check import Checked
from collector.web.door import Door


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request, as far as the door knows.

    Attributes:
        visitor: the identity decided at the door; "" where each event brings its own (server-side).
        mode: cookie, cookieless, relay (events name their visitors, as claims) or server (with the secret key).
        received, sent: ms UTC of arrival, and of leaving by the sender's clock (None: not said).
        user_agent: the header, cut; hints: reasons to think of a bot that headers or browser gave.
    """

    site: int
    visitor: str
    mode: str
    received: int
    sent: int | None
    user_agent: str = ""
    hints: Sequence[str] = ()


def keep(door: Door, sender: Sender, checked: Checked) -> None:
    """Take out what the site never keeps, and put the record on disk.

    Whoever gets past this call may be told that the events are there.

    Raises:
        InboxFull, OSError: nothing was kept; answer 503 (`collector.web.refusing` has the handlers).
    """
    door.policy(sender.site).apply(checked)
    if checked.good or checked.quarantined:
        door.inbox.get().put(_packed(sender, checked))
    count(door, checked)


def keep_later(door: Door, sender: Sender, checked: Checked, tell: Callable[[Exception | None], None]) -> bool:
    """Have the record put on disk, as `keep` does; False where there is nothing to keep, so that nobody will be told.

    Args:
        tell: called by another thread, with None once the record is on disk or with what `keep` would have raised; who
            is told None calls `count` and answers.

    Raises:
        InboxFull: nothing will be kept, and `tell` is not called.
    """
    door.policy(sender.site).apply(checked)
    if not (checked.good or checked.quarantined):
        return False
    door.inbox.get().put_later(_packed(sender, checked), tell)
    return True


def count(door: Door, checked: Checked) -> None:
    """Count what became of each event, once it is certain."""
    for _, status in checked.statuses:
        door.counts[status] += 1


def _packed(sender: Sender, checked: Checked) -> bytes:
    return record.encode(
        sender.site,
        sender.visitor,
        sender.received,
        sender.sent,
        sender.mode,
        sender.user_agent,
        sender.hints,
        checked.good,
        checked.quarantined,
    )
