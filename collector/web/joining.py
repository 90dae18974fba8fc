"""Taking an invitation: whoever opens its link, logged in, gets the role at the site."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from collector.catalog.invitations import Invitation
from collector.catalog.values import Site
from collector.web.guard import at_least, the_user
from collector.web.guessing import refuse_guessers, wrong_guess
from collector.web.language import gettext
from collector.web.rooms import the_rooms
from collector.web.session import INVITED, current_user

blueprint = Blueprint("joining", __name__)


def _valid(secret: str) -> tuple[Invitation, Site] | None:
    """The invitation and its site, as long as its inviter still owns the site."""
    rooms = the_rooms()
    found = rooms.catalog.invitation(secret, rooms.clock()) if secret else None
    site = rooms.catalog.site(found.site_id) if found else None
    inviter = rooms.catalog.user(found.inviter_id) if found else None
    if found is None or site is None or inviter is None:
        return None
    return (found, site) if at_least(rooms.catalog.role(inviter, site.id), "owner") else None


@blueprint.get("/join")
def page() -> Response | str:
    """Ask whether to take the role. The secret moves into the session first, and waits there for a login."""
    given = request.args.get("token")
    if given is not None:
        session[INVITED] = given[:200]
        return redirect(url_for("joining.page"))
    if current_user() is None and session.get(INVITED):
        flash(gettext("Log in to join the site you are invited to."))
        return redirect(url_for("auth.login", next=url_for("joining.page")))
    refuse_guessers()
    the_user()
    secret = str(session.get(INVITED, ""))
    found = _valid(secret)
    if found is None:
        if secret:
            wrong_guess()
        abort(410)
    invitation, site = found
    return render_template("account/join.html", email=the_user().email, role=invitation.role, at=site.name)


@blueprint.post("/join")
def join() -> Response:
    """Take the role; one that is higher already stays."""
    user, rooms = the_user(), the_rooms()
    secret = str(session.pop(INVITED, ""))
    found = _valid(secret)
    if found is None or rooms.catalog.redeem_invitation(secret, rooms.clock()) is None:
        abort(410)
    invitation, site = found
    if not at_least(rooms.catalog.role(user, site.id), invitation.role):
        rooms.catalog.set_role(user.id, site.id, invitation.role)
    return redirect(url_for("reports.site_home", site_name=site.name))
