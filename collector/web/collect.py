"""POST /collect and its pixel: from a request to a record on disk and one status an event (tracker_js/wire.md)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from flask import Blueprint, Request, Response, g, request

from collector.ingest.bots import MAX_USER_AGENT, header_hints
from collector.ingest.check import Body, BodyError, Checked, check_events, read_body
from collector.ingest.clean import clean_text
from collector.ingest.hooks.providers import without_replaced
from collector.ingest.preview import FILES, PREVIEW
from collector.ingest.signed import by_secret_key
from collector.web.answers import GIF, Refusal, answer, preflight, with_cors
from collector.web.door import CollectSite, Door, the_door
from collector.web.keep import Sender, keep
from collector.web.refusing import answer_errors, body_bytes
from collector.web.who import Who, identify, put_cookie

blueprint = Blueprint("collect", __name__)
answer_errors(blueprint)
_MAX_KEY = 100
_PUBLIC_KEY = "This is the site's public write key; the secret key begins with sk_ and is made in Settings."


@blueprint.route("/collect", methods=["POST"], provide_automatic_options=False)
def collect() -> Response:
    """Check, identify, keep, answer."""
    door = the_door()
    now = door.clock()
    body = _read(request)
    secret = _secret(request)
    if secret is not None:
        return _keep_for_server(door, now, body, secret)
    site = _known(door, body.key)
    tried = _check_origin(site, request.headers.get("Origin", ""), body)
    taken = take(door, request, site, body, now, tried)
    keep(door, taken.sender, taken.checked)
    return acknowledge(door, request, taken)


@dataclass(frozen=True, slots=True)
class Taken:
    """A browser's request, checked: from whom it is and what is to be kept of it."""

    site: CollectSite
    who: Who
    sender: Sender
    checked: Checked


def take(door: Door, request: Request, site: CollectSite, body: Body, now: int, tried: bool = False) -> Taken:
    """Say from whom a browser's request is, and check its events; nothing is kept or counted yet.

    Args:
        tried: it comes from a page that tries the tag out.
    """
    user_agent = clean_text(request.headers.get("User-Agent", ""), MAX_USER_AGENT)
    who = identify(body, site, door, request, now, user_agent, tried)
    hints = sorted({*body.hints, *header_hints(request.headers.get), *((PREVIEW,) if tried else ())})
    fresh, told = without_replaced(body.events, site.connected.chats)
    checked = check_events(fresh, site.id, prove=door.prove(site))
    checked.statuses += told
    if who.mode == "off":
        checked = Checked(statuses=[(shown, "refused:privacy") for shown, _ in checked.statuses])
    address = request.remote_addr or ""
    sender = Sender(
        site.id, who.visitor, who.mode, now, body.sent, user_agent, hints, address, body.dropped, who.before
    )
    return Taken(site, who, sender, checked)


def acknowledge(door: Door, request: Request, taken: Taken) -> Response:
    """Tell a browser what became of its events, once that is certain."""
    response = answer(dict(taken.checked.statuses), taken.who.visitor, taken.who.mode)
    put_cookie(response, taken.who, taken.site, door, request)
    return with_cors(response, request)


@blueprint.route("/collect", methods=["GET"], provide_automatic_options=False)
def pixel() -> Response:
    """A page counted without JavaScript; never anything but a page (C2.15)."""
    door = the_door()
    now = door.clock()
    values = request.args
    url = values.get("url") or request.headers.get("Referer", "")
    site = _known(door, values.get("key", ""))
    tried = _check_origin(site, "/".join(url.split("/", 3)[:3]))
    if request.method == "HEAD":
        return with_cors(Response(mimetype="image/gif"), request)  # a look, not a visit
    event = {"id": str(uuid4()), "type": "page", "url": url}
    event |= {name: values[name] for name in ("ref", "title") if name in values}
    body = Body(
        key="",
        sent=None,
        boot="",
        mode=values.get("mode", "cookie"),
        rotate=False,
        forget=False,
        hints=(),
        events=[event],
    )
    taken = take(door, request, site, body, now, tried)
    keep(door, taken.sender, taken.checked)
    response = Response(GIF, mimetype="image/gif")
    if taken.checked.statuses[0][1] != "ok":
        response.headers["X-Desireline"] = taken.checked.statuses[0][1]
    put_cookie(response, taken.who, site, door, request)
    return with_cors(response, request)


@blueprint.route("/collect", methods=["OPTIONS"])
def options() -> Response:
    """A preflight, which the tracker itself never causes."""
    return preflight(request)


def _read(request: Request) -> Body:
    try:
        return read_body(body_bytes(request))
    except BodyError as error:
        raise Refusal(error.status, error.code, error.hint) from None


def _secret(request: Request) -> str | None:
    """The secret key of a server-side request, None for a browser's."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" and request.headers.get("Origin"):
        return None  # the browser's own, for a page behind a password on the collector's host
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refusal(401, "no_secret", "Send the secret key as Authorization: Bearer <secret key>.")
    if request.headers.get("Origin"):
        raise Refusal(403, "secret_in_browser", "The secret key must not be used in a browser: make a new one.")
    return secret.strip()


def _known(door: Door, key: str) -> CollectSite:
    site = door.sites.by_write_key(key) if 0 < len(key) <= _MAX_KEY and key.isprintable() else None
    if site is None:
        raise Refusal(401, "unknown_key", "No site has this write key; copy the tag from the Install page again.")
    return site


def _check_origin(site: CollectSite, origin: str, body: Body | None = None) -> bool:
    """Whether the pages of an origin only try the tag out; Refusal where they are neither the site's nor that."""
    g.collect_site = site.id  # the install page tells of refusals by site
    if site.allows(origin):
        return False
    if site.previews(origin) or (origin == "null" and body is not None and _of_files(body)):
        return True
    raise Refusal(403, "origin", "The site does not list the origin this was sent from; add it to the site's origins.")


def _of_files(body: Body) -> bool:
    """Whether every event says that it happened in a file, which pages of no origin need not be."""
    urls = [event.get("url") if isinstance(event, dict) else None for event in body.events]
    return bool(urls) and all(isinstance(url, str) and url.startswith(FILES) for url in urls)


def _keep_for_server(door: Door, now: int, body: Body, secret: str) -> Response:
    """Events of a site's own server, each about whom it names."""
    site = door.sites.by_secret_key(secret) if len(secret) <= _MAX_KEY else None
    if site is None:
        public = door.sites.by_write_key(secret) if len(secret) <= _MAX_KEY and secret.isprintable() else None
        raise Refusal(401, "unknown_secret", _PUBLIC_KEY if public else "No site has this secret key.")
    if body.key and getattr(door.sites.by_write_key(body.key), "id", None) != site.id:
        raise Refusal(403, "other_site", "The key in the body is not of the secret key's site; leave it out.")
    checked = check_events(body.events, site.id, server=True, prove=by_secret_key)
    keep(door, Sender(site.id, "", "server", now, body.sent, dropped=body.dropped), checked)
    return with_cors(answer(dict(checked.statuses), "", "server"), request)
