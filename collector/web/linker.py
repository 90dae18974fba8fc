"""POST /link: a token with which the visitor is the same at another host of the site (tracker_js/wire.md)."""

from __future__ import annotations

import json
import secrets

from flask import Blueprint, Request, Response, g, request

from collector.ingest.bots import MAX_USER_AGENT
from collector.ingest.check import BodyError, read_body
from collector.ingest.clean import clean_text
from collector.ingest.link import mint_link
from collector.web.answers import Refusal, preflight, with_cors
from collector.web.door import CollectSite, Door, the_door
from collector.web.refusing import answer_errors, body_bytes
from collector.web.who import known_visitor, mode_of

blueprint = Blueprint("linker", __name__)
answer_errors(blueprint)
_MAX_KEY = 100
_MAX_ORIGIN = 300


@blueprint.route("/link", methods=["POST"], provide_automatic_options=False)
def link() -> Response:
    """The site's hosts, and a token for the one asked for where there is a visitor to go on as."""
    door = the_door()
    raw = body_bytes(request)
    try:
        key = read_body(raw).key
    except BodyError as error:
        raise Refusal(error.status, error.code, error.hint) from None
    site = door.sites.by_write_key(key) if 0 < len(key) <= _MAX_KEY and key.isprintable() else None
    if site is None:
        raise Refusal(401, "unknown_key", "No site has this write key; copy the tag from the Install page again.")
    g.collect_site = site.id
    if not site.allows(request.headers.get("Origin", "")):
        raise Refusal(403, "origin", "The site does not list the origin this was sent from.")
    to = json.loads(raw).get("to")
    told: dict[str, object] = {"hosts": list(site.origins)}
    token = _token(door, site, to.lower(), request) if isinstance(to, str) and len(to) <= _MAX_ORIGIN else ""
    if token:
        told["token"] = token
    return with_cors(Response(json.dumps(told), mimetype="application/json"), request)


@blueprint.route("/link", methods=["OPTIONS"])
def options() -> Response:
    """A preflight, which the script itself never causes."""
    return preflight(request)


def _token(door: Door, site: CollectSite, to: str, request: Request) -> str:
    """A token, or nothing: for a host that is not the site's, or where nobody may be known from page to page."""
    now = door.clock()
    if not site.allows(to) or site.preset == "exempt" or mode_of("cookie", site, request) != "cookie":
        return ""
    known = known_visitor(site, door, request, now)
    if known is None:
        return ""
    agent = clean_text(request.headers.get("User-Agent", ""), MAX_USER_AGENT)
    host = to.partition("://")[2]
    return mint_link(door.keys.cookie, site.id, known, host, agent, now, secrets.token_hex(8))
