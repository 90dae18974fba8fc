"""What every door ends in: checked events put on disk, one record a request, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.core.times import SECOND
from collector.counters import BUSY, CLOCK_SKEW, DOOR_EVENTS, LIMITED, TRACKER_DROPPED, WRONG_CLOCK
from collector.inbox import record
from collector.inbox.box import Inbox
from collector.ingest.check import OK, Checked
from collector.web.answers import Refusal
from collector.web.door import Door

RETRY = "retry"
# What is done without first when the disk gets short (C5.2): how long a page was looked at.
_ENGAGEMENT = '"type":"engagement"'
_WRONG_CLOCK = 60 * SECOND
_TOO_MANY = "There were too many events in the last minute; send the same ones again later."


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request, as far as the door knows.

    Attributes:
        visitor: the identity decided at the door; "" where each event brings its own (server-side).
        mode: cookie, cookieless, relay (events name their visitors, as claims) or server (with the secret key).
        received, sent: ms UTC of arrival, and of leaving by the sender's clock (None: not said).
        user_agent: the header, cut; hints: reasons to think of a bot that headers or browser gave.
        address: the client's, to hold it to its limit; "" for none. Never kept.
        dropped: how many events the sender says it gave up.
        before: the key that a visitor without a cookie had yesterday.
    """

    site: int
    visitor: str
    mode: str
    received: int
    sent: int | None
    user_agent: str = ""
    hints: Sequence[str] = ()
    address: str = ""
    dropped: int = 0
    before: str = ""


def keep(door: Door, sender: Sender, checked: Checked) -> None:
    """Take out what the site never keeps, and put the record on disk.

    Whoever gets past this call may be told that the events are there.

    Raises:
        InboxFull, OSError: nothing was kept; answer 503 (`collector.web.refusing` has the handlers).
        Refusal: nothing was kept, because the sender is over a limit.
    """
    _admit(door, sender, checked)
    door.policy(sender.site).apply(checked)
    if checked.good or checked.quarantined:
        inbox = door.inbox.get()
        _spare(inbox, checked)
        inbox.put(_packed(sender, checked))
    count(door, sender, checked)


def keep_later(door: Door, sender: Sender, checked: Checked, tell: Callable[[Exception | None], None]) -> bool:
    """Have the record put on disk, as `keep` does; False where there is nothing to keep, so that nobody will be told.

    Args:
        tell: called by another thread, with None once the record is on disk or with what `keep` would have raised; who
            is told None calls `count` and answers.

    Raises:
        InboxFull, Refusal: nothing will be kept, and `tell` is not called.
    """
    _admit(door, sender, checked, told=False)
    door.policy(sender.site).apply(checked)
    if not (checked.good or checked.quarantined):
        return False
    inbox = door.inbox.get()
    _spare(inbox, checked)
    inbox.put_later(_packed(sender, checked), tell)
    return True


def count(door: Door, sender: Sender, checked: Checked) -> None:
    """Count what became of each event, once it is certain, and what the request says of its sender."""
    statuses = checked.statuses
    site = str(sender.site)
    tally = Counter([status for _, status in statuses]) if len(statuses) != 1 else {statuses[0][1]: 1}
    for status, number in tally.items():
        door.counters.add(DOOR_EVENTS, (site, status), number)
    if sender.dropped:
        door.counters.add(TRACKER_DROPPED, (site,), sender.dropped)
    if sender.sent is not None and sender.mode != "server":
        skew = sender.received - sender.sent
        door.counters.observe(CLOCK_SKEW, skew / SECOND)
        if abs(skew) > _WRONG_CLOCK:
            door.counters.add(WRONG_CLOCK, (site,))
    if beyond := door.limiter.beyond(sender.visitor, len(statuses)):
        door.counters.add(BUSY, (site,), beyond)


def _admit(door: Door, sender: Sender, checked: Checked, told: bool = True) -> None:
    """Turn a sender away for a while that is over a limit; one with the secret key is held to its site's only.

    Args:
        told: whether the sender hears of it now, and it counts; else `keep` will be asked again.
    """
    events = len(checked.statuses)
    seconds, limit = door.limiter.wait("" if sender.mode == "server" else sender.address, sender.site, events)
    if seconds:
        if told:
            door.counters.add(LIMITED, (str(sender.site), limit), events)
        raise Refusal(429, "too_many", _TOO_MANY, seconds)


def _spare(inbox: Inbox, checked: Checked) -> None:
    """Leave what is worth least with its sender, to be sent again, while the disk is short."""
    if not inbox.scarce:
        return
    good = iter(checked.good)
    kept: list[str] = []
    for place, (shown, status) in enumerate(checked.statuses):
        if status != OK:
            continue
        text = next(good)
        if _ENGAGEMENT in text[:40]:
            checked.statuses[place] = (shown, RETRY)
        else:
            kept.append(text)
    checked.good[:] = kept


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
        sender.before,
    )
