"""A long question while it is worked on: how far it is, and a way to stop it."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from collector.core.blocks import Block, Result
from collector.core.deadline import Stopped, TooLong
from collector.core.text import T, Text
from collector.journeys.answers import Answers
from collector.reports.base import Report
from collector.reports.registry import reports
from collector.web.address import Pairs, address
from collector.web.asking import AGAIN, StillWorking, the_asker
from collector.web.errors import problem
from collector.web.format import text
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext, ngettext

blueprint = Blueprint("questions", __name__)
# The argument of a report's page that says not to ask, for who has just stopped it.
STOPPED = "_stopped"
# Without a script the page comes anew so often, in seconds.
REFRESH = 3
MOST_ROWS = 50_000
_KEY = re.compile(r"[0-9a-f]{32}")


def working_page(report: Report, pairs: Pairs, state: StillWorking) -> Response:
    """The page that stands for a report until its answer is ready, and then loads it."""
    kept = [(name, value) for name, value in pairs if not name.startswith("_")]
    html = render_template(
        "reports/working.html",
        title=text(report.title),
        name=report.name,
        question=address("", kept).lstrip("?"),
        key=state.key,
        share=round(state.share, 3),
        told=told(state.seconds, state.limit),
        refresh=REFRESH,
        stopped=address(request.path, [*kept, (STOPPED, "1")]),
    )
    response = make_response(html, 202)
    response.headers["Retry-After"] = str(REFRESH)
    return response


def told(seconds: float, limit: float) -> str:
    """How long it has been worked on, and how long it may be."""
    so_far, most = int(seconds), int(limit)
    return gettext(
        "%(so_far)s so far; it is stopped after %(most)s.",
        so_far=ngettext("%(num)s second", "%(num)s seconds", so_far),
        most=ngettext("%(num)s second", "%(num)s seconds", most),
    )


@blueprint.get("/<site_name>/question/state.json")
@of_site()
def state(access: SiteAccess) -> Response:
    """What became of a question: working (with the share that is done), done, stopped, or gone."""
    asker, key = the_asker(), request.args.get("key", "")
    known = _KEY.fullmatch(key) is not None
    what, share, seconds = asker.state(key, _answers(access)) if known else ("gone", 0.0, 0.0)
    return jsonify(state=what, share=round(share, 3), told=told(seconds, asker.seconds) if what == "working" else "")


@blueprint.post("/<site_name>/question/stop")
@of_site()
def stop(access: SiteAccess) -> AnyResponse:
    """Stop a question and lead back to its form. Anybody who may ask it may: whoever else waits can ask it again."""
    report, key = reports().get(request.form.get("report", "")), request.form.get("key", "")
    if report is None or not _KEY.fullmatch(key):
        abort(404)
    the_asker().stop(key, _answers(access))
    pairs = parse_qsl(request.form.get("question", ""), keep_blank_values=True)
    path = url_for("reports.show", site_name=access.site.name, report_name=report.name)
    return redirect(address(path, [*(pair for pair in pairs if not pair[0].startswith("_")), (STOPPED, "1")]))


def _answers(access: SiteAccess) -> Answers | None:
    folder = access.rooms.views.open(access.site.id).derived
    return Answers(folder) if folder else None


def shortened(result: Result) -> Result:
    """The answer with no block longer than a page or a document should be, which its note then says."""
    if all(len(block.rows) <= MOST_ROWS for block in result.blocks):
        return result
    return replace(result, blocks=[_short(block) for block in result.blocks])


def _short(block: Block) -> Block:
    if len(block.rows) <= MOST_ROWS:
        return block
    said: Text = T("Only {shown} of {n} rows are here; the CSV has all of them.", shown=MOST_ROWS, n=len(block.rows))
    return Block(
        block.id,
        block.kind,
        block.title,
        block.columns,
        block.rows[:MOST_ROWS],
        block.draw,
        block.links[:MOST_ROWS],
        said if block.note is None else T("{note} {more}", note=block.note, more=said),
        block.empty,
    )


def _stopped(error: Stopped) -> Response:
    if not isinstance(error, TooLong):
        response = problem(503, error.message, error.hint)
    else:
        response = problem(504, error.message, error.hint)
    response.headers["Retry-After"] = str(AGAIN)
    return response


def install(app: Flask) -> None:
    """Register the answer to programs, and to who has a shared link, where a question was stopped."""
    app.register_error_handler(Stopped, _stopped)
