"""One fact: who, when, what, where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from collector.core.assignment import EXPOSED

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

PAGE = "page"
CLICK = "click"
OUTBOUND = "outbound"
DOWNLOAD = "download"
FORM_START = "form_start"
FORM = "form"
FORM_FAILED = "form_failed"
FORM_ABANDON = "form_abandon"
ENGAGEMENT = "engagement"
CUSTOM = "event"
IDENTIFY = "identify"
CONSENT = "consent"

TYPES = (
    PAGE,
    CLICK,
    OUTBOUND,
    DOWNLOAD,
    FORM_START,
    FORM,
    FORM_FAILED,
    FORM_ABANDON,
    ENGAGEMENT,
    CUSTOM,
    IDENTIFY,
    CONSENT,
)

# The properties that a numeric value is read from, the first present one counts (SEMANTICS 11).
VALUE_PROPERTIES = ("value", "revenue", "total", "amount")

CHAT_EVENTS = (
    "chat_shown",
    "chat_opened",
    "chat_started",
    "chat_message",
    "chat_agent_joined",
    "chat_ended",
    "chat_rated",
    "chat_offline_form",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What happened, as matchers see it. A page's name is its path; `target` is a click's `#id`."""

    type: str
    name: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """The device behind a user agent: `device` is desktop, mobile, tablet or other."""

    device: str = "other"
    os: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from (SEMANTICS 3).

    `campaign_mark` is true where utm parameters or a click id say so: only those start a new session in mid-visit.
    """

    channel: str = "direct"
    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    campaign_mark: bool = False


# What is told of somebody and is nothing that they did.
NO_ACTS = frozenset((IDENTIFY, CONSENT, ENGAGEMENT))
AD_SEEN = "ad_impression"
# What widgets and experiments tell by themselves: no act of the visitor, so it neither ends a bounce nor is what
# somebody did next.
ASSIGNED = Kind(CUSTOM, EXPOSED)
PASSIVE = frozenset((Kind(CUSTOM, "chat_shown"), ASSIGNED))


@dataclass(slots=True)
class Event:
    """One event on its way from the wire to the ledger. Times are milliseconds UTC.

    Attributes:
        id: canonical lower-case uuid, made once by the sender.
        visitor: the anonymous identity's key, unique within the site.
        time: when it happened, corrected for the device clock (SEMANTICS 1).
        received, created, sent: the clocks it was derived from.
        url: origin and path, masked; `query` the masked query string without `?`.
        pageview: the tracker's id of the pageview it belongs to.
        user: a known person's id that this event claims (`identify`, or a server-side sender).
        verified: true where the site itself vouches for `user`, by a signature or its secret key.
        agent, source, bot: what the steps of `ingest` put there; `bot` is "" or a reason.
        flagged: of an event with a `bot` reason, the user agent that sent it and the version of the list then asked.
        value: a number carried by the event: money for a goal, engaged milliseconds for engagement.
    """

    id: str
    type: str
    visitor: str
    time: int
    received: int
    name: str = ""
    target: str = ""
    created: int | None = None
    sent: int | None = None
    url: str = ""
    path: str = ""
    query: str = ""
    title: str = ""
    referrer: str = ""
    pageview: str = ""
    user: str | None = None
    props: Mapping[str, Json] = field(default_factory=dict)
    agent: Agent | None = None
    source: Source | None = None
    bot: str = ""
    flagged: tuple[str, str] | None = None
    value: float | None = None
    truncated: bool = False
    verified: bool = False

    @property
    def kind(self) -> Kind:
        """The dictionary entry this event belongs to."""
        return Kind(self.type, self.path if self.type == PAGE else self.name, self.target)
