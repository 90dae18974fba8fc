"""Whose the identity cookie is: one host's, or all subdomains' of the domain that the site names (B25)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Request

from collector.ingest.cookie import cookie_name
from collector.web.door import CollectSite


def cookie_domain(site: CollectSite, request: Request) -> str:
    """The domain that the cookie is set for; "" for the host alone, also where a browser would not take the domain."""
    domain = site.cookie_domain
    if not domain:
        return ""
    host = _host(request)
    return domain if host == domain or host.endswith("." + domain) else ""


def _host(request: Request) -> str:
    """The host that the browser sent the request to.

    Behind a path of the page's own origin that is the page's, whatever name the proxy calls the collector by.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin" and (origin := request.headers.get("Origin", "")):
        return origin.partition("://")[2].partition(":")[0].lower()
    return request.host.partition(":")[0].lower()


def sent_names(site: CollectSite, request: Request) -> list[str]:
    """The names of the site's cookies that the browser sent."""
    header = request.headers.get("Cookie", "")
    names = {part.partition("=")[0].strip() for part in header.split(";")} if header else set()
    return [name for name in (cookie_name(site.id), cookie_name(site.id, shared=True)) if name in names]


def other_cookies(site: CollectSite, request: Request) -> Iterator[tuple[str, str | None]]:
    """(name, domain) of what deletes a cookie of the kind that the site no longer has, where the browser sent one."""
    shared = bool(cookie_domain(site, request))
    name = cookie_name(site.id, not shared)
    if f"{name}=" not in request.headers.get("Cookie", "") or name not in sent_names(site, request):
        return
    if shared:
        yield name, None
        return
    # Which domain it was set for, nobody says any more: a browser passes over those that it was not.
    labels = _host(request).split(".")
    for start in range(len(labels) - 1):
        yield name, ".".join(labels[start:])
