"""The people of a site: their roles, and links by which new ones choose a password."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.values import ROLES
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.web.guard import SiteAccess, of_site
from collector.web.install import collector_origin
from collector.web.language import gettext

blueprint = Blueprint("team", __name__)


def _show(access: SiteAccess, link: str = "", email: str = "", error: UserError | None = None) -> tuple[str, int]:
    catalog = access.rooms.catalog
    members = catalog.members(access.site.id)
    admins = [user for user in catalog.users() if user.admin]
    page = render_template(
        "site/team.html",
        members=members,
        admins=admins,
        roles=ROLES,
        link=link,
        email=email,
        error=error.message if error else "",
        hint=error.hint if error else "",
    )
    return page, 400 if error else 200


@blueprint.get("/<site_name>/team")
@of_site("owner")
def page(access: SiteAccess) -> tuple[str, int]:
    """Who has a role at this site."""
    return _show(access)


@blueprint.post("/<site_name>/team")
@of_site("owner")
def add(access: SiteAccess) -> tuple[str, int]:
    """Give somebody a role; a new user gets a link, shown this once, to choose a password."""
    rooms = access.rooms
    email, role = request.form.get("email", ""), request.form.get("role", "")
    now = rooms.clock()
    try:
        if role not in ROLES:
            raise UserError(gettext("Choose a role."))
        user = rooms.catalog.user_by_email(email)
        fresh = user is None
        if user is None:
            # Nobody knows this password: the link is the only way in.
            user = rooms.catalog.create_user(email, secrets.token_urlsafe(48), now)
        rooms.catalog.set_role(user.id, access.site.id, role)
    except UserError as error:
        return _show(access, email=email, error=error)
    if not fresh:
        flash(gettext("%(email)s has the role now.", email=user.email))
        return _show(access)
    token = rooms.catalog.issue_token("password", now, DAY, user.id)
    return _show(access, link=f"{collector_origin(access)}{url_for('auth.welcome', token=token)}", email=user.email)


@blueprint.post("/<site_name>/team/remove")
@of_site("owner")
def remove(access: SiteAccess) -> Response:
    """Take a role at this site away."""
    members = {member.user.id: member.user for member in access.rooms.catalog.members(access.site.id)}
    number = request.form.get("user", "")
    if not number.isdecimal() or int(number) not in members:
        abort(404)
    access.rooms.catalog.remove_role(int(number), access.site.id)
    flash(gettext("%(email)s no longer has a role here.", email=members[int(number)].email))
    return redirect(url_for("team.page", site_name=access.site.name))
