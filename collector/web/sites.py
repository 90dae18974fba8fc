"""The list of sites, and making a new one."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.core.errors import UserError
from collector.core.times import DAY
from collector.web.format import ago, count
from collector.web.guard import signed_in, the_user, visible_sites
from collector.web.rooms import the_rooms
from collector.web.session import current_user

blueprint = Blueprint("sites", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A site in the list."""

    name: str
    origins: str
    events: str
    last: str
    fresh: bool


@blueprint.get("/")
def home() -> Response | str:
    """The sites of the user; straight to the only one."""
    if current_user() is None:
        return redirect(url_for("auth.login"))
    user, rooms = the_user(), the_rooms()
    found = visible_sites(user)
    if len(found) == 1 and not request.args.get("all"):
        return redirect(url_for("reports.site_home", site_name=found[0].name))
    now = rooms.clock()
    rows = []
    for site in found:
        last = rooms.ledger.last_event(site.id)
        events = rooms.ledger.counts(site.id).get("events", 0)
        seen = ago(last.received, now) if last else ""
        rows.append(
            Row(site.name, ", ".join(site.origins), count(events), seen, bool(last and now - last.received < DAY))
        )
    return render_template("sites/list.html", rows=rows, may_add=user.admin)


@blueprint.route("/sites/new", methods=["GET", "POST"])
@signed_in
def new() -> Response | str | tuple[str, int]:
    """A form for a new site; for admins."""
    if not the_user().admin:
        abort(403)
    rooms = the_rooms()
    values = {name: request.form.get(name, "") for name in ("name", "origin", "timezone")}
    if request.method == "GET":
        return render_template("sites/new.html", values=values, error="", hint="", zones=zones())
    try:
        origins = values["origin"].split()
        if not origins:
            raise UserError("A site needs an origin.", "Write its address, like https://example.com.")
        made = rooms.catalog.add_site(
            values["name"].strip().lower(), origins, rooms.clock(), timezone=values["timezone"].strip() or "UTC"
        )
    except UserError as error:
        page = render_template("sites/new.html", values=values, error=error.message, hint=error.hint, zones=zones())
        return page, 400
    return redirect(url_for("install.page", site_name=made.site.name))


def zones() -> list[str]:
    """Names of time zones to choose from."""
    named = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [*sorted(named), "UTC"]
