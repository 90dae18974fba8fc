"""How long browsers keep the cookie that the collector sets for an origin (REQUIREMENTS B4)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import urlsplit

from collector.doctor.finding import Case, Finding, warn

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
# Safari compares this much of the two addresses (WebKit, "CNAME cloaking and bounce tracking defense", and later).
_BITS = {4: 16, 6: 64}
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gen", "go", "gob", "gov", "gouv", "ne", "net", "or", "org"))


def addresses(host: str) -> list[Address]:
    """The addresses of a host; none where it cannot be found from here."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def cookies(case: Case, origin: str, resolve: Callable[[str], list[Address]] = addresses) -> Iterator[Finding]:
    """What shortens the life of the identity cookie on pages of `origin`, as far as can be seen from here."""
    ours, theirs = (urlsplit(address).hostname or "" for address in (case.settings.public_url, origin))
    if not ours or ours == theirs:
        return
    about = f"cookie on {origin}"
    if _site(ours) != _site(theirs):
        yield warn(
            about,
            f"The collector {ours} is another site than {theirs}: Safari and Firefox keep no cookie of it, or one for "
            "each site.",
            f"Give the collector a subdomain of {_site(theirs)}, or a path of the site itself (docs/proxy.md).",
        )
        return
    mine, its = resolve(ours), resolve(theirs)
    public = all(address.is_global for address in (*mine, *its))
    if mine and its and public and not _networks(mine) & _networks(its):
        yield warn(
            about,
            f"{ours} and {theirs} have addresses in different networks: Safari keeps the visitor's cookie for 7 days.",
            "Let both be answered by the same server or proxy, or send by a path of the site itself (docs/proxy.md).",
        )


def _site(host: str) -> str:
    """The part of a host that belongs to somebody: two labels, or three where the last two are like co.uk."""
    labels = host.split(".")
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if shared else labels[-2:])


def _networks(found: list[Address]) -> set[str]:
    return {str(ipaddress.ip_network((str(one), _BITS[one.version]), strict=False)) for one in found}
