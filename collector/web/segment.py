"""/v1/*: Segment's HTTP API, so that its clients work here by changing their host (docs/segment.md)."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, g, request

from collector.counters import DOOR_EVENTS
from collector.ingest.bots import MAX_USER_AGENT, header_hints
from collector.ingest.check import OK, QUARANTINED, BodyError, check_events
from collector.ingest.clean import clean_text
from collector.ingest.preview import PREVIEW
from collector.ingest.segment import KINDS, Batch, read_batch
from collector.ingest.segment_events import Speaker, wire_events
from collector.ingest.signed import by_secret_key
from collector.ingest.visitor import daily_visitor
from collector.web.answers import Refusal, preflight, with_cors
from collector.web.door import CollectSite, Door, the_door
from collector.web.keep import Sender, keep
from collector.web.refusing import answer_errors, body_bytes
from collector.web.who import mode_of

blueprint = Blueprint("segment", __name__)
answer_errors(blueprint)
_MAX_KEY = 100
_PRIVACY = "refused:privacy"
# What the site decided is no mistake of the sender's.
_BY_POLICY = frozenset([_PRIVACY, "refused:preset"])
_SETTINGS_SECONDS = 300
_ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ALLOWED = {"__default": {"enabled": True, "integrations": {}}}
_Statuses = Sequence[tuple[str, str]]


@blueprint.route("/v1/batch", methods=["POST"], provide_automatic_options=False)
@blueprint.route("/v1/b", methods=["POST"], provide_automatic_options=False)
@blueprint.route("/v1/import", methods=["POST"], provide_automatic_options=False)
def batch() -> Response:
    """Many messages."""
    return _take("")


@blueprint.route(f"/v1/<any({', '.join(KINDS)}):name>", methods=["POST"], provide_automatic_options=False)
def one(name: str) -> Response:
    """One message, of the kind that the address says."""
    return _take(KINDS[name])


@blueprint.route("/v1/m", methods=["POST"], provide_automatic_options=False)
def metrics() -> Response:
    """What analytics.js tells its maker of itself: read and forgotten."""
    body_bytes(request)
    return _json({"success": True})


@blueprint.route("/v1/projects/<key>/settings", methods=["GET"], provide_automatic_options=False)
def settings(key: str) -> Response:
    """What analytics.js asks for before it begins: no integrations but the sending of events to this host."""
    door = the_door()
    if _public(door, key) is None:
        raise Refusal(401, "unknown_key", "No site has this write key; copy it from the Install page again.")
    protocol, _, host = (door.public_url or request.host_url.rstrip("/")).partition("://")
    answer = _json(
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": key,
                    "apiHost": f"{host}/v1",
                    "protocol": "https" if door.https else protocol,
                    "addBundledMetadata": False,
                    "unbundledIntegrations": [],
                    "maybeBundledConfigIds": {},
                }
            },
            "plan": dict.fromkeys(("track", "identify", "group"), _ALLOWED),
            "enabledMiddleware": {},
            "middlewareSettings": {},
            "edgeFunction": {},
            "remotePlugins": [],
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "analyticsNextEnabled": True,
        }
    )
    answer.headers["Cache-Control"] = f"public, max-age={_SETTINGS_SECONDS}"
    return answer


@blueprint.route("/v1/<path:rest>", methods=["OPTIONS"])
def options(rest: str) -> Response:  # noqa: ARG001 - all of them alike
    """A preflight: analytics.js names its key in a header, which makes the browser ask first."""
    answer = preflight(request)
    if request.headers.get("Origin"):
        answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Content-Encoding, X-Retry-Count"
    return answer


@blueprint.route("/v1/<path:rest>", methods=_ALL_METHODS, provide_automatic_options=False)
def unknown(rest: str) -> Response:  # noqa: ARG001 - whatever it is
    """A part of Segment that is not here, told so that a client's log shows it."""
    raise Refusal(404, "unknown_path", "Send events by POST to /v1/batch, /v1/track, /v1/page, /v1/identify and so on.")


def _take(kind: str) -> Response:
    """Check, translate, keep, answer."""
    door = the_door()
    now = door.clock()
    try:
        found = read_batch(body_bytes(request), kind)
    except BodyError as error:
        raise Refusal(error.status, error.code, error.hint) from None
    key = _key(found)
    site = _public(door, key)
    if site is not None:
        return _answer(_keep_claims(door, site, found, now))
    site = door.sites.by_secret_key(key) if 0 < len(key) <= _MAX_KEY and key.isprintable() else None
    if site is None:
        raise Refusal(401, "unknown_key", "No site has this key: send the write key or the secret key as user name.")
    if request.headers.get("Origin"):
        raise Refusal(403, "secret_in_browser", "The secret key must not be used in a browser: make a new one.")
    return _answer(_keep_trusted(door, site, found, now))


def _key(found: Batch) -> str:
    """The key of a request: the user name of Basic, a Bearer token, or the body's."""
    if found.key and request.headers.get("Origin"):
        return found.key  # beside it a browser may send what it knows of a password on this host
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return b64decode(given.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            raise Refusal(401, "bad_authorization", "The Authorization header is not Basic's.") from None
    return found.key


def _public(door: Door, key: str) -> CollectSite | None:
    return door.sites.by_write_key(key) if 0 < len(key) <= _MAX_KEY and key.isprintable() else None


def _keep_trusted(door: Door, site: CollectSite, found: Batch, now: int) -> _Statuses:
    """Messages of the site's own server."""
    named = wire_events(found, Speaker(site.id, now, trusted=True))
    checked = check_events([raw for _, raw in named], site.id, server=True, prove=by_secret_key)
    keep(door, Sender(site.id, "", "server", now, found.sent), checked)
    return _named(named, checked.statuses)


def _keep_claims(door: Door, site: CollectSite, found: Batch, now: int) -> _Statuses:
    """Messages that only the public key vouches for: a browser's, or those of a program that speaks for visitors."""
    origin = request.headers.get("Origin", "")
    g.collect_site = site.id  # the install page tells of refusals by site
    tried = bool(origin) and site.previews(origin)
    if origin and not tried and not site.allows(origin):
        raise Refusal(
            403, "origin", "The site does not list the origin this was sent from; add it to the site's origins."
        )
    mode = mode_of("cookieless" if tried else "cookie", site, request)
    agent = clean_text(request.headers.get("User-Agent", ""), MAX_USER_AGENT).strip() or "-" if origin else ""
    visitor = _for_a_day(door, site, now, f"{PREVIEW}|{agent}" if tried else agent) if mode == "cookieless" else str
    claims = not (origin and mode == "cookieless")
    named = wire_events(found, Speaker(site.id, now, claims=claims, visitor=visitor))
    if mode == "off":
        door.counters.add(DOOR_EVENTS, (str(site.id), _PRIVACY), len(named))
        return [(shown, _PRIVACY) for shown, _ in named]
    checked = check_events([raw for _, raw in named], site.id, server=True, prove=door.prove(site))
    hints = (*header_hints(request.headers.get), *((PREVIEW,) if tried else ())) if origin else ()
    # One browser is one visitor, whose clock the loader measures once.
    whose = next((raw["visitor"] for _, raw in named if isinstance(raw, dict) and "visitor" in raw), "")
    sent = now if found.sent is None else found.sent
    address = request.remote_addr or ""
    keep(door, Sender(site.id, whose if origin else "", "relay", now, sent, agent, hints, address), checked)
    return _named(named, checked.statuses)


def _for_a_day(door: Door, site: CollectSite, now: int, agent: str) -> Callable[[str], str]:
    """Keys for visitors who must not be known tomorrow: by their browser, or by what a program calls them."""
    salt, address = door.salt(now), request.remote_addr or ""
    if agent:
        return lambda _: daily_visitor(salt, site.id, address, agent)
    return lambda key: daily_visitor(salt, site.id, "", key)


def _named(named: Sequence[tuple[str, object]], statuses: _Statuses) -> _Statuses:
    """Statuses under the ids that the sender knows."""
    return [(shown or number, status) for (shown, _), (number, status) in zip(named, statuses, strict=True)]


def _answer(statuses: _Statuses) -> Response:
    """200; 400 where none of the messages could be used. What was not simply kept is named, with the reason."""
    odd = {shown: status for shown, status in statuses if status != OK}
    refused = [status for _, status in statuses if status not in (OK, QUARANTINED)]
    if not odd:
        return _json({"success": True})
    body: dict[str, object] = {"success": not refused, "results": odd}
    useless = len(refused) == len(statuses) and not _BY_POLICY.issuperset(refused)
    if useless:
        body |= {"error": "refused", "hint": "None of the messages can be kept; results says why."}
    answer = _json(body, 400 if useless else 200)
    answer.headers["X-Desireline"] = ", ".join(sorted(set(odd.values())))
    return answer


def _json(body: object, status: int = 200) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return with_cors(Response(text, status=status, mimetype="application/json"), request)
