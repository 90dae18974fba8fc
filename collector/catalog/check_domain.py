"""Checks of the domain whose subdomains share a visitor's cookie (REQUIREMENTS B25)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import cache

from publicsuffixlist import PublicSuffixList

from collector.catalog.check import host_name
from collector.core.errors import UserError

_HELP = "Write the domain that your subdomains share, like shop.example, or leave it empty."


@cache
def _suffixes() -> PublicSuffixList:
    """Where browsers let nobody set a cookie for everybody: co.uk, github.io. Reading the list takes 0.2 s."""
    return PublicSuffixList()


def domain(text: str) -> str:
    """A domain as it is kept; whether a cookie may be set for it, `fits` tells."""
    return host_name(text.strip().lstrip("."))


def hosts(origins: Iterable[str]) -> list[str]:
    """The hosts of origins; that of a wildcard is the domain whose subdomains it stands for."""
    found = []
    for origin in origins:
        host = origin.partition("://")[2].removeprefix("*.")
        found.append(host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host)
    return found


def fits(given: str, origins: Iterable[str]) -> None:
    """Whether browsers take a cookie for this domain from the site's pages; "" always fits.

    Raises:
        UserError: it is an address, or belongs to many, or none of the origins is in it.
    """
    if not given:
        return
    if _is_address(given) or not registrable(given):
        raise UserError(f"Browsers take no cookie for all of {given!r}.", _HELP)
    if not any(host == given or host.endswith("." + given) for host in hosts(origins)):
        raise UserError(f"None of the origins is in {given!r}, for which the cookie is set.", _HELP)


def registrable(host: str) -> str:
    """The domain that somebody registered, with all under it; "" for a public suffix such as co.uk."""
    return "" if _is_address(host) else _suffixes().privatesuffix(host) or ""


def shared_domain(origins: Iterable[str]) -> str:
    """The domain that all of several hosts are in, "" where there is none: what a site may want its cookie for."""
    found = set(hosts(origins))
    if len(found) < 2:
        return ""
    domains = {registrable(host) for host in found}
    return domains.pop() if len(domains) == 1 else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
