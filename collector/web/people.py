"""What may be done with one person: unlink a browser, export everything, erase everything."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from collector.dossier import person_document
from collector.erasing import erase_person
from collector.store.protocol import PersonRow, VisitorRow
from collector.web.format import count
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext

blueprint = Blueprint("people", __name__)


def _find(access: SiteAccess, key: str) -> tuple[PersonRow | None, Sequence[VisitorRow]]:
    """The person by key; NotFound where the site knows nobody by it."""
    person, visitors = access.rooms.ledger.person(access.site.id, key)
    if not visitors:
        abort(404)
    return person, visitors


@blueprint.post("/<site_name>/person/unlink")
@of_site("editor")
def unlink(access: SiteAccess) -> Response | str:
    """Take a visitor away from the person it was linked to, once that is confirmed."""
    visitor = request.form.get("visitor", "")
    person, _ = _find(access, visitor)
    if person is None:
        abort(404)
    if not request.form.get("confirmed"):
        return render_template("site/unlink.html", visitor=visitor, person=person.user)
    access.rooms.ledger.unlink(access.site.id, visitor, access.rooms.clock())
    access.rooms.views.refresh(access.site.id)
    flash(gettext("The browser is unlinked. Its events stand alone now."))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name="timeline", person=visitor))


@blueprint.get("/<site_name>/person/export")
@of_site()
def export(access: SiteAccess) -> FlaskResponse:
    """Everything that is kept about a person, as JSON (REQUIREMENTS E6)."""
    key = request.args.get("person", "")
    _find(access, key)
    document = person_document(access.rooms.ledger, access.rooms.catalog, access.record, key, access.rooms.clock())
    response = FlaskResponse(document, mimetype="application/json")
    name = quote(f"{access.site.name}-{key}.json", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"person.json\"; filename*=UTF-8''{name}"
    return response


@blueprint.route("/<site_name>/person/erase", methods=["GET", "POST"])
@of_site("editor")
def erase(access: SiteAccess) -> Response | str:
    """Ask, then erase everything about a person (REQUIREMENTS E7)."""
    key = request.values.get("person", "")
    person, visitors = _find(access, key)
    if request.method == "GET":
        return render_template("site/erase.html", key=key, user_id=person.user if person else "", visitors=visitors)
    if request.form.get("confirm", "").strip() != key:
        problem = gettext("Type the key exactly as it is shown, so that the right person is erased.")
        name = person.user if person else ""
        return render_template("site/erase.html", key=key, user_id=name, visitors=visitors, error=problem)
    rooms = access.rooms
    inbox = rooms.settings.inbox
    counts = erase_person(rooms.ledger, rooms.catalog, rooms.views, inbox, access.site.id, key, rooms.clock())
    told = ", ".join(f"{count(number)} {table}" for table, number in counts.items() if number)
    flash(gettext("Erased: %(what)s.", what=told or count(0)))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name="visitors"))
