"""Naming the stages of the journey: a form of rows that works without a script, checked before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.core.errors import UserError
from collector.core.matcher import Matcher
from collector.core.people_text import parse_people
from collector.core.people_words import people_words
from collector.core.stages import MOST_STAGES, QUIET, Stage
from collector.core.text import T, Value
from collector.core.times import SECOND
from collector.core.whole import whole
from collector.reports.stage_states import stages_of
from collector.web import suggestions
from collector.web.format import text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext

blueprint = Blueprint("stages", __name__)
# What is typed: a name and a condition; of the last stage the name, and the length of the silence.
Pair = tuple[str, str]
FEWEST_ROWS = 3


def extras(access: SiteAccess) -> Mapping[str, object]:
    """What the page of the report shows beside its blocks: the stages in words."""
    goals = access.site.goals
    return {"stages": [{"name": one.name, "words": _words(one, goals)} for one in stages_of(access.site)]}


def _words(stage: Stage, goals: Sequence[tuple[str, Matcher]]) -> str:
    if stage.quiet:
        return text(T("nothing for {time}", time=Value(stage.quiet / SECOND, "seconds")))
    return text(people_words(parse_people(stage.text), goals))


@blueprint.get("/<site_name>/stages/edit")
@of_site("editor")
def edit(access: SiteAccess) -> str:
    """The form, with the stages that there are or those made of the goals."""
    stages = stages_of(access.site)
    rows = [(one.name, one.text) for one in stages if not one.quiet]
    last = stages[-1]
    return _form(access, rows, (last.name, last.text.removeprefix(QUIET)) if last.quiet else ("", ""))


@blueprint.post("/<site_name>/stages/edit")
@of_site("editor")
def save(access: SiteAccess) -> Response | str | tuple[str, int]:
    """A row more, less or higher up, the stages kept, or back to those made of the goals: as the button says."""
    form = request.form
    rows = list(zip(form.getlist("name"), form.getlist("what"), strict=False))
    silent = (form.get("silent", ""), form.get("quiet", ""))
    action, _, number = form.get("action", "save").partition("-")
    at = len(rows) if (named := whole(number)) is None else named
    catalog, site = access.rooms.catalog, access.site
    if action == "add":
        return _form(access, [*rows, ("", "")], silent)
    if action == "drop":
        return _form(access, [row for place, row in enumerate(rows) if place != at], silent)
    if action == "up" and 0 < at < len(rows):
        return _form(access, [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]], silent)
    try:
        if action == "forget":
            catalog.update_site(site.id, stages=())
        else:
            catalog.update_site(site.id, stages=_given(rows, silent))
    except UserError as error:
        return _form(access, rows, silent, error), 400
    if action == "forget":
        flash(gettext("The stages are made of the goals again."))
    else:
        flash(gettext("The stages are saved."))
    return redirect(url_for("reports.show", site_name=site.name, report_name="stages"))


def _given(rows: Sequence[Pair], silent: Pair) -> list[Pair]:
    """The rows that say anything, and the last stage where it has a length.

    Raises:
        UserError: there is nothing to keep, or the silence has only one of its two fields.
    """
    found = [(name, what) for name, what in rows if name.strip() or what.strip()]
    if not found:
        raise UserError(gettext("There is no stage yet."), gettext("Name at least one, or go back to the suggestion."))
    name, quiet = (field.strip() for field in silent)
    if bool(name) != bool(quiet):
        raise UserError(
            gettext("The stage of those who are lost needs a name and a time."),
            gettext("Write something like Lost and 30d, or leave both empty."),
        )
    return [*found, (name, f"{QUIET}{quiet}")] if name else found


def _form(access: SiteAccess, rows: Sequence[Pair], silent: Pair, error: UserError | None = None) -> str:
    journeys = access.rooms.views.open(access.site.id)
    padded = [*rows, *[("", "")] * (FEWEST_ROWS - len(rows))][:MOST_STAGES]
    return render_template(
        "site/stages.html",
        rows=padded,
        silent=silent,
        most=MOST_STAGES,
        own=bool(access.site.stages),
        error=error.message if error else "",
        hint=error.hint if error else "",
        suggestions=suggestions.suggest(journeys, ""),
    )
