"""What the catalog hands out: frozen values, never rows of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Policy: TypeAlias = Literal["ignore", "cookieless", "off"]
Role: TypeAlias = Literal["owner", "editor", "viewer"]
Purpose: TypeAlias = Literal["setup", "login", "password", "ended"]
Preset: TypeAlias = Literal["standard", "cookieless", "exempt"]
SignedIdentify: TypeAlias = Literal["optional", "required"]
POLICIES: tuple[Policy, ...] = ("ignore", "cookieless", "off")
ROLES: tuple[Role, ...] = ("owner", "editor", "viewer")
EXEMPT_DAYS = 760  # 25 months (CNIL)
# Those that tokens are issued for; "ended" marks a session that was logged out of.
PRESETS: tuple[Preset, ...] = ("standard", "cookieless", "exempt")
PURPOSES: tuple[Purpose, ...] = ("setup", "login", "password")


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal: the matcher's text, and the property and currency of its value ("" for none)."""

    name: str
    matcher: str
    value_property: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Retargeting:
    """A site's own mark of retargeting: `field` is source, medium, campaign or param:<name>; `pattern` may hold `*`."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a site that have a default.

    Attributes:
        preset: how much is kept of visitors: with a cookie, without one, or what needs no consent by the CNIL's rules.
        retention_days: events older than this are deleted; 0 keeps them.
        denied_properties: names of properties that are never kept.
        signed_identify: whether a browser may name a user without the site's signature.
        identity_version: counts up when the key that signs user ids is replaced.
        trusted_agents: parts of user agents that are people whatever the list of bots says.
        spam_referrers: hosts whose referrers are made up, beside the built-in ones.
        mask_click_ids: keep of a click id (gclid, fbclid ...) only that there was one.
        notice_version: of the privacy notice that visitors now consent to, for the consent log.
        cookie_domain: the domain whose subdomains share a visitor's cookie; "" where each host has its own.
        stages: of the journey, in order: (name, condition) as `core.stages` reads them; none where nobody named any.
    """

    preset: Preset = "standard"
    retention_days: int = 0
    denied_properties: tuple[str, ...] = ()
    signed_identify: SignedIdentify = "optional"
    identity_version: int = 1
    trusted_agents: tuple[str, ...] = ()
    spam_referrers: tuple[str, ...] = ()
    mask_click_ids: bool = False
    notice_version: str = ""
    cookie_domain: str = ""
    stages: tuple[tuple[str, str], ...] = ()

    @property
    def masks_click_ids(self) -> bool:
        """Whether click ids are masked, asked for or by the preset."""
        return self.mask_click_ids or self.preset == "exempt"

    @property
    def kept_days(self) -> int:
        """How many days events are really kept: the exempt preset allows no more than 25 months. 0 for ever."""
        if self.preset != "exempt":
            return self.retention_days
        return min(self.retention_days or EXEMPT_DAYS, EXEMPT_DAYS)


@dataclass(frozen=True, slots=True)
class Site:
    """A site and its settings.

    Attributes:
        origins: scheme://host[:port], or `https://*.example.com` for every subdomain.
        policy_gpc, policy_dnt: what the visitor's Global Privacy Control and Do Not Track lead to.
        payment_domains: hosts that take no credit and start no session, beside the built-in ones.
        hidden_parameters: lower-case names of query parameters whose values are never kept.
        created: ms UTC.
    """

    id: int
    name: str
    title: str
    write_key: str
    origins: tuple[str, ...]
    timezone: str
    policy_gpc: Policy
    policy_dnt: Policy
    goals: tuple[Goal, ...]
    retargeting: tuple[Retargeting, ...]
    payment_domains: tuple[str, ...]
    hidden_parameters: tuple[str, ...]
    created: int
    options: Options = Options()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that days are cut in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site just made, with its secret key: shown once, only a hash of it is kept."""

    site: Site
    secret_key: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logs in. A session carries `epoch` and ends when it is no longer this one."""

    id: int
    email: str
    admin: bool
    epoch: int
    created: int


@dataclass(frozen=True, slots=True)
class Member:
    """A user's role at a site."""

    user: User
    role: Role


@dataclass(frozen=True, slots=True)
class LoginResult:
    """`user` where the password is right. `retry_after`: seconds to wait where there were too many attempts, else 0."""

    user: User | None
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """What a one-time token was made for."""

    purpose: Purpose
    user_id: int | None


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report's URL with a name: `arguments` is the query string."""

    id: int
    name: str
    report: str
    arguments: str
    created: int
