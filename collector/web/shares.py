"""The share links of a site: made from a report, listed, revoked."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.dashboards import Dashboard
from collector.catalog.shares import Share
from collector.catalog.values import User
from collector.core.errors import UserError
from collector.core.query import parse_query
from collector.core.whole import whole
from collector.reports.registry import reports
from collector.web.address import grouped
from collector.web.format import ago, text
from collector.web.guard import SiteAccess, at_least, of_site
from collector.web.language import gettext
from collector.web.lives import chosen_life, on_day
from collector.web.origin import link_origin
from collector.web.rooms import Rooms
from collector.web.saved import saved_address

blueprint = Blueprint("shares", __name__)
# What a link to a dashboard has in place of a report's name.
DASHBOARD = "dashboard"
# Reports about single people: shared only where whoever shares says so.
PERSONAL = frozenset(("live", "timeline", "visitors"))


def maker_of(share: Share, rooms: Rooms, now: int) -> User | None:
    """Who made the link, None where it is over: its time is up, or its maker may not share any more."""
    user = rooms.catalog.user(share.user_id)
    if user is None or share.over(now) or not at_least(rooms.catalog.role(user, share.site_id), "editor"):
        return None
    return user


def _source(access: SiteAccess, share: Share) -> tuple[str, str]:
    """What is shared, in words, and where it is."""
    site = access.site
    if share.report != DASHBOARD:
        return text(reports()[share.report].title), saved_address(site.name, share.report, share.arguments)
    board = board_of(site.id, share.arguments, access.rooms)
    if board is None:
        return gettext("A dashboard that is deleted"), url_for("dashboards.listing", site_name=site.name)
    return board.name, url_for("dashboards.show", site_name=site.name, dashboard_id=board.id)


def _row(access: SiteAccess, share: Share, now: int) -> dict[str, object]:
    title, href = _source(access, share)
    return {
        "id": share.id,
        "name": share.name,
        "report": title,
        "href": href,
        "by": share.email,
        "people": share.people,
        "made": on_day(share.created),
        "until": on_day(share.expires) or gettext("no end"),
        "opened": ago(share.opened, now) if share.opened else gettext("never"),
        "works": maker_of(share, access.rooms, now) is not None,
    }


def _show(access: SiteAccess, link: str = "", whole: bool = True) -> str:
    now = access.rooms.clock()
    shares = [
        one for one in access.rooms.catalog.shares(access.site.id) if one.report in reports() or one.report == DASHBOARD
    ]
    return render_template("site/shares.html", rows=[_row(access, one, now) for one in shares], link=link, whole=whole)


@blueprint.get("/<site_name>/shared")
@of_site("editor")
def page(access: SiteAccess) -> str:
    """The links, who made them, and when they were last opened."""
    return _show(access)


@blueprint.post("/<site_name>/shared")
@of_site("editor")
def make(access: SiteAccess) -> str:
    """Make a link to a report with its exact question, and show it this once."""
    if request.form.get("report") == DASHBOARD:
        return _make_of_board(access)
    report = reports().get(request.form.get("report", ""))
    if report is None:
        abort(404)
    people = request.form.get("people") == "1"
    if report.name in PERSONAL and not people:
        raise UserError(
            gettext("This report is about single people."),
            gettext("Go back and tick that people may be listed, if whoever gets the link may see them."),
        )
    rooms, arguments = access.rooms, request.form.get("query", "")
    now = rooms.clock()
    parse_query(report.params, grouped(parse_qsl(arguments, keep_blank_values=True)), access.site, now)
    return _made(access, request.form.get("name", "").strip() or text(report.title), report.name, arguments, people)


def board_of(site_id: int, arguments: str, rooms: Rooms) -> Dashboard | None:
    """The dashboard that a share's arguments name, within its site; None where there is none."""
    number = whole(dict(parse_qsl(arguments)).get("dashboard", ""))
    return None if number is None else rooms.catalog.dashboard(site_id, number)


def _make_of_board(access: SiteAccess) -> str:
    board = board_of(access.site.id, request.form.get("query", ""), access.rooms)
    if board is None:
        abort(404)
    name = request.form.get("name", "").strip() or board.name
    return _made(access, name, DASHBOARD, f"dashboard={board.id}", False)


def _made(access: SiteAccess, name: str, report: str, arguments: str, people: bool) -> str:
    rooms, life = access.rooms, chosen_life(request.form.get("life", ""))
    _, secret = rooms.catalog.make_share(
        access.site.id, access.user.id, name, report, arguments, rooms.clock(), ttl=life, people=people
    )
    origin = link_origin()
    return _show(access, origin + url_for("shared.enter", secret=secret), bool(origin))


@blueprint.post("/<site_name>/shared/revoke")
@of_site("editor")
def revoke(access: SiteAccess) -> Response:
    """End a link of this site, whoever made it."""
    number = whole(request.form.get("share", ""))
    if number is None or not access.rooms.catalog.revoke_share(access.site.id, number):
        abort(404)
    flash(gettext("The link is revoked: it opens nothing any more."))
    return redirect(url_for("shares.page", site_name=access.site.name))
