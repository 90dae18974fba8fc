"""POST /hooks/<provider>/<key>: chat webhooks, believed by their signature, kept as events in the chat vocabulary."""

from __future__ import annotations

import json
import logging

from flask import Blueprint, Response, request

from collector.catalog.catalog import Catalog
from collector.catalog.connections import Hook
from collector.ingest.check import Checked, check_events
from collector.ingest.hooks.common import Talk, vouched, wire_events
from collector.ingest.hooks.providers import TRANSLATORS
from collector.ingest.hooks.signature import wrong
from collector.store.protocol import LedgerDown
from collector.web.answers import Refusal
from collector.web.door import Door, the_door
from collector.web.keep import Sender, keep
from collector.web.refusing import answer_errors, body_bytes
from collector.web.rooms import the_rooms

log = logging.getLogger(__name__)
blueprint = Blueprint("hooks", __name__)
answer_errors(blueprint)
_MAX_KEY = 100
_HINTS = {
    "no_secret": "Set the provider's signing secret on the site's Connections page; until then nothing is believed.",
    "unsigned": "The request carries no signature. Where the provider signs nothing, make a webhook with a secret "
    "address on the Connections page.",
    "signature": "The signature does not fit: copy the signing secret to the Connections page again.",
    "stale": "The request was signed more than five minutes ago, or a clock is wrong.",
}


@blueprint.route("/hooks/<provider>/<key>", methods=["HEAD"], provide_automatic_options=False)
@blueprint.route("/hooks/<provider>/<key>/<token>", methods=["HEAD"], provide_automatic_options=False)
def look(provider: str, key: str, token: str = "") -> Response:
    """Intercom looks whether anybody is there before it sends."""
    _find(the_rooms().catalog, provider, key, token)
    return Response(mimetype="application/json")


@blueprint.route("/hooks/<provider>/<key>", methods=["POST"], provide_automatic_options=False)
@blueprint.route("/hooks/<provider>/<key>/<token>", methods=["POST"], provide_automatic_options=False)
def receive(provider: str, key: str, token: str = "") -> Response:
    """Check, translate, keep, answer."""
    door, catalog = the_door(), the_rooms().catalog
    now = door.clock()
    hook = _find(catalog, provider, key, token)
    raw = body_bytes(request)
    _believe(catalog, hook, raw, now)
    talk = _translated(hook, raw)
    checked = Checked() if talk is None else _keep(door, catalog, hook, talk, now)
    _note(catalog, hook, now)
    kept = sum(status == "ok" for _, status in checked.statuses)
    return Response(json.dumps({"kept": kept}), mimetype="application/json")


def _find(catalog: Catalog, provider: str, key: str, token: str) -> Hook:
    known = provider in TRANSLATORS and len(key) <= _MAX_KEY and len(token) <= _MAX_KEY
    hook = catalog.hook_by_key(provider, key) if known else None
    if hook is None or not hook.opens(token):
        raise Refusal(404, "unknown_hook", "No webhook has this address; copy it from the Connections page again.")
    return hook


def _believe(catalog: Catalog, hook: Hook, raw: bytes, now: int) -> None:
    """Refuse what the provider did not sign; an address with a secret token in it was believed already."""
    if not hook.signed:
        return
    trouble = wrong(hook.provider, hook.secret, raw, request.headers.get, now) if hook.secret else "no_secret"
    if trouble:
        _note(catalog, hook, now, trouble)
        raise Refusal(401, trouble, _HINTS[trouble])


def _note(catalog: Catalog, hook: Hook, now: int, trouble: str = "") -> None:
    """For the Connections page only, so what was kept is not refused because this cannot be."""
    try:
        catalog.note_hook(hook, now, trouble)
    except LedgerDown:
        log.warning("the database is down: webhook %d is not noted", hook.id)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _translated(hook: Hook, raw: bytes) -> Talk | None:
    try:
        payload = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "not_json", "The body must be JSON in UTF-8.") from None
    if not isinstance(payload, dict):
        raise Refusal(400, "not_an_object", "The body must be a JSON object.")
    return TRANSLATORS[hook.provider](payload)


def _keep(door: Door, catalog: Catalog, hook: Hook, talk: Talk, now: int) -> Checked:
    """Put what happened on disk, and remember whose contact it was."""
    site = catalog.site(hook.site)
    if site is None:  # removed a moment ago, its webhooks with it
        raise Refusal(404, "unknown_hook", "The site of this webhook is gone.")
    known = "" if talk.visitor or not talk.contact else catalog.contact_visitor(hook.id, talk.contact)
    if talk.visitor and talk.contact and catalog.contact_visitor(hook.id, talk.contact) != talk.visitor:
        catalog.note_contact(hook.id, talk.contact, talk.visitor, now)
    prove = vouched(talk, site.options.signed_identify == "required")
    found = wire_events(talk, hook.provider, hook.id, known)
    checked = check_events(found, site.id, server=True, prove=prove)
    keep(door, Sender(site.id, "", "server", now, None), checked)
    return checked
