"""New visitors' keys: from the tracker's bootstrap id, or for a day only without any cookie (REQUIREMENTS B11, E3)."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from collector.core.identity import COOKIELESS


def boot_visitor(key: bytes, site: int, boot: str) -> str:
    """The key of the visitor that begins with `boot`: the same for every request that carries it, unguessable."""
    return "v_" + hmac.new(key, f"boot|{site}|{boot}".encode(), hashlib.sha256).hexdigest()[:32]


def clean_ip(text: str) -> str:
    """An address in one spelling, IPv6 as its /64 (a device changes the rest at will); "" where it is none (D17)."""
    bare = text.strip().strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def daily_visitor(salt: bytes, site: int, ip: str, user_agent: str) -> str:
    """A visitor without a cookie: a hash under a random salt that is thrown away, so that tomorrow nobody can tell."""
    told = f"day|{site}|{clean_ip(ip)}|{user_agent}"
    return COOKIELESS + hmac.new(salt, told.encode(), hashlib.sha256).hexdigest()[:32]
