"""What the steps need to know of a site and of one arrival."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from collector.ingest.bots import BotList
from collector.ingest.deny import NOTHING_DENIED, DenyList

Mode: TypeAlias = Literal["cookie", "cookieless", "off"]
Policy: TypeAlias = Literal["ignore", "cookieless", "off"]


@dataclass(frozen=True, slots=True)
class RetargetingRule:
    """A site's own mark of retargeting: `field` is source, medium, campaign or param:<name>; `pattern` may hold `*`."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The part of a site's settings that decides what an event becomes.

    Attributes:
        own_hosts: hosts of the site's origins; a leading dot stands for every subdomain.
        hidden_params: lower-case names of query parameters whose values are never kept.
        payment_hosts: hosts the site added to the built-in payment providers.
        denied: names of properties that are never kept (`collector.ingest.deny`).
        anonymous: nobody is ever named: user ids are left out, with the properties of whoever identifies.
        trusted_agents: parts of user agents that are people's whatever the list of bots says.
        notice_version: of the privacy notice that consent is given to now, where the event itself names none.
        spam_hosts: hosts the site added to the built-in ones that send made-up referrers.
    """

    id: int
    own_hosts: frozenset[str] = frozenset()
    hidden_params: frozenset[str] = frozenset()
    retargeting: tuple[RetargetingRule, ...] = ()
    payment_hosts: frozenset[str] = frozenset()
    denied: DenyList = NOTHING_DENIED
    anonymous: bool = False
    trusted_agents: tuple[str, ...] = ()
    spam_hosts: frozenset[str] = frozenset()
    notice_version: str = ""


@dataclass(slots=True)
class Arrival:
    """What the events of one request share.

    Attributes:
        received: ms UTC when the request arrived; `sent` the device's clock when it left.
        visitor: the identity decided at the door, "" where each event brings its own (server-side).
        user_agent: the header, cut.
        hints: reasons to think of a bot that the headers or the browser itself gave.
        server: true for a request with the secret key.
        judged: true for rows of our own export: whether they were set aside, and whose they are, was decided once.
        relayed: true where each event names its visitor, and its user as a claim, without the secret key; `user_agent`
            is "" where a program speaks for them.
        ahead: by how many ms our clock is ahead of the device's; None takes this request's own measure.
    """

    rules: SiteRules
    bots: BotList
    received: int
    sent: int | None = None
    visitor: str = ""
    user_agent: str = ""
    hints: tuple[str, ...] = field(default=())
    server: bool = False
    ahead: int | None = None
    relayed: bool = False
    judged: bool = False
