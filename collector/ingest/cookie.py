"""The identity cookie: a visitor's key with our signature on it (REQUIREMENTS B1-B7)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from collector.core.times import DAY, SECOND

# Chrome and RFC 6265bis cap a cookie's life at 400 days.
LIFE = 400 * DAY
RENEW = DAY
# Thirteen months, never renewed: what the CNIL allows without consent (REQUIREMENTS E5, E12).
EXEMPT_LIFE = 395 * DAY
_VALUE = re.compile(r"1\.(v_[0-9a-f]{32})\.([0-9a-z]{1,10})\.([0-9a-f]{64})")


class Identity(NamedTuple):
    """A visitor's key, and whether its cookie should be issued anew (old, or signed with a former key).

    `issued` is ms UTC of the first or latest issue, to the second; `resign` is true for a former key.
    """

    visitor: str
    stale: bool
    issued: int
    resign: bool


def cookie_name(site: int, shared: bool = False) -> str:
    """The cookie's name for one site: of one host, or `shared` by the subdomains of a domain (B25).

    Browsers do not tell a server which of the two a cookie is, so they have names of their own. Both are
    `dl_v_<number>`, which is all that proxies pass on.
    """
    return f"dl_v_0{site}" if shared else f"dl_v_{site}"


def _sign(key: bytes, site: int, visitor: str, issued: int) -> str:
    return hmac.digest(key, f"cookie|1|{site}|{visitor}|{issued}".encode(), "sha256").hex()


def mint(keys: Sequence[bytes], site: int, visitor: str, now_ms: int) -> str:
    """A cookie value for `visitor`, signed with the first of `keys`."""
    issued = now_ms // SECOND
    return f"1.{visitor}.{issued}.{_sign(keys[0], site, visitor, issued)}"


def verify(keys: Sequence[bytes], site: int, value: str, now_ms: int) -> Identity | None:
    """Whom a cookie value names; None where it is forged, another site's, too old, or from the future."""
    found = _VALUE.fullmatch(value)
    if not found or not found[2].isdigit():
        return None
    visitor, issued = found[1], int(found[2])
    age = now_ms - issued * SECOND
    if not -DAY <= age <= LIFE:
        return None
    for position, key in enumerate(keys):
        if hmac.compare_digest(_sign(key, site, visitor, issued), found[3]):
            return Identity(visitor, position > 0 or age > RENEW, issued * SECOND, position > 0)
    return None


def read_cookie(header: str, keys: Sequence[bytes], site: int, now_ms: int, shared: bool = False) -> Identity | None:
    """The first valid identity in a Cookie header, whatever else the header holds (B9)."""
    if not header:
        return None
    name = cookie_name(site, shared)
    for part in header.split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            identity = verify(keys, site, value.strip('"'), now_ms)
            if identity:
                return identity
    return None


def read_cookies(
    header: str, keys: Sequence[bytes], site: int, now_ms: int, shared: bool
) -> tuple[Identity | None, bool]:
    """(whom the cookies name, whether only one of the other kind does): the kind that is asked for comes first."""
    known = read_cookie(header, keys, site, now_ms, shared)
    if known is not None:
        return known, False
    other = read_cookie(header, keys, site, now_ms, not shared)
    return other, other is not None
