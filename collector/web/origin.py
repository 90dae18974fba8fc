"""The address that links with a secret in them begin with: never one that others could put into a request (D15)."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request

from collector.web.rooms import the_rooms


def link_origin() -> str:
    """The collector's own origin: as set, or as asked for where that is this machine itself; "" where nobody said.

    A link without an origin is shown with the request to put the address before it: a forged Host header, or one that
    a proxy hands on unread, must not decide where a secret is sent.
    """
    settings = the_rooms().settings
    if settings.public_url:
        return settings.public_url
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""
    return request.host_url.rstrip("/") if _is_here(host) or host == settings.host.lower() else ""


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
