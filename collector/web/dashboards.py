"""Dashboards: made, filled from any report, arranged without a script, read by everybody at the site."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.dashboards import Dashboard
from collector.core.blocks import Block
from collector.core.query import parse_query
from collector.core.whole import whole
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.address import Pairs, address, grouped
from collector.web.annotations import marks
from collector.web.draw import BlockView
from collector.web.format import text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.report_page import Links, ReportPage, block_view
from collector.web.tiles import Tile, tiles

blueprint = Blueprint("dashboards", __name__)
# How soon a page with blocks that are not ready looks again, in seconds.
AGAIN = 3
NEW = "new"


def pinning(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    """What the menu “Pin” of a report's blocks needs: where a block can go."""
    may = access.may_edit and page.can_save
    return {"boards": access.rooms.catalog.dashboards(access.site.id) if may else None}


def _known(access: SiteAccess, dashboard_id: int) -> Dashboard:
    board = access.rooms.catalog.dashboard(access.site.id, dashboard_id)
    if board is None:
        abort(404)
    return board


def _to(access: SiteAccess, board_id: int) -> Response:
    return redirect(url_for("dashboards.show", site_name=access.site.name, dashboard_id=board_id))


def periods() -> list[tuple[str, str]]:
    """The periods that a dashboard can have."""
    return [
        ("", gettext("Each block its own")),
        ("7d", gettext("Last 7 days")),
        ("28d", gettext("Last 28 days")),
        ("90d", gettext("Last 90 days")),
        ("this-month", gettext("This month")),
        ("last-month", gettext("Last month")),
        ("365d", gettext("Last 365 days")),
    ]


@blueprint.get("/<site_name>/dashboards")
@of_site()
def listing(access: SiteAccess) -> str:
    """The dashboards."""
    catalog, site = access.rooms.catalog, access.site.id
    rows = [(one, len(catalog.pins(site, one.id))) for one in catalog.dashboards(site)]
    return render_template("site/dashboards.html", rows=rows)


@blueprint.post("/<site_name>/dashboards")
@of_site("editor")
def add(access: SiteAccess) -> Response:
    """Make an empty dashboard."""
    made = access.rooms.catalog.add_dashboard(access.site.id, request.form.get("name", ""), access.rooms.clock())
    return _to(access, made.id)


@blueprint.get("/<site_name>/dashboards/<int:dashboard_id>")
@of_site()
def show(access: SiteAccess, dashboard_id: int) -> Response:
    """The blocks of a dashboard; those that are not ready yet fill in by themselves."""
    rooms, site, board = access.rooms, access.site, _known(access, dashboard_id)
    now, noted = rooms.clock(), marks(access.site)

    def drawn(report: Report, pairs: Pairs, block: Block) -> BlockView:
        return block_view(block, access, Links(site.name, report, pairs), now, noted)

    pins, who = rooms.catalog.pins(site.id, board.id), f"user {access.user.id}"
    found = tiles(who, rooms.views.open(site.id), site, board, pins, now, drawn)
    hrefs = {tile.pin.id: _source(access, tile) for tile in found}
    html = render_template("site/dashboard.html", board=board, tiles=found, hrefs=hrefs, periods=periods())
    return with_patience(make_response(html), found)


def with_patience(response: Response, found: list[Tile]) -> Response:
    """A page that looks again where a block of it is not ready."""
    if any(tile.working for tile in found):
        response.headers["Refresh"] = str(AGAIN)
    return response


def _source(access: SiteAccess, tile: Tile) -> str:
    if tile.pin.report not in reports():
        return ""
    path = url_for("reports.show", site_name=access.site.name, report_name=tile.pin.report)
    return address(path, tile.pairs)


@blueprint.post("/<site_name>/dashboards/<int:dashboard_id>")
@of_site("editor")
def change(access: SiteAccess, dashboard_id: int) -> Response:
    """A dashboard's name and period."""
    name, period = (request.form.get(field, "") for field in ("name", "period"))
    if not access.rooms.catalog.change_dashboard(access.site.id, dashboard_id, name, period):
        abort(404)
    return _to(access, dashboard_id)


@blueprint.post("/<site_name>/dashboards/<int:dashboard_id>/delete")
@of_site("editor")
def delete(access: SiteAccess, dashboard_id: int) -> Response:
    """Delete a dashboard; the reports stay."""
    if not access.rooms.catalog.delete_dashboard(access.site.id, dashboard_id):
        abort(404)
    flash(gettext("The dashboard is deleted; its reports stay."))
    return redirect(url_for("dashboards.listing", site_name=access.site.name))


@blueprint.post("/<site_name>/dashboards/pin")
@of_site("editor")
def pin(access: SiteAccess) -> Response:
    """Pin a block of a report, to a dashboard that there is or to a new one."""
    form, rooms, site = request.form, access.rooms, access.site
    report = reports().get(form.get("report", ""))
    block, arguments, where = form.get("block", ""), form.get("query", ""), form.get("dashboard", "")
    number = whole(where)
    if report is None or not block or (where != NEW and number is None):
        abort(404)
    # A question that cannot be asked is refused here, not shown as an error for ever.
    parse_query(report.params, grouped(parse_qsl(arguments, keep_blank_values=True)), site, rooms.clock())
    if number is None:
        number = rooms.catalog.add_dashboard(site.id, form.get("name", ""), rooms.clock()).id
    wide, title = form.get("wide") == "1", form.get("title", "").strip() or text(report.title)
    if not rooms.catalog.pin_block(site.id, number, title, report.name, block, arguments, wide):
        abort(404)
    flash(gettext("“%(title)s” is pinned.", title=title))
    return _to(access, number)


@blueprint.post("/<site_name>/dashboards/<int:dashboard_id>/arrange")
@of_site("editor")
def arrange(access: SiteAccess, dashboard_id: int) -> Response:
    """Move a block, widen it or make it narrow, or take it off: as the button says."""
    catalog, site = access.rooms.catalog, access.site.id
    number, action = whole(request.form.get("pin", "")), request.form.get("action", "")
    if number is None:
        abort(404)
    if action in ("up", "down"):
        done = catalog.move_pin(site, dashboard_id, number, -1 if action == "up" else 1)
    elif action in ("wide", "half"):
        done = catalog.widen_pin(site, dashboard_id, number, action == "wide")
    elif action == "off":
        done = catalog.unpin(site, dashboard_id, number)
    else:
        done = False
    if not done:
        abort(404)
    return _to(access, dashboard_id)
