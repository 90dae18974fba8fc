"""First setup, login by password or by a one-time link, new passwords, logout."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from collector.catalog.values import Purpose
from collector.core.errors import UserError
from collector.web.address import local_path
from collector.web.guard import signed_in, the_user
from collector.web.guessing import refuse_guessers, wrong_guess
from collector.web.language import gettext
from collector.web.rooms import the_rooms
from collector.web.session import current_user, sign_in, sign_out

blueprint = Blueprint("auth", __name__)


def _kept_token(purpose: Purpose, endpoint: str) -> Response | str:
    """A token in the address moves into the session and the address is asked for again without it (D21)."""
    refuse_guessers()
    given = request.args.get("token")
    if given is not None:
        session[f"token:{purpose}"] = given[:200]
        return redirect(url_for(endpoint))
    return str(session.get(f"token:{purpose}", ""))


def _invalid_link(hint: str, secret: str) -> tuple[str, int]:
    if secret:
        wrong_guess()
    message = gettext("This link has been used or is too old.")
    return render_template("error.html", message=message, hint=hint, status=410), 410


@blueprint.route("/setup", methods=["GET", "POST"])
def setup() -> Response | str | tuple[str, int]:
    """Make the first account, for whoever can read the server's terminal (D13)."""
    rooms = the_rooms()
    token = _kept_token("setup", "auth.setup")
    if not isinstance(token, str):
        return token
    now = rooms.clock()
    if rooms.catalog.users() or not token or rooms.catalog.peek_token("setup", token, now) is None:
        return _invalid_link(
            gettext("Start the server again: it prints a new link until the first account is made."), token
        )
    email, error, hint = "", "", ""
    if request.method == "POST":
        email = request.form.get("email", "")
        try:
            user = rooms.catalog.create_user(email, request.form.get("password", ""), now, admin=True)
        except UserError as problem:
            error, hint = problem.message, problem.hint
        else:
            rooms.catalog.redeem_token("setup", token, now)
            sign_in(user, now)
            return redirect(url_for("sites.home"))
    return render_template("auth/setup.html", email=email, error=error, hint=hint)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Response | str | tuple[str, int, dict[str, str]]:
    """Email and password."""
    target = local_path(request.values.get("next"))
    if request.method == "GET":
        if current_user() is not None:
            return redirect(target or url_for("sites.home"))
        return render_template("auth/login.html", email="", error="", hint="", next=target or "")
    rooms = the_rooms()
    now = rooms.clock()
    email = request.form.get("email", "")
    result = rooms.catalog.check_login(email, request.form.get("password", ""), request.remote_addr or "", now)
    if result.user is not None:
        sign_in(result.user, now)
        return redirect(target or url_for("sites.home"))
    if result.retry_after:
        error, hint = gettext("Too many attempts."), gettext("Wait a few minutes, then try again.")
        status, headers = 429, {"Retry-After": str(result.retry_after)}
    else:
        error, hint = gettext("The email and the password do not belong together."), ""
        status, headers = 400, {}
    page = render_template("auth/login.html", email=email, error=error, hint=hint, next=target or "")
    return page, status, headers


@blueprint.get("/login/once")
def once() -> Response | tuple[str, int]:
    """A one-time link from the terminal or from an owner: it is exchanged for a session at once."""
    # A browser that fetches ahead, or a HEAD request of a link preview, must not use the link up.
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        abort(403)
    refuse_guessers()
    rooms = the_rooms()
    now = rooms.clock()
    secret = request.args.get("token", "")[:200]
    token = rooms.catalog.redeem_token("login", secret, now)
    user = rooms.catalog.user(token.user_id) if token and token.user_id is not None else None
    if user is None:
        return _invalid_link(gettext("Ask for a new one, or log in with your password."), secret)
    sign_in(user, now)
    return redirect(local_path(request.args.get("next")) or url_for("sites.home"))


@blueprint.route("/welcome", methods=["GET", "POST"])
def welcome() -> Response | str | tuple[str, int]:
    """A new user, or one who forgot, chooses a password."""
    rooms = the_rooms()
    kept = _kept_token("password", "auth.welcome")
    if not isinstance(kept, str):
        return kept
    now = rooms.clock()
    token = rooms.catalog.peek_token("password", kept, now) if kept else None
    user = rooms.catalog.user(token.user_id) if token and token.user_id is not None else None
    if user is None:
        return _invalid_link(gettext("Ask an owner for a new one."), kept)
    error, hint = "", ""
    if request.method == "POST":
        try:
            user = rooms.catalog.set_password(user.id, request.form.get("password", ""))
        except UserError as problem:
            error, hint = problem.message, problem.hint
        else:
            rooms.catalog.redeem_token("password", kept, now)
            sign_in(user, now)
            return redirect(url_for("sites.home"))
    return render_template("auth/welcome.html", email=user.email, error=error, hint=hint)


@blueprint.route("/password", methods=["GET", "POST"])
@signed_in
def password() -> Response | str:
    """Change one's own password: every other session ends."""
    rooms, user = the_rooms(), the_user()
    error, hint = "", ""
    if request.method == "POST":
        now = rooms.clock()
        known = rooms.catalog.check_login(user.email, request.form.get("current", ""), request.remote_addr or "", now)
        try:
            if known.user is None:
                raise UserError(gettext("The password now is not this one."))
            changed = rooms.catalog.set_password(user.id, request.form.get("password", ""))
        except UserError as problem:
            error, hint = problem.message, problem.hint
        else:
            sign_in(changed, now)
            flash(gettext("The password is changed. Other browsers are logged out, and API tokens have ended."))
            return redirect(url_for("sites.home", all=1))
    return render_template("auth/password.html", error=error, hint=hint)


@blueprint.post("/logout")
def logout() -> Response:
    """End this browser's session."""
    sign_out()
    return redirect(url_for("auth.login"))
