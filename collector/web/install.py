"""The tag to copy, and a live check that says what is wrong until the first event is here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template, request

from collector.core.times import HOUR
from collector.ingest.preview import PREVIEW
from collector.web.format import ago
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.static_files import FOLDER

blueprint = Blueprint("install", __name__)
_EVER = 2**62
MANIFEST = FOLDER / "dist" / "manifest.json"


@dataclass(frozen=True, slots=True)
class Check:
    """What the live check found: `state` is ok, wait or wrong; then a title and what to do."""

    state: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """A built script of ours: its hash, which names the copy that never changes, and its integrity."""

    hash: str
    integrity: str


@lru_cache(maxsize=4)
def _manifest(path: Path, stamp: int) -> dict[str, Script]:  # noqa: ARG001 - a new stamp is a new build
    files = json.loads(path.read_text())["files"]
    return {name: Script(entry["hash"], entry["integrity"]) for name, entry in files.items()}


def scripts() -> dict[str, Script]:
    """The built scripts by name; none where nothing was built."""
    try:
        return _manifest(MANIFEST, MANIFEST.stat().st_mtime_ns)
    except OSError:
        return {}


def collector_origin(access: SiteAccess) -> str:
    """The address that browsers reach this collector by: as set, else as this request came."""
    return access.rooms.settings.public_url or request.host_url.rstrip("/")


@blueprint.get("/<site_name>/install")
@of_site()
def page(access: SiteAccess) -> str:
    """How to install the tag."""
    return render_template(
        "site/install.html",
        origin=collector_origin(access),
        key=access.record.write_key,
        origins=access.record.origins,
        script=scripts().get("t.js"),
        chat=scripts().get("chat.js"),
        check=check(access),
    )


@blueprint.get("/<site_name>/install.json")
@of_site()
def state(access: SiteAccess) -> Response:
    """The live check, for the page's script."""
    found = check(access)
    return jsonify(state=found.state, title=found.title, text=found.text)


def check(access: SiteAccess) -> Check:
    """What is known of this site's first event."""
    rooms, site = access.rooms, access.site
    counts = rooms.ledger.counts(site.id)
    last = rooms.ledger.last_event(site.id)
    now = rooms.clock()
    bots = sum(number for name, number in counts.items() if name.startswith("bot:"))
    events = counts.get("events", 0)
    if last is not None and events > bots:
        words = gettext("The last event came %(when)s from %(url)s.", when=ago(last.received, now), url=last.url or "?")
        return Check("ok", gettext("Events arrive"), words)
    refused = rooms.refusals.recent(site.id, now - HOUR)
    if refused:
        return Check("wrong", gettext("A request was refused"), _why(refused[0].code, refused[0].origin))
    if counts.get(f"bot:{PREVIEW}", 0):
        return Check("wait", gettext("Your tag works, on a page that is only tried out"), _tried_out(access))
    if events:
        words = gettext("Everything that came so far looks like a bot. Open the site in your own browser.")
        return Check("wrong", gettext("Only bots so far"), words)
    if counts.get("quarantined", 0):
        words = gettext("Something came, but could not be read. See what it was under Data quality.")
        return Check("wrong", gettext("Events in quarantine"), words)
    if any(_origin_of(access, one.origin) for one in rooms.refusals.recent(0, now - HOUR)):
        words = gettext("The pages send another site’s key, or an old one. Copy the tag below again.")
        return Check("wrong", gettext("Wrong key in the tag"), words)
    words = gettext("No request has come yet. Open a page that has the tag; this turns green within a second.")
    return Check("wait", gettext("Waiting for the first event"), words)


def _tried_out(access: SiteAccess) -> str:
    """What to say where events came from local or preview pages alone."""
    places = access.rooms.ledger.flagged_places(access.site.id, -_EVER, _EVER)
    last = max(places, key=lambda one: one.last, default=None)
    where = last.origin if last is not None and last.origin else gettext("a file or an unknown page")
    return gettext(
        "Events arrive from %(where)s and are set aside, so that no report counts them. Put the tag on %(origins)s, "
        "and this turns green. If your visitors really are at the former, say so under Bots.",
        where=where,
        origins=", ".join(access.record.origins) or gettext("an origin that the site lists"),
    )


def _origin_of(access: SiteAccess, origin: str) -> bool:
    """Whether the site lists this very origin."""
    return origin in access.record.origins


def _why(code: str, origin: str) -> str:
    if code == "origin":
        return gettext(
            "Pages at %(origin)s send events, but the site does not list that origin. Add it in the General settings.",
            origin=origin or gettext("an unknown origin"),
        )
    return gettext("The collector answered “%(code)s” to %(origin)s.", code=code, origin=origin or "?")
