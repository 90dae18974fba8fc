"""What people type into the catalog, made canonical or refused with a hint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from collector.catalog.values import POLICIES, Goal, Policy, Retargeting
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.stages import parse_stages
from collector.core.times import parse_timezone

MIN_PASSWORD = 10
MAX_PASSWORD = 1_000
MIN_RETENTION = 7
MAX_RETENTION = 36_500
MIN_AGENT_PART = 4
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# First parts of addresses that are not a site's; a site called so would hide them or be hidden by them.
_TAKEN = frozenset(
    (
        "static",
        "collect",
        "login",
        "logout",
        "setup",
        "welcome",
        "password",
        "sites",
        "t",
        "v1",
        "healthz",
        "readyz",
        "metrics",
        "shared",
        "hooks",
        "link",
        "api",
        "bots",
        "join",
        "tokens",
    )
)
_WRITE_KEY = re.compile(r"wk_[A-Za-z0-9_-]{1,64}")
_ORIGIN = re.compile(r"(https?)://(\*\.)?([^/:?#@\s\[\]*]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CURRENCY = re.compile(r"(?:[A-Z]{3})?")
_FIELD = re.compile(r"source|medium|campaign|param:[^\s=&]+")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN_HELP = "Write https://example.com, https://example.com:8443, or https://*.example.com for every subdomain."
T = TypeVar("T")


def site_name(text: str) -> str:
    """A site's name, part of its pages' addresses."""
    if not _NAME.fullmatch(text):
        raise UserError(f"{text!r} cannot be a site's name.", "Use small letters, digits and hyphens, like my-shop.")
    if text in _TAKEN:
        raise UserError(f"{text!r} cannot be a site's name.", "Desireline's own pages are called so; choose another.")
    return text


def write_key(text: str) -> str:
    """A public write key."""
    if not _WRITE_KEY.fullmatch(text):
        raise UserError(f"{text!r} cannot be a write key.", "It begins with wk_ and has letters, digits, _ and -.")
    return text


def storable(text: str) -> str:
    """`text` without what Postgres (NUL) or no engine at all (lone surrogates) can hold, to keep or to look up."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def title(text: str) -> str:
    """What a site is called on its pages."""
    return storable(text).strip()[:200]


def host_name(text: str) -> str:
    """A host as browsers send it: lower case, other scripts in their ASCII form."""
    host = text.strip().rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise UserError(f"{text!r} is not a host name.") from error


def origin(text: str) -> str:
    """An origin as browsers send it, or a wildcard for the subdomains of one."""
    found = _ORIGIN.fullmatch(text.strip())
    if not found or (found[4] and not 0 < int(found[4]) < 65_536):
        raise UserError(f"{text!r} is not an origin.", _ORIGIN_HELP)
    scheme, star, host, port = found[1].lower(), found[2] or "", host_name(found[3]), found[4]
    if not host or (star and "." not in host and host != "localhost"):
        raise UserError(f"{text!r} is too wide for an origin.", _ORIGIN_HELP)
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    return f"{scheme}://{star}{host}{shown_port}"


def unique(items: Iterable[T]) -> tuple[T, ...]:
    """The items without repetitions, in their order."""
    return tuple(dict.fromkeys(items))


def origins(texts: Iterable[str]) -> tuple[str, ...]:
    """Several origins."""
    return unique(origin(text) for text in texts)


def timezone(text: str) -> str:
    """An IANA time zone's name."""
    return parse_timezone(text.strip()).key


def policy(text: str) -> Policy:
    """What a privacy signal leads to."""
    for known in POLICIES:
        if text == known:
            return known
    raise UserError(f"{text!r} is not a policy.", f"Choose one of {', '.join(POLICIES)}.")


def goals(items: Iterable[Goal]) -> tuple[Goal, ...]:
    """Goals with canonical matchers and names of their own."""
    checked = []
    for goal in items:
        name, currency = goal.name.strip(), goal.currency.strip().upper()
        if not name or len(name) > 100:
            raise UserError("A goal needs a name.", "At most 100 characters.")
        if not _CURRENCY.fullmatch(currency):
            raise UserError(f"{goal.currency!r} is not a currency.", "Write its three letters, like EUR.")
        checked.append(Goal(name, str(parse_matcher(goal.matcher)), goal.value_property.strip(), currency))
    names = [goal.name for goal in checked]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"Two goals are named {name!r}.", "Give each a name of its own.")
    return tuple(checked)


def stages(given: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Stages of the journey as (name, canonical condition)."""
    pairs = [(storable(name), storable(text)) for name, text in given]
    return tuple((one.name, one.text) for one in parse_stages(pairs))


def retargeting(items: Iterable[Retargeting]) -> tuple[Retargeting, ...]:
    """Retargeting rules with known fields."""
    checked = [Retargeting(item.field.strip(), item.pattern.strip()) for item in items]
    for item in checked:
        if not _FIELD.fullmatch(item.field):
            raise UserError(f"{item.field!r} is not a mark.", "Choose source, medium, campaign or param:<name>.")
        if not item.pattern:
            raise UserError("A retargeting rule needs a pattern.", "Write * where anything fits.")
    return unique(checked)


def hosts(texts: Iterable[str]) -> tuple[str, ...]:
    """Host names without scheme or path."""
    checked = unique(host_name(text) for text in texts)
    for host in checked:
        if not host or re.search(r"[\s/:?#@*]", host):
            raise UserError(f"{host!r} is not a host name.", "Write it like pay.example.com.")
    return checked


def parameters(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of query parameters."""
    checked = unique(text.strip().lower() for text in texts)
    for name in checked:
        if not name or re.search(r"[\s=&?#]", name):
            raise UserError(f"{name!r} is not a parameter's name.", "Write it without ?, & and =.")
    return checked


def choice(given: str, known: Sequence[str]) -> str:
    """One of a few words."""
    if given not in known:
        raise UserError(f"{given!r} cannot be chosen.", f"Choose one of {', '.join(known)}.")
    return given


def retention_days(given: int) -> int:
    """How long events are kept; 0 for ever."""
    if given and not MIN_RETENTION <= given <= MAX_RETENTION:
        raise UserError(
            f"{given} days cannot be used.", f"From {MIN_RETENTION} to {MAX_RETENTION} days, or 0 to keep everything."
        )
    return int(given)


def property_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of properties."""
    return unique(name for text in texts if (name := storable(text).strip()[:200]))


def agent_parts(texts: Iterable[str]) -> tuple[str, ...]:
    """Parts of user agents: long enough not to fit every browser."""
    checked = unique(part for text in texts if (part := storable(text).strip()[:200]))
    for part in checked:
        if len(part) < MIN_AGENT_PART:
            raise UserError(f"{part!r} is too short.", f"Give at least {MIN_AGENT_PART} characters of the user agent.")
    return checked


def email(text: str) -> str:
    """An e-mail address, in lower case: the same person must not exist twice."""
    cleaned = text.strip().lower()
    if len(cleaned) > 254 or not cleaned.isprintable() or not _EMAIL.fullmatch(cleaned):
        raise UserError(f"{text!r} is not an e-mail address.")
    return cleaned


def password(text: str) -> str:
    """A password: long enough, no rules of composition (REQUIREMENTS D13)."""
    if len(text) < MIN_PASSWORD:
        raise UserError("This password is too short.", f"At least {MIN_PASSWORD} characters; a sentence is good.")
    if len(text) > MAX_PASSWORD:
        raise UserError("This password is too long.", f"At most {MAX_PASSWORD} characters.")
    return text


def label(text: str, what: str) -> str:
    """The name of something that people saved."""
    cleaned = " ".join(storable(text).split())
    if not cleaned or len(cleaned) > 100:
        raise UserError(f"A {what} needs a name.", "At most 100 characters.")
    return cleaned
