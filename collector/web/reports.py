"""Report pages and their CSV and JSON twins at the same query string."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from jinja2 import TemplateNotFound
from werkzeug.wrappers import Response

from collector.core.blocks import Block, Result
from collector.core.errors import UserError
from collector.core.query import Query, flags
from collector.core.write import block_csv, dump_json
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web import questions, special
from collector.web.address import address, canonical, grouped, is_canonical, pairs_of
from collector.web.annotations import add_href, marks
from collector.web.asking import StillWorking
from collector.web.dashboards import pinning
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.report_page import build
from collector.web.turns import ask_in_turn

blueprint = Blueprint("reports", __name__)
BLOCK = "block"


@blueprint.get("/<site_name>/")
@of_site()
def site_home(access: SiteAccess) -> Response:
    """A site opens with its first report."""
    first = next(iter(reports()))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name=first))


@blueprint.get("/<site_name>/<report_name>")
@of_site(api=True)
def show(access: SiteAccess, report_name: str) -> Response | str | tuple[str, int]:
    """A report as a page, or by the suffix of its name as CSV or JSON."""
    name, _, suffix = report_name.partition(".")
    report = reports().get(name)
    if report is None:
        abort(404)
    if suffix == "csv":
        return _csv(access, report)
    if suffix == "json":
        return _json(access, report)
    if suffix:
        abort(404)
    return _page(access, report)


def _page(access: SiteAccess, report: Report) -> Response | str | tuple[str, int]:
    given = pairs_of(request.args)
    defaults = {param.name: param.default for param in report.params if not param.repeat}
    bare = flags(report.params)
    if not is_canonical(given, defaults, bare):
        return redirect(address(request.path, canonical(given, defaults, bare)))
    journeys = access.rooms.views.open(access.site.id)
    try:
        page = build(access, journeys, report, given, access.rooms.clock(), marks(access.site))
    except StillWorking as working:
        return questions.working_page(report, given, working)
    more = {"mark_href": add_href(access, page), **pinning(access, page), **special.extras(access, page)}
    try:
        html = render_template(f"reports/{report.name}.html", page=page, **more)
    except TemplateNotFound as missing:
        if missing.name != f"reports/{report.name}.html":
            raise
        html = render_template("report.html", page=page, **more)
    return (html, 400) if page.error else html


def _ask(access: SiteAccess, report: Report) -> tuple[Query, Result]:
    arguments = grouped([pair for pair in pairs_of(request.args) if pair[0] != BLOCK])
    journeys = access.rooms.views.open(access.site.id)
    who = f"user {access.user.id}"
    return ask_in_turn(who, report, journeys, arguments, access.site, access.rooms.clock())


def _csv(access: SiteAccess, report: Report) -> FlaskResponse:
    """One block: the one asked for, else the report's first that is more than a number."""
    _, result = _ask(access, report)
    block = _chosen(result)
    name = f"{access.site.name}-{report.name}-{block.id}.csv"
    response = FlaskResponse(block_csv(block, access.site.zone), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    return response


def _chosen(result: Result) -> Block:
    wanted = request.args.get(BLOCK, "")
    if wanted:
        try:
            return result.block(wanted)
        except KeyError:
            known = ", ".join(block.id for block in result.blocks)
            raise UserError(
                gettext("There is no block %(name)s.", name=wanted), gettext("Known: %(names)s.", names=known)
            ) from None
    if not result.blocks:
        raise UserError(gettext("This answer has no rows."))
    return next((block for block in result.blocks if block.kind != "number"), result.blocks[0])


def _json(access: SiteAccess, report: Report) -> FlaskResponse:
    query, result = _ask(access, report)
    text = dump_json(report.name, query.arguments, questions.shortened(result), access.site.zone)
    return FlaskResponse(text, mimetype="application/json")
