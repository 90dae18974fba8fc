"""Saved reports of a site."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.reports.registry import reports
from collector.web.format import text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.rooms import the_rooms

blueprint = Blueprint("saved", __name__)


def saved_address(site: str, report: str, arguments: str) -> str:
    """Where a saved report is."""
    path = url_for("reports.show", site_name=site, report_name=report)
    return f"{path}?{arguments}" if arguments else path


@blueprint.get("/<site_name>/saved")
@of_site()
def listing(access: SiteAccess) -> str:
    """The saved reports."""
    known = reports()
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "report": text(known[one.report].title),
            "href": saved_address(access.site.name, one.report, one.arguments),
        }
        for one in the_rooms().catalog.saved_reports(access.site.id)
        if one.report in known
    ]
    return render_template("site/saved.html", rows=rows)


@blueprint.post("/<site_name>/saved")
@of_site("editor")
def save(access: SiteAccess) -> Response:
    """Keep a report's address under a name."""
    report = request.form.get("report", "")
    if report not in reports():
        abort(404)
    rooms = access.rooms
    arguments = request.form.get("query", "")
    one = rooms.catalog.save_report(access.site.id, request.form.get("name", ""), report, arguments, rooms.clock())
    flash(gettext("Saved as “%(name)s”.", name=one.name))
    return redirect(saved_address(access.site.name, report, one.arguments))


@blueprint.post("/<site_name>/saved/<int:report_id>/delete")
@of_site("editor")
def delete(access: SiteAccess, report_id: int) -> Response:
    """Delete a saved report of this site."""
    if not access.rooms.catalog.delete_report(access.site.id, report_id):
        abort(404)
    flash(gettext("The saved report is deleted."))
    return redirect(url_for("saved.listing", site_name=access.site.name))
