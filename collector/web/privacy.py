"""Privacy: how much is kept of visitors, how long, what never; the consent log; erased people; the end of a site."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from collector.catalog.values import EXEMPT_DAYS, POLICIES, PRESETS
from collector.consents import CONSENT_COLUMNS, consent_rows
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.core.write import csv_lines
from collector.erasing import delete_site
from collector.web.format import ago, count, moment
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext

blueprint = Blueprint("privacy", __name__)
_FIELDS = (
    "preset",
    "retention_days",
    "denied_properties",
    "mask_click_ids",
    "notice_version",
    "policy_gpc",
    "policy_dnt",
    "hidden_parameters",
)
_TABLES = ("event", "visitor", "link", "person", "quarantine", "consent", "kind", "page", "source", "agent_text")
# A site with more events is emptied by the loader: a page must answer within seconds.
_AT_ONCE = 100_000


def _now(access: SiteAccess) -> dict[str, str]:
    options, record = access.record.options, access.record
    return {
        "preset": options.preset,
        "retention_days": str(options.retention_days),
        "denied_properties": "\n".join(options.denied_properties),
        "mask_click_ids": "1" if options.mask_click_ids else "",
        "notice_version": options.notice_version,
        "policy_gpc": record.policy_gpc,
        "policy_dnt": record.policy_dnt,
        "hidden_parameters": "\n".join(record.hidden_parameters),
    }


def table_words(table: str) -> str:
    """What a table of the ledger is called on pages."""
    return {
        "event": gettext("Events"),
        "visitor": gettext("Browsers"),
        "link": gettext("Links to users"),
        "person": gettext("Known people"),
        "quarantine": gettext("In quarantine"),
        "consent": gettext("Lines of the consent log"),
        "kind": gettext("Names of events"),
        "page": gettext("Pages"),
        "source": gettext("Sources"),
        "agent_text": gettext("User agents of robots"),
    }.get(table, table)


def _counted(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(table_words(table), count(counts[table])) for table in _TABLES if counts.get(table)]


def _show(
    access: SiteAccess,
    values: Mapping[str, str],
    error: UserError | None = None,
    estimate: Mapping[str, int] | None = None,
    days: int = 0,
) -> tuple[str, int]:
    rooms, site = access.rooms, access.site
    run, now = rooms.ledger.last_expiry(site.id), rooms.clock()
    page = render_template(
        "site/privacy.html",
        values=values,
        presets=PRESETS,
        policies=POLICIES,
        most_exempt=EXEMPT_DAYS,
        error=error.message if error else "",
        hint=error.hint if error else "",
        estimate=None if estimate is None else _counted(estimate),
        estimate_days=days,
        last_run=None
        if run is None
        else {
            "when": ago(run.time, now),
            "before": moment(run.before, site.zone),
            "counts": _counted(run.counts),
        },
        kept_days=access.record.options.kept_days,
        has_consents=bool(rooms.ledger.consents(site.id, 0, 1)),
        erased=count(rooms.ledger.suppressions(site.id)),
        events=count(rooms.ledger.counts(site.id).get("events", 0)),
    )
    return page, 400 if error else 200


@blueprint.get("/<site_name>/privacy")
@of_site("owner")
def page(access: SiteAccess) -> tuple[str, int]:
    """What is kept, and how long."""
    return _show(access, _now(access))


@blueprint.post("/<site_name>/privacy")
@of_site("owner")
def save(access: SiteAccess) -> Response | tuple[str, int]:
    """Change it; where that deletes something, first say how much."""
    rooms = access.rooms
    given = {name: request.form.get(name, "").strip() for name in _FIELDS}
    try:
        days = _whole(given["retention_days"])
        before = access.record.options.kept_days
        kept = min(days or EXEMPT_DAYS, EXEMPT_DAYS) if given["preset"] == "exempt" else days
        shorter = kept > 0 and (before == 0 or kept < before)
        told = request.form.get("told", "") == str(kept)
        if request.form.get("preview") or (shorter and not told):
            estimate = rooms.ledger.old_counts(access.site.id, rooms.clock() - kept * DAY) if kept else {}
            return _show(access, given, estimate=estimate, days=kept)
        rooms.catalog.update_site(
            access.site.id,
            preset=given["preset"],
            retention_days=days,
            denied_properties=given["denied_properties"].splitlines(),
            mask_click_ids=bool(given["mask_click_ids"]),
            notice_version=given["notice_version"],
            policy_gpc=given["policy_gpc"],
            policy_dnt=given["policy_dnt"],
            hidden_parameters=given["hidden_parameters"].replace(",", " ").split(),
        )
    except UserError as error:
        return _show(access, given, error)
    flash(gettext("The settings are saved. They hold for what comes from now on."))
    return redirect(url_for("privacy.page", site_name=access.site.name))


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise UserError(
            gettext("“%(text)s” is not a number of days.", text=text), gettext("Write 0 to keep everything.")
        )
    return int(text)


@blueprint.get("/<site_name>/privacy/consent.csv")
@of_site("owner")
def consent(access: SiteAccess) -> FlaskResponse:
    """The consent log as CSV (REQUIREMENTS E9)."""
    rows = ([str(cell) for cell in row.values()] for row in consent_rows(access.rooms.ledger, access.site.id))
    response = FlaskResponse(csv_lines(CONSENT_COLUMNS, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{access.site.name}-consent.csv"'
    return response


@blueprint.post("/<site_name>/privacy/unforget")
@of_site("owner")
def unforget(access: SiteAccess) -> Response:
    """Let somebody who was erased be counted again."""
    key = request.form.get("key", "").strip()
    if access.rooms.ledger.lift(access.site.id, key, access.rooms.clock()):
        flash(gettext("Counted again from now on. What was erased stays erased."))
    else:
        flash(gettext("Nobody erased has this user id or key."), "warning")
    return redirect(url_for("privacy.page", site_name=access.site.name))


@blueprint.post("/<site_name>/privacy/delete")
@of_site("owner")
def delete(access: SiteAccess) -> Response | tuple[str, int]:
    """Delete the site with everything in it, once its name has been typed."""
    name = access.site.name
    if request.form.get("confirm_name", "").strip() != name:
        problem = UserError(gettext("Nothing was deleted."), gettext("Type the site’s name exactly as it is shown."))
        return _show(access, _now(access), problem)
    rooms = access.rooms
    small = rooms.ledger.counts(access.site.id).get("events", 0) <= _AT_ONCE
    data, inbox = rooms.settings.data, rooms.settings.inbox
    delete_site(rooms.ledger, rooms.catalog, data, inbox, access.site.id, rooms.clock(), at_once=small)
    if small:
        flash(gettext("The site %(name)s is deleted with everything in it.", name=name))
    else:
        flash(
            gettext("The site %(name)s is deleted. Its events are being removed, which takes some minutes.", name=name)
        )
    return redirect(url_for("sites.home", all=1))
