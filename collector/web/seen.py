"""How a request looks from here, for the doctor: whether the proxies in front tell what they should."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request

from collector.settings import load_keys
from collector.web.proof import HEADER, PATH, fits
from collector.web.rooms import the_rooms

blueprint = Blueprint("seen", __name__)


@blueprint.get(PATH)
def seen() -> Response:
    """Scheme, host and client as the collector believes them, and what was forwarded. 403 without the keys' proof."""
    rooms = the_rooms()
    if not fits(load_keys(rooms.settings).session, request.headers.get(HEADER, ""), rooms.clock()):
        abort(403)
    hops = [hop for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return jsonify(
        scheme=request.scheme,
        host=request.host,
        address=request.remote_addr or "",
        forwarded=len(hops),
        trusted=rooms.settings.trusted_proxies,
    )
