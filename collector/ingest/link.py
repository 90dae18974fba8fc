"""The token with which a visitor goes on as the same one at another host of the site (REQUIREMENTS B12, B13)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from collector.core.times import MINUTE, SECOND

PARAMETER = "_dl"  # in the address of the page that is linked to; never kept
LIFE = 2 * MINUTE
_AHEAD = 5 * SECOND
_TOKEN = re.compile(r"1\.([0-9a-f]{32})\.([0-9]{10,11})\.([0-9a-f]{16})\.([0-9a-f]{32})")


class Followed(NamedTuple):
    """Who a token is about, and its number, which is to be used once."""

    visitor: str
    number: str


def _sign(key: bytes, site: int, head: str, host: str, user_agent: str) -> str:
    agent = hashlib.sha256(user_agent.encode("utf-8", "replace")).hexdigest()
    return hmac.new(key, f"link|{site}|{head}|{host}|{agent}".encode(), hashlib.sha256).hexdigest()[:32]


def mint_link(
    keys: Sequence[bytes], site: int, visitor: str, host: str, user_agent: str, now_ms: int, number: str
) -> str:
    """A token for `visitor` (a cookie's `v_...`), good at one host, for one user agent, for two minutes.

    Args:
        host: of the page that is linked to, with its port where it has one.
        number: 16 random hexadecimal digits.
    """
    head = f"1.{visitor.removeprefix('v_')}.{now_ms // SECOND}.{number}"
    return f"{head}.{_sign(keys[0], site, head, host, user_agent)}"


def read_link(keys: Sequence[bytes], site: int, token: str, host: str, user_agent: str, now_ms: int) -> Followed | None:
    """Whom a token names; None where it is forged, too old, or for another site, host or browser."""
    found = _TOKEN.fullmatch(token)
    if found is None or not -_AHEAD <= now_ms - int(found[2]) * SECOND <= LIFE:
        return None
    head = token.rpartition(".")[0]
    if any(hmac.compare_digest(_sign(key, site, head, host, user_agent), found[4]) for key in keys):
        return Followed("v_" + found[1], found[3])
    return None
