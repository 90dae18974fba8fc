"""Help for matcher fields as JSON: suggestions while typing, and how many people a matcher or a condition finds."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from collector.core.blocks import Result
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.core.people_text import parse_people
from collector.core.query import Arguments
from collector.reports.segment import COUNT
from collector.web.asking import StillWorking
from collector.web.format import count
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext, ngettext
from collector.web.suggestions import suggest
from collector.web.turns import ask_in_turn

blueprint = Blueprint("suggest", __name__)
# What a field that takes any condition on people says it is `of`; others take matchers.
PEOPLE = "people"


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
    """How many people ever did what `matcher` says, or are what it says where the field is `of=people`.

    A half-typed text is an ordinary answer (`error` and `hint`), and no failure for the browser's console to list;
    so is one that takes longer to count than a field is looked at (`again`).
    """
    given, of_people = request.args.get("matcher", ""), request.args.get("of") == PEOPLE
    try:
        (parse_people if of_people else parse_matcher)(given)  # nothing is written where everybody would be counted
        found = count_people(access, {"where" if of_people else "matcher": [given]})
    except UserError as error:
        return jsonify(error=error.message, hint=error.hint)
    except StillWorking:
        return jsonify(again=True, text=still_counting())
    people = int(found.block("total").rows[0][0] or 0)
    return jsonify(people=people, text=ngettext("%(n)s person", "%(n)s people", people, n=count(people)))


def count_people(access: SiteAccess, arguments: Arguments) -> Result:
    """The answer to `COUNT`, within the time and the turns of any question.

    Raises:
        UserError: what is wrong with the conditions.
        StillWorking: it takes longer than a moment; who asks again finds the same work further on.
    """
    rooms = access.rooms
    journeys, who = rooms.views.open(access.site.id), f"user {access.user.id}"
    return ask_in_turn(who, COUNT, journeys, arguments, access.site, rooms.clock(), page=True)[1]


def still_counting() -> str:
    """What stands in place of a number that is not there yet."""
    return gettext("Still counting …")
