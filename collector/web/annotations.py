"""Annotations: what happened on which day, listed, added, changed, deleted; the marks that plots show of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.annotations import MOST_LETTERS, MOST_LINK
from collector.core.annotation import KINDS, Annotation
from collector.core.errors import UserError
from collector.core.query import Site
from collector.core.times import day_of
from collector.web.address import address, local_path
from collector.web.format import day, text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.plots import Mark
from collector.web.report_page import ReportPage

blueprint = Blueprint("annotations", __name__)
FIELDS = ("day", "kind", "text", "link")


def marks(site: Site) -> list[Mark]:
    """What plots over days of this site show: the day of each annotation and its words."""
    return [(one.day.isoformat(), words(one)) for one in site.annotations]


def words(one: Annotation) -> str:
    """An annotation in a line, its kind before it where that says something."""
    if one.kind == "other":
        return one.text
    return gettext("%(kind)s: %(text)s", kind=text(KINDS[one.kind]), text=one.text)


def add_href(access: SiteAccess, page: ReportPage) -> str:
    """Where a mark is added from a report: on the last day that its range has reached, and back to it afterwards."""
    today = day_of(access.rooms.clock(), access.site.zone)
    span = page.query.span if page.query else None
    last = min(span.last, today) if span else today
    back = address(page.path, page.pairs)
    given = [("day", last.isoformat()), *([("back", back)] if local_path(back) else [])]
    return address(url_for("annotations.listing", site_name=access.site.name), given) + "#add"


def _fields(one: Annotation) -> dict[str, str]:
    return {"day": one.day.isoformat(), "kind": one.kind, "text": one.text, "link": one.link}


def _row(access: SiteAccess, one: Annotation) -> dict[str, object]:
    path = url_for("reports.show", site_name=access.site.name, report_name="before-after")
    return {
        "id": one.id,
        "day": day(one.day),
        "kind": text(KINDS[one.kind]),
        "text": one.text,
        "link": one.link,
        "compare": address(path, [("day", one.day.isoformat())]),
    }


def _show(
    access: SiteAccess, fields: Mapping[str, str], changing: int = 0, back: str = "", error: UserError | None = None
) -> str:
    listed: Sequence[Annotation] = access.site.annotations
    return render_template(
        "site/annotations.html",
        rows=[_row(access, one) for one in reversed(listed)],
        fields=fields,
        changing=changing,
        back=local_path(back) or "",
        kinds=[(name, text(label)) for name, label in KINDS.items()],
        most=MOST_LETTERS,
        most_link=MOST_LINK,
        error=error.message if error else "",
        hint=error.hint if error else "",
    )


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _return(access: SiteAccess) -> Response:
    """To the report that this began from, else to the list."""
    back = local_path(request.form.get("back"))
    return redirect(back or url_for("annotations.listing", site_name=access.site.name))


@blueprint.get("/<site_name>/annotations")
@of_site()
def listing(access: SiteAccess) -> str:
    """The annotations, and a form for one more on `day`, today where that is no day."""
    chosen = request.args.get("day", "")
    try:
        shown = date.fromisoformat(chosen)
    except ValueError:
        shown = day_of(access.rooms.clock(), access.site.zone)
    fields = {"day": shown.isoformat(), "kind": "release", "text": "", "link": ""}
    return _show(access, fields, back=request.args.get("back", ""))


@blueprint.post("/<site_name>/annotations")
@of_site("editor")
def add(access: SiteAccess) -> Response | tuple[str, int]:
    """Mark a day; what cannot be kept is shown again."""
    given = _sent()
    try:
        access.rooms.catalog.add_annotation(access.site.id, now=access.rooms.clock(), **given)
    except UserError as error:
        return _show(access, given, back=request.form.get("back", ""), error=error), 400
    flash(gettext("The day is marked: every plot over days shows it."))
    return _return(access)


@blueprint.get("/<site_name>/annotations/<int:annotation_id>")
@of_site("editor")
def edit(access: SiteAccess, annotation_id: int) -> str:
    """The form of one of the site's annotations."""
    known = access.rooms.catalog.annotation(access.site.id, annotation_id)
    if known is None:
        abort(404)
    return _show(access, _fields(known), known.id)


@blueprint.post("/<site_name>/annotations/<int:annotation_id>")
@of_site("editor")
def change(access: SiteAccess, annotation_id: int) -> Response | tuple[str, int]:
    """Say an annotation anew."""
    given = _sent()
    try:
        if not access.rooms.catalog.change_annotation(access.site.id, annotation_id, **given):
            abort(404)
    except UserError as error:
        return _show(access, given, annotation_id, error=error), 400
    flash(gettext("The mark is changed."))
    return _return(access)


@blueprint.post("/<site_name>/annotations/<int:annotation_id>/delete")
@of_site("editor")
def delete(access: SiteAccess, annotation_id: int) -> Response:
    """Take a mark away."""
    if not access.rooms.catalog.delete_annotation(access.site.id, annotation_id):
        abort(404)
    flash(gettext("The mark is deleted."))
    return _return(access)
