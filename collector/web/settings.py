"""A site's settings: name, zone, origins, payment providers, retargeting marks, goals, the secret key."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.check_domain import shared_domain
from collector.catalog.values import Goal, Retargeting
from collector.core.errors import UserError
from collector.core.people_text import parse_one
from collector.web.bots import agree_on_places
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.sites import zones
from collector.web.suggestions import suggest

blueprint = Blueprint("settings", __name__)
_FIELDS = ("name", "timezone", "origins", "payment_domains", "cookie_domain")


def _now(access: SiteAccess) -> dict[str, str]:
    """The settings as the form's texts."""
    record = access.record
    return {
        "name": record.name,
        "timezone": record.timezone,
        "origins": "\n".join(record.origins),
        "payment_domains": "\n".join(record.payment_domains),
        "cookie_domain": record.options.cookie_domain,
        "retargeting": "\n".join(f"{mark.field} {mark.pattern}" for mark in record.retargeting),
    }


def _show(access: SiteAccess, values: dict[str, str], error: UserError | None = None) -> tuple[str, int]:
    journeys = access.rooms.views.open(access.site.id)
    page = render_template(
        "site/settings.html",
        values=values,
        error=error.message if error else "",
        hint=error.hint if error else "",
        zones=zones(),
        goals=access.record.goals,
        shared_domain=shared_domain(access.record.origins),
        suggestions=suggest(journeys, ""),
    )
    return page, 400 if error else 200


@blueprint.get("/<site_name>/settings")
@of_site("editor")
def page(access: SiteAccess) -> tuple[str, int]:
    """The settings."""
    return _show(access, _now(access))


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


@blueprint.post("/<site_name>/settings")
@of_site("owner")
def save(access: SiteAccess) -> Response | tuple[str, int]:
    """Change the settings."""
    given = {name: request.form.get(name, "") for name in (*_FIELDS, "retargeting")}
    marks = [line.split(None, 1) for line in given["retargeting"].splitlines() if line.strip()]
    try:
        changed = access.rooms.catalog.update_site(
            access.site.id,
            name=given["name"].strip().lower(),
            timezone=given["timezone"],
            origins=_words(given["origins"]),
            payment_domains=_words(given["payment_domains"]),
            cookie_domain=given["cookie_domain"],
            retargeting=[Retargeting(mark[0], mark[1].strip() if len(mark) > 1 else "") for mark in marks],
        )
    except UserError as error:
        return _show(access, given, error)
    if changed.origins != access.record.origins:
        agree_on_places(access, changed)
    flash(gettext("The settings are saved."))
    return redirect(url_for("settings.page", site_name=changed.name))


@blueprint.post("/<site_name>/settings/goals")
@of_site("editor")
def add_goal(access: SiteAccess) -> Response:
    """Add a goal, or replace the one of that name."""
    form = request.form
    made = Goal(
        form.get("goal_name", "").strip(),
        str(parse_one(form.get("matcher", ""))),
        form.get("value_property", "").strip(),
        form.get("currency", "").strip(),
    )
    others = [goal for goal in access.record.goals if goal.name != made.name]
    access.rooms.catalog.update_site(access.site.id, goals=[*others, made])
    flash(gettext("The goal “%(name)s” is set.", name=made.name))
    return redirect(url_for("settings.page", site_name=access.site.name))


@blueprint.post("/<site_name>/settings/goals/delete")
@of_site("editor")
def delete_goal(access: SiteAccess) -> Response:
    """Take a goal away; its events stay."""
    name = request.form.get("goal_name", "")
    access.rooms.catalog.update_site(access.site.id, goals=[goal for goal in access.record.goals if goal.name != name])
    flash(gettext("The goal “%(name)s” is taken away.", name=name))
    return redirect(url_for("settings.page", site_name=access.site.name))


@blueprint.post("/<site_name>/settings/secret")
@of_site("owner")
def new_secret(access: SiteAccess) -> str:
    """Make a new secret key for server-side events and show it this once."""
    secret = access.rooms.catalog.new_secret_key(access.site.id)
    return render_template("site/secret.html", secret=secret)
