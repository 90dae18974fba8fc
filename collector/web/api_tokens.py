"""A user's API tokens: made, listed and revoked by their user."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.catalog.access import ApiToken
from collector.core.errors import UserError
from collector.core.whole import whole
from collector.web.guard import signed_in, the_user, visible_sites
from collector.web.language import gettext
from collector.web.lives import chosen_life, lives, on_day
from collector.web.origin import link_origin
from collector.web.rooms import the_rooms

blueprint = Blueprint("api_tokens", __name__)


def _row(token: ApiToken, names: dict[int, str]) -> dict[str, object]:
    """A token in words; a site that its user lost is named no more."""
    return {
        "id": token.id,
        "name": token.name,
        "start": token.start,
        "sites": ", ".join(names.get(site, "–") for site in token.sites) or gettext("every site of yours"),
        "created": on_day(token.created),
        "until": on_day(token.expires) or gettext("no end"),
        "used": on_day(token.used) or gettext("never"),
    }


def _show(secret: str = "", error: UserError | None = None) -> tuple[str, int]:
    rooms, user = the_rooms(), the_user()
    sites = visible_sites(user)
    names = {site.id: site.name for site in sites}
    page = render_template(
        "account/tokens.html",
        rows=[_row(token, names) for token in rooms.catalog.api_tokens(user, rooms.clock())],
        sites=sites,
        lives=lives(),
        name=request.form.get("name", "") if error else "",
        secret=secret,
        origin=link_origin(),
        error=error.message if error else "",
        hint=error.hint if error else "",
    )
    return page, 400 if error else 200


@blueprint.get("/tokens")
@signed_in
def page() -> tuple[str, int]:
    """The user's tokens."""
    return _show()


@blueprint.post("/tokens")
@signed_in
def make() -> tuple[str, int]:
    """Make a token and show it this once."""
    rooms, user = the_rooms(), the_user()
    known = {str(site.id) for site in visible_sites(user)}
    chosen = request.form.getlist("site")
    try:
        if not set(chosen) <= known:
            raise UserError(gettext("Choose sites of yours."))
        if request.form.get("scope") == "some" and not chosen:
            raise UserError(gettext("No site is chosen."), gettext("Tick at least one, or choose every site."))
        sites = [int(number) for number in chosen] if request.form.get("scope") == "some" else []
        name, life = request.form.get("name", ""), chosen_life(request.form.get("life", ""))
        _, secret = rooms.catalog.make_api_token(user, name, sites, rooms.clock(), life)
    except UserError as error:
        return _show(error=error)
    return _show(secret=secret)


@blueprint.post("/tokens/revoke")
@signed_in
def revoke() -> Response:
    """End a token of the user's."""
    number = whole(request.form.get("token", ""))
    if number is None or not the_rooms().catalog.revoke_api_token(the_user().id, number):
        abort(404)
    flash(gettext("The token is revoked: it opens nothing any more."))
    return redirect(url_for("api_tokens.page"))
