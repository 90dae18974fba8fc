"""Who a request is from: mode by consent and privacy signals, visitor by cookie, bootstrap id or the day's hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from flask import Request, Response

from collector.core.times import SECOND
from collector.ingest.check import Body
from collector.ingest.cookie import EXEMPT_LIFE, LIFE, Identity, cookie_name, mint, read_cookies
from collector.ingest.link import read_link
from collector.ingest.preview import PREVIEW
from collector.ingest.rules import Mode
from collector.ingest.visitor import boot_visitor, daily_visitor
from collector.web.cookie_scope import cookie_domain, other_cookies, sent_names
from collector.web.door import CollectSite, Door


@dataclass(frozen=True, slots=True)
class Who:
    """The visitor's key, the mode, and the cookie's new value: text to set, "" to delete, None to leave alone.

    before: the key that a visitor without a cookie had yesterday, "" where nobody can tell any more.
    """

    visitor: str
    mode: Mode
    cookie: str | None = None
    before: str = ""


def mode_of(body_mode: str, site: CollectSite, request: Request) -> Mode:
    """What the tracker asked for, or less where the browser says so and the site heeds it (A8.4)."""
    heeded = {
        policy
        for header, policy in (("Sec-GPC", site.policy_gpc), ("DNT", site.policy_dnt))
        if request.headers.get(header) == "1"
    }
    if "off" in heeded:
        return "off"
    if body_mode != "cookie" or "cookieless" in heeded or site.preset == "cookieless":
        return "cookieless"
    return "cookie"


def identify(
    body: Body, site: CollectSite, door: Door, request: Request, now: int, user_agent: str, tried: bool = False
) -> Who:
    """Decide the visitor of a browser's request.

    Args:
        tried: it comes from a page that tries the tag out. Anybody may have such a page, so it learns nothing of the
            site's visitors and is none of them.
    """
    mode = mode_of(body.mode, site, request)
    if tried and mode != "off":
        return _by_day(door, site, request, now, f"{PREVIEW}|{user_agent}", None)
    delete = "" if body.forget or mode == "off" else None
    if mode == "off":
        return Who("", mode, delete)
    if mode == "cookieless":
        if site.preset == "cookieless" and sent_names(site, request):
            delete = ""  # from the time before: what the site gave up does not stay in browsers for a year
        return _by_day(door, site, request, now, user_agent, delete)
    keys = door.keys.cookie
    known, moved = read_cookies(
        request.headers.get("Cookie", ""), keys, site.id, now, bool(cookie_domain(site, request))
    )
    if known and site.preset == "exempt" and now - known.issued > EXEMPT_LIFE:
        known = None
    if body.forget:
        # Withdrawn: these last events are still the known visitor's; nobody new is made.
        gone = daily_visitor(door.salt(now), site.id, request.remote_addr or "", user_agent)
        return Who(known.visitor if known else gone, mode, delete)
    followed = None if body.rotate else _followed(body, site, door, request, now, user_agent)
    if followed and (known is None or known.visitor != followed):
        return Who(followed, mode, mint(keys, site.id, followed, now))
    if known and not body.rotate:
        return Who(known.visitor, mode, _reissue(known, keys, site, now, moved))
    visitor = boot_visitor(keys[0], site.id, body.boot or uuid4().hex)
    return Who(visitor, mode, mint(keys, site.id, visitor, now))


def _by_day(door: Door, site: CollectSite, request: Request, now: int, user_agent: str, cookie: str | None) -> Who:
    """A visitor without a cookie, known until tomorrow."""
    told = site.id, request.remote_addr or "", user_agent
    yesterday = door.salt_before(now)
    before = daily_visitor(yesterday, *told) if yesterday else ""
    return Who(daily_visitor(door.salt(now), *told), "cookieless", cookie, before)


def _reissue(known: Identity, keys: Sequence[bytes], site: CollectSite, now: int, moved: bool) -> str | None:
    """The cookie's next value: renewed as it ages, unless the preset lets it end after its thirteen months.

    Args:
        moved: it comes from a cookie of the kind that the site had before, and goes into one of the present kind.
    """
    if site.preset == "exempt":
        return mint(keys, site.id, known.visitor, known.issued) if known.resign or moved else None
    return mint(keys, site.id, known.visitor, now) if known.stale or moved else None


def _followed(body: Body, site: CollectSite, door: Door, request: Request, now: int, user_agent: str) -> str | None:
    """The visitor who came by a link from another host of the site, once and in this browser alone (B12, B13)."""
    if b"link=" not in request.query_string or not body.boot or site.preset == "exempt":
        return None
    host = request.headers.get("Origin", "").lower().partition("://")[2]
    found = read_link(door.keys.cookie, site.id, request.args.get("link", ""), host, user_agent, now)
    return found.visitor if found and door.redeem(found.number, f"{site.id}|{body.boot}", now) else None


def known_visitor(site: CollectSite, door: Door, request: Request, now: int) -> str | None:
    """The visitor that the browser's cookies name."""
    shared = bool(cookie_domain(site, request))
    known, _ = read_cookies(request.headers.get("Cookie", ""), door.keys.cookie, site.id, now, shared)
    return known.visitor if known else None


def put_cookie(response: Response, who: Who, site: CollectSite, door: Door, request: Request) -> None:
    """Set or delete the identity cookie: HttpOnly, Lax within the site, None and Secure across sites (B1).

    One of the other kind, from before the site's setting changed, goes with it: a visitor has one cookie.
    """
    if who.cookie is None and who.mode != "cookie":
        return
    secure = door.https or request.scheme == "https"
    fetched = request.headers.get("Sec-Fetch-Site", "")
    same_site = fetched in ("same-origin", "same-site") or (not fetched and _same_host(request))
    # A cross-site cookie must be Secure; over plain http there is none, and Lax is what still works. An ad that was
    # seen elsewhere says whom it was seen by with a cross-site one only.
    same_site_as = "Lax" if not secure or (same_site and not site.connected.sees_ads) else "None"
    set_cookie = partial(response.set_cookie, path="/", secure=secure, httponly=True, samesite=same_site_as)
    domain = cookie_domain(site, request)
    # The one that counts comes last: proxies written in some frameworks pass on but the last of a header.
    for name, whose in other_cookies(site, request):
        set_cookie(name, "", max_age=0, domain=whose)
    if who.cookie is not None:
        life = (EXEMPT_LIFE if site.preset == "exempt" else LIFE) // SECOND if who.cookie else 0
        set_cookie(cookie_name(site.id, bool(domain)), who.cookie, max_age=life, domain=domain or None)


def _same_host(request: Request) -> bool:
    """For browsers that do not send Sec-Fetch-Site: whether the page is on the collector's own host."""
    page = request.headers.get("Origin", "").partition("://")[2].partition(":")[0]
    return bool(page) and page == request.host.partition(":")[0]
