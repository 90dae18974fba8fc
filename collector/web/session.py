"""Who is signed in: a signed cookie that the server can end, by age, by idleness, or by the user's session epoch."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import Forbidden

from collector.catalog.values import User
from collector.core.times import DAY, MINUTE
from collector.web.rooms import Rooms, the_rooms
from collector.web.security import PUBLIC_BLUEPRINTS

IDLE = 7 * DAY
ABSOLUTE = 30 * DAY
_TOUCH = 5 * MINUTE
INVITED = "token:join"


class Cookies(SecureCookieSessionInterface):
    """Secure wherever the request came by https, even where the public address is not set."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie must stay on https."""
        return bool(app.config["SESSION_COOKIE_SECURE"]) or request.is_secure


def install(app: Flask, rooms: Rooms) -> None:
    """Set the cookie's properties (D11) and refuse state changes that other sites started (D12)."""
    https = rooms.settings.public_url.startswith("https://")
    app.session_interface = Cookies()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-desireline" if https else "desireline",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(milliseconds=ABSOLUTE),
        # Our own `seen` decides when the cookie is written again, so that reading pages does not set cookies.
        SESSION_REFRESH_EACH_REQUEST=False,
    )

    @app.before_request
    def _foreign() -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.blueprint in PUBLIC_BLUEPRINTS:
            return
        if _from_elsewhere(rooms.settings.public_url):
            raise Forbidden


def _from_elsewhere(public_url: str) -> bool:
    """Whether the browser says that a page of another site sent this. What says nothing has the form's token still."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] not in (request.host, public_url.partition("://")[2])


def sign_in(user: User, now: int) -> None:
    """Begin a new session for the user; whatever the old one held is gone (no fixation).

    But for an invitation that waits for this login: taking it is asked for once more.
    """
    invited = session.get(INVITED)
    session.clear()
    if isinstance(invited, str):
        session[INVITED] = invited
    session.permanent = True
    session["id"] = secrets.token_urlsafe(16)
    session["user"] = user.id
    session["epoch"] = user.epoch
    session["begun"] = session["seen"] = now
    g.pop("user", None)


def sign_out() -> None:
    """End this session, also for whoever may have copied its cookie."""
    number, begun = session.get("id"), session.get("begun")
    session.clear()
    g.user = None
    if isinstance(number, str) and isinstance(begun, int):
        rooms = the_rooms()
        rooms.catalog.end_session(number, rooms.clock(), begun + ABSOLUTE)


def current_user() -> User | None:
    """The signed-in user, None where there is none or the session is over."""
    if "user" not in g:
        g.user = None  # for the page that says so, where the database is down
        g.user = _read()
    found: User | None = g.user
    return found


def _read() -> User | None:
    number, epoch = session.get("user"), session.get("epoch")
    begun, seen, own = session.get("begun"), session.get("seen"), session.get("id")
    if not (isinstance(number, int) and isinstance(begun, int) and isinstance(seen, int) and isinstance(own, str)):
        return None
    rooms = the_rooms()
    now = rooms.clock()
    user = rooms.catalog.user(number)
    over = now - begun > ABSOLUTE or now - seen > IDLE
    if user is None or user.epoch != epoch or over or rooms.catalog.session_ended(own, now):
        session.clear()
        return None
    if now - seen > _TOUCH:
        session["seen"] = now
    return user
