"""The people of a site: their roles, and links by which new ones choose a password."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.values import ROLES
from collector.core.errors import UserError
from collector.core.times import DAY
from collector.core.whole import whole
from collector.web.guard import SiteAccess, of_site
from collector.web.language import gettext
from collector.web.origin import link_origin

blueprint = Blueprint("team", __name__)


def _show(
    access: SiteAccess, path: str = "", email: str = "", error: UserError | None = None, known: bool = False
) -> tuple[str, int]:
    catalog = access.rooms.catalog
    members = catalog.members(access.site.id)
    admins = [user for user in catalog.users() if user.admin]
    origin = link_origin()
    page = render_template(
        "site/team.html",
        members=members,
        admins=admins,
        roles=ROLES,
        link=path and origin + path,
        whole=bool(origin),
        known=known,
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
    """Change the role of a member, or invite somebody by a link that is shown this once.

    Somebody new chooses a password by it. Somebody who has an account takes the role by it, logged in: that an account
    goes by an address does not prove that it is that person's, as any owner can have made it.
    """
    rooms = access.rooms
    email, role = request.form.get("email", ""), request.form.get("role", "")
    now = rooms.clock()
    try:
        if role not in ROLES:
            raise UserError(gettext("Choose a role."))
        user = rooms.catalog.user_by_email(email)
        if user is None:
            # Nobody knows this password: the link is the only way in.
            user = rooms.catalog.create_user(email, secrets.token_urlsafe(48), now)
            token = rooms.catalog.issue_token("password", now, DAY, user.id)
            rooms.catalog.set_role(user.id, access.site.id, role)
            return _show(access, url_for("auth.welcome", token=token), user.email)
        if rooms.catalog.role(user, access.site.id) is None:
            token = rooms.catalog.invite(access.site.id, access.user.id, email, role, now, DAY)
            return _show(access, url_for("joining.page", token=token), user.email, known=True)
        rooms.catalog.set_role(user.id, access.site.id, role)
    except UserError as error:
        return _show(access, email=email, error=error)
    flash(gettext("%(email)s has the role now.", email=user.email))
    return _show(access)


@blueprint.post("/<site_name>/team/remove")
@of_site("owner")
def remove(access: SiteAccess) -> Response:
    """Take a role at this site away."""
    members = {member.user.id: member.user for member in access.rooms.catalog.members(access.site.id)}
    number = whole(request.form.get("user", ""))
    if number is None or number not in members:
        abort(404)
    access.rooms.catalog.remove_role(number, access.site.id)
    flash(gettext("%(email)s no longer has a role here.", email=members[number].email))
    return redirect(url_for("team.page", site_name=access.site.name))
