"""Segments: building one out of conditions, with its people counted meanwhile; keeping, renaming, deleting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from collector.catalog.lists import MOST_LISTED
from collector.core.errors import UserError
from collector.core.matcher import Condition, Matcher
from collector.core.people import ALWAYS, Did, Fact, PeopleCondition, Segment, When
from collector.core.people_text import parse_people, written
from collector.core.people_words import people_words
from collector.core.query import FILTERS, Query
from collector.core.times import day_of
from collector.reports.groups import wanted
from collector.reports.named import named
from collector.reports.people_list import LIMIT, listed_people
from collector.reports.registry import reports
from collector.reports.stage_states import stages_of
from collector.web import suggestions
from collector.web.address import address, grouped
from collector.web.asking import StillWorking
from collector.web.format import EMPTY, count, percent, text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.report_page import ReportPage
from collector.web.segment_rows import HAS, MOST_ROWS, OPS, WHENS, Row, rows_for, rows_of, texts_of
from collector.web.suggest import count_people, still_counting
from collector.web.turns import ask_in_turn

blueprint = Blueprint("segments", __name__)
# What the page of a segment shows of the past where nothing is said.
PERIOD = "12w"
_KNOWN = {"yes": "identified", "no": "anonymous"}


def segment_href(site: str, name: str) -> str:
    """The page of a segment."""
    path = url_for("reports.show", site_name=site, report_name="segment")
    return address(path, [("segment", name), ("period", PERIOD)])


def extras(access: SiteAccess, page: ReportPage) -> Mapping[str, object]:
    """What the pages of one and of all segments show beside their blocks."""
    if page.name == "segments":
        return {"rows": _listed(access, page)}
    found = access.site.segments.get(page.segment)
    return {
        "segment": None if found is None else _told(access, found),
        "uses": [] if found is None else _uses(access, found.name),
    }


def as_segment(page: ReportPage) -> list[tuple[str, str]] | None:
    """The people of a list of visitors as (`where` or `where_not`, text); None where no segment can say them."""
    query = page.query
    if query is None or page.name != "visitors" or query.values.get("search"):
        return None
    places = tuple(Condition(name, "=", value and named(value)) for name, value in wanted(query).items())
    did = query.values.get("did")
    matchers = did if isinstance(did, tuple) and did else (Matcher("any"),) if places or query.span else ()
    when = _when(page, query)
    conditions: list[PeopleCondition] = [
        Did(one, places, (), when) if places or when != ALWAYS else one for one in matchers
    ]
    if query.values.get("identified") in _KNOWN:
        conditions.append(Fact("is", _KNOWN[str(query.values["identified"])]))
    try:
        own = [("where", written(one)) for one in conditions]
    except UserError:
        return None
    return [*own, *_filters(query)] or None


def _filters(query: Query) -> list[tuple[str, str]]:
    """The common filters of people as texts, the chosen segment by its name."""
    fields = {"where": "where", "where-not": "where_not"}
    named = [("where", f"segment:{told}") for name, told in query.arguments if name == "segment"]
    return [(fields[name], told) for name, told in query.arguments if name in fields] + named


def _when(page: ReportPage, query: Query) -> When:
    """Days that were chosen stay these days; days that move on are those of whoever asks."""
    if query.span is None:
        return ALWAYS
    fixed = page.first_given or page.last_given
    return When(since=query.span.first, until=query.span.last) if fixed else When(inside=True)


def _listed(access: SiteAccess, page: ReportPage) -> list[dict[str, object]]:
    block = page.block("segments")
    if block is None or page.answer is None:
        return []
    found = []
    for at, row in enumerate(page.answer.block("segments").rows):
        name, people, share, active = row
        told = _told(access, access.site.segments[str(name)])
        told["people"], told["active"] = (EMPTY if one is None else count(int(one)) for one in (people, active))
        told["share"] = "" if share is None else percent(float(share))
        told["active_href"] = _active(access, page, str(name))
        told["people_href"] = next((one.href for one in block.rows[at].cells if one.href), "")
        found.append(told)
    return found


def _active(access: SiteAccess, page: ReportPage, name: str) -> str:
    """The list of a segment's people who were here in the page's days."""
    path = url_for("reports.show", site_name=access.site.name, report_name="visitors")
    kept = [pair for pair in page.pairs if pair[0] in ("period", "from", "to", "all-time", *FILTERS)]
    return address(path, [("where", f"segment:{name}"), *kept])


def _told(access: SiteAccess, segment: Segment) -> dict[str, object]:
    goals = access.site.goals
    where, where_not = ([text(people_words(one, goals)) for one in some] for some in (segment.where, segment.where_not))
    href = segment_href(access.site.name, segment.name)
    return {"name": segment.name, "where": where, "where_not": where_not, "href": href}


def _uses(access: SiteAccess, name: str) -> list[dict[str, str]]:
    site = access.site.name
    found = []
    for use in access.rooms.catalog.segment_uses(access.site.id, name):
        if use.kind == "segment":
            kind, href = gettext("Segment"), segment_href(site, use.name)
        else:
            kinds = {"report": gettext("Saved report"), "pin": gettext("Block of a dashboard")}
            kind = kinds.get(use.kind, gettext("Shared link"))
            path = url_for("reports.show", site_name=site, report_name=use.report)
            href = f"{path}?{use.arguments}" if use.arguments else path
        found.append({"kind": kind, "name": use.name, "href": href})
    return found


@blueprint.get("/<site_name>/segments/edit")
@of_site("editor")
def edit(access: SiteAccess) -> str:
    """The form of a new segment, of the one called `name`, or of what `where` and `where-not` say."""
    name = request.args.get("name", "")
    known = access.site.segments.get(name)
    if name and known is None:
        abort(404)
    if known is None:
        where, where_not = (tuple(map(parse_people, request.args.getlist(of))) for of in ("where", "where-not"))
        known = Segment("", where, where_not)
    return _form(access, rows_for(known), name, name)


@blueprint.post("/<site_name>/segments/edit")
@of_site("editor")
def build(access: SiteAccess) -> AnyResponse | str | tuple[str, int]:
    """A row more or less, a count, or the segment kept: as the button says."""
    rows, name, old = rows_of(request.form), request.form.get("name", ""), request.form.get("old", "")
    action = request.form.get("action", "count")
    if action == "add":
        return _form(access, [*rows, Row()], name, old)
    if action.startswith("drop-"):
        return _form(access, [row for at, row in enumerate(rows) if action != f"drop-{at}"], name, old)
    try:
        where, where_not = texts_of(rows)
        if action != "save":
            return _form(access, rows, name, old, counted=True)
        catalog, site = access.rooms.catalog, access.site
        if old and old != name:
            # The conditions first: where they are refused, the name stays too.
            catalog.save_segment(site.id, old, where, where_not, access.rooms.clock(), replace=True)
            made = catalog.rename_segment(site.id, old, name)
        else:
            made = catalog.save_segment(site.id, name, where, where_not, access.rooms.clock(), replace=bool(old))
    except UserError as error:
        return _form(access, rows, name, old, error), 400
    flash(gettext("The segment “%(name)s” is saved: choose it on any report.", name=made.name))
    return redirect(segment_href(site.name, made.name))


def _form(
    access: SiteAccess,
    rows: Sequence[Row],
    name: str,
    old: str,
    error: UserError | None = None,
    counted: bool = False,
) -> str:
    journeys = access.rooms.views.open(access.site.id)
    try:
        told = _counted(access, rows) if (counted or rows) and error is None else None
    except StillWorking:
        told = still_counting()  # the button that counts asks again, and so does the page's script
    return render_template(
        "site/segment_edit.html",
        rows=[*(rows[:MOST_ROWS] or [Row()])],
        name=name,
        old=old,
        error=error.message if error else "",
        hint=error.hint if error else "",
        counted=told,
        has=[(value, text(label)) for value, label in HAS],
        ops=[(value, text(label)) for value, label in OPS],
        whens=[(value, text(label)) for value, label in WHENS],
        most=MOST_ROWS,
        suggestions=[*_facts(access, old), *suggestions.suggest(journeys, "")],
    )


def _facts(access: SiteAccess, old: str) -> list[suggestions.Suggestion]:
    """What people are and where they come from, for the list of suggestions."""
    found = ["is:identified", "is:anonymous", "is:new", "is:returning"]
    found += [f"device:{device}" for device in ("desktop", "mobile", "tablet")]
    found += [f"segment:{name}" for name in access.site.segments if name != old]
    found += [f"stage:{stage.name}" for stage in stages_of(access.site)]
    return [suggestions.Suggestion(one, text(people_words(parse_people(one))), 0) for one in found]


def _counted(access: SiteAccess, rows: Sequence[Row]) -> str:
    """How many people the rows find, in words; what is wrong with them instead; StillWorking where it takes long."""
    try:
        where, where_not = texts_of(rows)
        result = count_people(access, {"where": where, "where-not": where_not})
    except UserError as error:
        return f"{error.message} {error.hint}".strip()
    return text(result.headline, access.site.zone)


@blueprint.get("/<site_name>/segments/count.json")
@of_site()
def counts(access: SiteAccess) -> Response:
    """How many people the form's rows find, for the page's script; a half-typed row is an ordinary answer."""
    try:
        return jsonify(text=_counted(access, rows_of(request.args)))
    except StillWorking:
        return jsonify(again=True, text=still_counting())


@blueprint.post("/<site_name>/segments")
@of_site("editor")
def save(access: SiteAccess) -> AnyResponse:
    """Keep a set of people: one condition a line in `where` and `where_not`."""
    rooms = access.rooms
    where, where_not = (
        [line.strip() for field in request.form.getlist(name) for line in field.splitlines() if line.strip()]
        for name in ("where", "where_not")
    )
    made = rooms.catalog.save_segment(access.site.id, request.form.get("name", ""), where, where_not, rooms.clock())
    flash(gettext("The segment “%(name)s” is saved: choose it on any report.", name=made.name))
    return redirect(segment_href(access.site.name, made.name))


@blueprint.post("/<site_name>/segments/list")
@of_site("editor")
def keep_list(access: SiteAccess) -> AnyResponse:
    """Keep the people behind a number, as they are now, as a segment: `report` and `query` are the question."""
    rooms, form, site = access.rooms, request.form, access.site
    report = reports().get(form.get("report", ""))
    if report is None:
        abort(404)
    given = grouped(parse_qsl(form.get("query", ""), keep_blank_values=True))
    if any(param.name == LIMIT.name for param in report.params):
        given[LIMIT.name] = [str(MOST_LISTED)]
    now = rooms.clock()
    _, result = ask_in_turn(f"user {access.user.id}", report, rooms.views.open(site.id), given, site, now)
    people = listed_people(result)
    made = rooms.catalog.save_list(site.id, form.get("name", ""), people, str(day_of(now, site.zone)), now)
    flash(gettext("The segment “%(name)s” is saved: choose it on any report.", name=made.name))
    return redirect(segment_href(site.name, made.name))


@blueprint.post("/<site_name>/segments/rename")
@of_site("editor")
def rename(access: SiteAccess) -> AnyResponse:
    """Give a segment another name, wherever it is named."""
    form = request.form
    made = access.rooms.catalog.rename_segment(access.site.id, form.get("name", ""), form.get("new", ""))
    flash(gettext("The segment is called “%(name)s” now, also in what is saved.", name=made.name))
    return redirect(segment_href(access.site.name, made.name))


@blueprint.post("/<site_name>/segments/delete")
@of_site("editor")
def delete(access: SiteAccess) -> AnyResponse:
    """Delete a segment."""
    if not access.rooms.catalog.delete_segment(access.site.id, request.form.get("name", "")):
        abort(404)
    flash(gettext("The segment is deleted."))
    return redirect(url_for("reports.show", site_name=access.site.name, report_name="segments"))
