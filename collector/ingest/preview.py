"""Pages that are tried out, not visited: on one's own machine or network, by a tunnel, or as a preview (F8)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from collector.ingest.referrers import within

PREVIEW = "preview"
FILES = "file:"
# Names that never lead to a public server: RFC 2606, 6761, 6762 and 8375, ICANN's resolution on .internal, and what
# routers and development tools use. `.example` is not among them: documentation writes it for a real site.
_LOCAL = frozenset(
    ("localhost", "local", "test", "invalid", "internal", "home.arpa", "lan", "home", "corp", "intranet")
)
_TOOLS = """
localtest.me lvh.me lacolhost.com vcap.me nip.io sslip.io traefik.me ddev.site lndo.site docksal.site
ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev loca.lt localhost.run lhr.life serveo.net trycloudflare.com
devtunnels.ms tunnelmole.net pinggy.link
vercel.app now.sh netlify.app netlify.live pages.dev amplifyapp.com azurestaticapps.net surge.sh shopifypreview.com
github.dev githubpreview.dev gitpod.io cloudshell.dev webcontainer.io stackblitz.io codesandbox.io csb.app
repl.co replit.dev cloud9ide.com
"""
_HOSTS = frozenset(_TOOLS.split())
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")


@lru_cache(maxsize=16_384)
def is_preview(host: str) -> bool:
    """Whether a host (lower case, without port) is one's own machine or network, or known for previews and tunnels.

    That says nothing of a site which lists the host among its origins: it really is there.
    """
    if not host:
        return False
    try:
        # Whatever is not for the public: loopback, private and link-local ranges, 100.64.0.0/10, unique local IPv6.
        return not ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_global
    except ValueError:
        # A name without a dot is one of a private network; what no host can be called is no preview either.
        named = _NAME.fullmatch(host) is not None
        return named and ("." not in host or within(host, _LOCAL) or within(host, _HOSTS))


def host_of(origin: str) -> str:
    """The host of an http(s) origin, lower case; "" of any other."""
    scheme, separator, rest = origin.lower().partition("://")
    if not separator or scheme not in ("http", "https"):
        return ""
    host, _, port = rest.rpartition(":")
    return host if port.isdigit() and host else rest
