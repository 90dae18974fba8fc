"""Who the client is, where proxies in front may say so: by configuration alone, counted from the right (D16, D17)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Some proxies write the port of the connection too: 192.0.2.1:50123, [2001:db8::1]:50123.
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d{1,5})?|([0-9.]+):\d{1,5}")


def trusting(app: WSGIApplication, hops: int) -> ProxyFix:
    """`app` behind that many proxies, each adding one entry to X-Forwarded-For; what stands left of those lies."""
    return ProxyFix(_Cleaned(app), x_for=hops, x_proto=hops, x_host=hops)


@lru_cache(maxsize=10_000)
def clean_address(told: str) -> str:
    """The address that a proxy told: without its port, an IPv4 address as such; "" where it is none ("unknown" ...)."""
    text = told.strip()
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((found[1] or found[2]) if found else text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


class _Cleaned:
    """Puts the address that the outermost trusted proxy told in its one spelling."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer the request."""
        told: Any = environ.get("REMOTE_ADDR", "")
        environ["REMOTE_ADDR"] = clean_address(told)
        return self._app(environ, start)
