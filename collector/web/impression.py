"""GET /i.gif: an ad that was seen, counted for the visitor who saw it; never anything else (docs/ads.md)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from collector.counters import DOOR_EVENTS
from collector.ingest.bots import MAX_USER_AGENT, header_hints
from collector.ingest.check import check_events
from collector.ingest.clean import clean_text
from collector.ingest.impression import impression, refusal
from collector.web.answers import GIF, Refusal, with_cors
from collector.web.door import the_door
from collector.web.keep import Sender, keep
from collector.web.refusing import answer_errors
from collector.web.who import known_visitor, mode_of

blueprint = Blueprint("impression", __name__)
answer_errors(blueprint)
_MAX_KEY = 100
_HINTS = {
    "no_campaign": "The address names no campaign.",
    "campaign": "The site lists no such campaign; add it on the Connections page, or sign the address.",
    "signature": "The signature does not fit the campaign and its source.",
}


@blueprint.route("/i.gif", methods=["GET"], provide_automatic_options=False)
def seen() -> Response:
    """Count an impression for whom the identity cookie names; nobody new is made by an ad.

    An ad elsewhere is seen by many who never came to the site: they would be visitors without a visit. And where the
    cookie is there, but not sent to third parties, a new one would take its place and lose who they are.
    """
    door = the_door()
    now = door.clock()
    values = request.args.to_dict()
    key = values.get("key", "")
    site = door.sites.by_write_key(key) if 0 < len(key) <= _MAX_KEY and key.isprintable() else None
    if site is None:
        raise Refusal(401, "unknown_key", "No site has this write key; copy the address from Connections again.")
    trouble = refusal(values, site.connected.campaigns, site.connected.pixel_key)
    if trouble:
        raise Refusal(403, trouble, _HINTS[trouble])
    response = with_cors(Response(GIF, mimetype="image/gif"), request)
    if request.method == "HEAD":
        return response
    # What needs no consent may follow nobody to other sites.
    mode = "off" if site.preset == "exempt" else mode_of("cookie", site, request)
    known = known_visitor(site, door, request, now) if mode == "cookie" else None
    if known is None:
        reason = "refused:no_visitor" if mode == "cookie" else "refused:privacy"
        door.counters.add(DOOR_EVENTS, (str(site.id), reason))
        response.headers["X-Desireline"] = reason
        return response
    checked = check_events([impression(values, site.connected.campaigns)], site.id)
    user_agent = clean_text(request.headers.get("User-Agent", ""), MAX_USER_AGENT)
    hints = header_hints(request.headers.get)
    address = request.remote_addr or ""
    keep(door, Sender(site.id, known, mode, now, None, user_agent, hints, address), checked)
    return response
