"""A shared report, for whoever has its link: one question as its maker asked it, and nothing that leads further.

The link is exchanged for a cookie and the address asked for again without the secret (REQUIREMENTS D21). Whatever the
viewer adds to the address is not read: the question comes from the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response as AnyResponse

from collector.catalog.shares import Share
from collector.core import query
from collector.core.blocks import Block, Result
from collector.core.deadline import Stopped
from collector.core.errors import UserError
from collector.core.query import Query
from collector.core.times import DAY, SECOND
from collector.core.write import block_csv, dump_json
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web import draw
from collector.web.address import Pairs, grouped
from collector.web.annotations import marks
from collector.web.dashboards import with_patience
from collector.web.format import day, moment, text
from collector.web.funnel_view import steps
from collector.web.guessing import refuse_guessers, wrong_guess
from collector.web.impact_view import effects
from collector.web.language import gettext
from collector.web.questions import shortened
from collector.web.report_page import in_strips
from collector.web.rooms import the_rooms
from collector.web.shares import DASHBOARD, PERSONAL, board_of, maker_of
from collector.web.tiles import asked_of, tiles
from collector.web.turns import ask_in_turn

blueprint = Blueprint("shared", __name__)
LIFE = 30 * DAY
_SALT = "desireline shared report"


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared question and its answer, as far as it may be seen."""

    share: Share
    site: query.Site
    report: Report
    query: Query
    result: Result


def _cookie(share_id: int) -> str:
    return f"desireline-shared-{share_id}"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)


@blueprint.after_request
def _quiet(response: Response) -> Response:
    """Neither the next page nor a search engine learns of the link."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/shared/<secret>")
def enter(secret: str) -> AnyResponse:
    """Take the link, give a cookie for this one report, and lead to its address without the secret."""
    refuse_guessers()
    rooms = the_rooms()
    now = rooms.clock()
    share = rooms.catalog.share_by_secret(secret[:200])
    if share is None or maker_of(share, rooms, now) is None:
        wrong_guess()
        raise Gone
    path = url_for("shared.page", share_id=share.id)
    response = redirect(path)
    response.set_cookie(
        _cookie(share.id),
        _signer().dumps([share.id, now]),
        max_age=LIFE // SECOND,
        path=path,
        secure=request.is_secure or rooms.settings.public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response


def _known(share_id: int) -> Share:
    """The link that this browser opened; Gone where it did not, or where the link is over."""
    rooms = the_rooms()
    now = rooms.clock()
    try:
        number, since = _signer().loads(request.cookies.get(_cookie(share_id), ""))
    except (BadSignature, ValueError, TypeError):
        raise Gone from None
    share = rooms.catalog.share(share_id)
    if number != share_id or now - since > LIFE or share is None or maker_of(share, rooms, now) is None:
        raise Gone
    return share


def _open(share_id: int) -> Shared:
    """The shared question asked anew; its maker's words are its only input."""
    rooms, share = the_rooms(), _known(share_id)
    record, report = rooms.catalog.site(share.site_id), reports().get(share.report)
    if record is None or report is None or (report.name in PERSONAL and not share.people):
        raise Gone
    site = rooms.catalog.question_site(record)
    arguments = grouped(parse_qsl(share.arguments, keep_blank_values=True))
    now = rooms.clock()
    try:
        asked, result = ask_in_turn(f"link {share.id}", report, rooms.views.open(site.id), arguments, site, now)
    except Stopped:
        raise
    except UserError:
        raise Gone from None  # such as a segment that was deleted; what else there is, is no business of the viewer
    if request.method == "GET":
        rooms.catalog.share_opened(share, now)
    return Shared(share, site, report, asked, replace(result, blocks=visible(result.blocks, share.people)))


def visible(blocks: Sequence[Block], people: bool) -> list[Block]:
    """The blocks without lists of people, where people may not be listed."""
    return [block for block in blocks if people or all(column.unit != "person" for column in block.columns)]


@blueprint.get("/shared/<int:share_id>/")
def page(share_id: int) -> AnyResponse:
    """The report, or the dashboard."""
    share = _known(share_id)
    if share.report == DASHBOARD:
        return _board(share)
    found = _open(share_id)
    zone, now = found.site.zone, the_rooms().clock()
    json = url_for("shared.as_json", share_id=share_id)
    # Who is there now is beside the question of days that was shared, unless it is the question.
    beside = () if found.report.name == "live" else ("live", "live_people")
    blocks = [block for block in shortened(found.result).blocks if block.id not in beside]
    effect = next((block for block in blocks if block.id == "effect"), None)
    noted = marks(found.site)
    site, goals = found.site, found.site.goals
    views = draw.told_once(
        [
            draw.view(block, zone, _nowhere, _nobody, _csv_of(share_id, block), json, now, noted, goals)
            for block in blocks
        ]
    )
    return make_response(
        render_template(
            "shared/report.html",
            title=text(found.report.title),
            report=found.report.name,
            name=found.share.name,
            site_title=found.site.name,
            days=_days(found.query) if found.report.ranged else "",
            asked=asked_of(found.report, list(found.query.arguments), site, found.result),
            headline=text(found.result.headline, zone),
            notes=[text(note, zone) for note in found.result.notes],
            strips=in_strips(views),
            effects=effects(effect) if effect else [],
            funnel=next((steps(view) for view in views if (found.report.name, view.id) == ("funnel", "steps")), []),
            has_charts=any(view.chart for view in views),
            as_of=moment(found.result.as_of, zone) if found.result.as_of else "",
            json=json,
        )
    )


def _board(share: Share) -> AnyResponse:
    """The shared dashboard as it is now, its blocks leading nowhere and naming nobody."""
    rooms = the_rooms()
    record, board = rooms.catalog.site(share.site_id), board_of(share.site_id, share.arguments, rooms)
    if record is None or board is None:
        raise Gone
    site, now = rooms.catalog.question_site(record), rooms.clock()
    noted = marks(site)

    def drawn(report: Report, pairs: Pairs, block: Block) -> draw.BlockView:  # noqa: ARG001 - a `tiles.Draw`
        return draw.view(block, site.zone, _nowhere, _nobody, "", "", now, noted, site.goals)

    pins, journeys = rooms.catalog.pins(site.id, board.id), rooms.views.open(site.id)
    found = tiles(f"link {share.id}", journeys, site, board, pins, now, drawn, people=share.people)
    rooms.catalog.share_opened(share, now)
    html = render_template("shared/dashboard.html", name=share.name, site_title=site.name, tiles=found)
    return with_patience(make_response(html), found)


def _nowhere(arguments: Sequence[tuple[str, str]]) -> str:  # noqa: ARG001 - a row leads nowhere from here
    return ""


def _nobody(key: str) -> str:  # noqa: ARG001 - nor does a person
    return ""


def _csv_of(share_id: int, block: Block) -> str:
    return url_for("shared.as_csv", share_id=share_id, block_id=block.id)


def _days(asked: Query) -> str:
    if asked.span is None:
        return gettext("All time")
    return gettext("%(first)s to %(last)s", first=day(asked.span.first), last=day(asked.span.last))


@blueprint.get("/shared/<int:share_id>/report.json")
def as_json(share_id: int) -> Response:
    """The same answer as JSON."""
    found = _open(share_id)
    written = dump_json(found.report.name, found.query.arguments, shortened(found.result), found.site.zone)
    return Response(written, mimetype="application/json")


@blueprint.get("/shared/<int:share_id>/<block_id>.csv")
def as_csv(share_id: int, block_id: str) -> Response:
    """One block of the same answer as CSV."""
    found = _open(share_id)
    block = next((one for one in found.result.blocks if one.id == block_id), None)
    if block is None:
        abort(404)
    response = Response(block_csv(block, found.site.zone), mimetype="text/csv")
    name = quote(f"{found.site.name}-{found.report.name}-{block.id}.csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
