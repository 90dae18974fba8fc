"""POST /collect and its pixel: from a request to a record on disk and one status an event (tracker_js/wire.md)."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, Request, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from collector.inbox import record
from collector.inbox.box import InboxFull
from collector.ingest.bots import MAX_USER_AGENT, header_hints
from collector.ingest.check import MAX_BODY, Body, BodyError, Checked, check_events, read_body
from collector.ingest.clean import clean_text
from collector.store.protocol import LedgerDown
from collector.web.answers import GIF, Refusal, answer, preflight, refused, with_cors
from collector.web.door import CollectSite, Door, the_door
from collector.web.who import Who, identify, put_cookie

blueprint = Blueprint("collect", __name__)
_FULL_HINT = "The collector has no room for more just now; send the same events again later."


@blueprint.errorhandler(Refusal)
def _refused(error: Refusal) -> Response:
    the_door().counts[f"request:{error.code}"] += 1
    return with_cors(refused(error), request)


@blueprint.errorhandler(InboxFull)
def _full(error: InboxFull) -> Response:
    return _refused(Refusal(503, f"full_{error.reason}", _FULL_HINT, error.retry_after))


@blueprint.errorhandler(LedgerDown)
def _down(error: LedgerDown) -> Response:  # noqa: ARG001 - the log has it, the page must not
    return _refused(Refusal(503, "no_database", "The collector cannot look up the site just now; send again later.", 5))


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _refused(Refusal(error.code or 500, "http", error.description or ""))


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
    _check_origin(site, request.headers.get("Origin", ""))
    user_agent = _user_agent(request)
    who = identify(body, site, door, request, now, user_agent)
    checked = _keep(door, site, who, body, now, user_agent)
    response = answer(dict(checked.statuses), who.visitor, who.mode)
    put_cookie(response, who, site, door, request)
    return with_cors(response, request)


@blueprint.route("/collect", methods=["GET"], provide_automatic_options=False)
def pixel() -> Response:
    """A page counted without JavaScript; never anything but a page (C2.15)."""
    door = the_door()
    now = door.clock()
    values = request.args
    url = values.get("url") or request.headers.get("Referer", "")
    site = _known(door, values.get("key", ""))
    _check_origin(site, "/".join(url.split("/", 3)[:3]))
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
    user_agent = _user_agent(request)
    who = identify(body, site, door, request, now, user_agent)
    checked = _keep(door, site, who, body, now, user_agent)
    response = Response(GIF, mimetype="image/gif")
    if checked.statuses[0][1] != "ok":
        response.headers["X-Desireline"] = checked.statuses[0][1]
    put_cookie(response, who, site, door, request)
    return with_cors(response, request)


@blueprint.route("/collect", methods=["OPTIONS"])
def options() -> Response:
    """A preflight, which the tracker itself never causes."""
    return preflight(request)


def _read(request: Request) -> Body:
    request.max_content_length = MAX_BODY
    try:
        return read_body(request.get_data(cache=False))
    except RequestEntityTooLarge:
        raise Refusal(413, "too_large", f"Send at most {MAX_BODY} bytes in one request.") from None
    except BodyError as error:
        raise Refusal(error.status, error.code, error.hint) from None


def _secret(request: Request) -> str | None:
    """The secret key of a server-side request, None for a browser's."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refusal(401, "no_secret", "Send the secret key as Authorization: Bearer <secret key>.")
    if request.headers.get("Origin"):
        raise Refusal(403, "secret_in_browser", "The secret key must not be used in a browser: make a new one.")
    return secret.strip()


def _known(door: Door, key: str) -> CollectSite:
    site = door.sites.by_write_key(key) if key else None
    if site is None:
        raise Refusal(401, "unknown_key", "No site has this write key; copy the tag from the Install page again.")
    return site


def _check_origin(site: CollectSite, origin: str) -> None:
    g.collect_site = site.id  # the install page tells of refusals by site
    if not site.allows(origin):
        raise Refusal(
            403, "origin", "The site does not list the origin this was sent from; add it to the site's origins."
        )


def _user_agent(request: Request) -> str:
    return clean_text(request.headers.get("User-Agent", ""), MAX_USER_AGENT)


def _keep_for_server(door: Door, now: int, body: Body, secret: str) -> Response:
    """Events of a site's own server, each about whom it names."""
    site = door.sites.by_secret_key(secret)
    if site is None:
        raise Refusal(401, "unknown_secret", "No site has this secret key.")
    checked = check_events(body.events, site.id, server=True)
    _put(door, site, checked, "", "server", body, now, "", ())
    return with_cors(answer(dict(checked.statuses), "", "server"), request)


def _keep(door: Door, site: CollectSite, who: Who, body: Body, now: int, user_agent: str) -> Checked:
    """Check a browser's events and put them on disk."""
    if who.mode == "off":
        door.counts["refused:privacy"] += len(body.events)
        return Checked(
            statuses=[(shown, "refused:privacy") for shown, _ in check_events(body.events, site.id).statuses]
        )
    checked = check_events(body.events, site.id)
    hints = tuple({*body.hints, *header_hints(request.headers.get)})
    _put(door, site, checked, who.visitor, who.mode, body, now, user_agent, tuple(sorted(hints)))
    return checked


def _put(
    door: Door,
    site: CollectSite,
    checked: Checked,
    visitor: str,
    mode: str,
    body: Body,
    now: int,
    user_agent: str,
    hints: tuple[str, ...],
) -> None:
    """Write the record; whoever gets past this line may be told that the events are on disk."""
    if checked.good or checked.quarantined:
        packed = record.encode(
            site.id, visitor, now, body.sent, mode, user_agent, hints, checked.good, checked.quarantined
        )
        door.inbox.get().put(packed)
    for _, status in checked.statuses:
        door.counts[status] += 1
