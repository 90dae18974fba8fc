"""Help for matcher fields as JSON: suggestions while typing, and how many people a matcher finds."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.web.format import count
from collector.web.guard import SiteAccess, of_site
from collector.web.language import ngettext
from collector.web.suggestions import people, suggest

blueprint = Blueprint("suggest", __name__)


@blueprint.get("/<site_name>/suggest.json")
@of_site()
def suggestions(access: SiteAccess) -> Response:
    """Matchers that hold the text `q`, by what was really seen."""
    journeys = access.rooms.views.open(access.site.id)
    found = suggest(journeys, request.args.get("q", "")[:200])
    return jsonify(suggestions=[{"matcher": one.matcher, "label": one.label, "events": one.events} for one in found])


@blueprint.get("/<site_name>/match.json")
@of_site()
def match(access: SiteAccess) -> Response:
    """How many people ever did what `matcher` says; `error` and `hint` where it cannot be read.

    A half-typed matcher is an ordinary answer, and no failure for the browser's console to list.
    """
    try:
        matcher = parse_matcher(request.args.get("matcher", ""))
    except UserError as error:
        return jsonify(error=error.message, hint=error.hint)
    number = people(access.rooms.views.open(access.site.id), matcher)
    return jsonify(people=number, text=ngettext("%(n)s person", "%(n)s people", number, n=count(number)))
