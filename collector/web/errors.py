"""What people see when something is wrong: their own words back and a hint, never an exception's text."""

from __future__ import annotations

import logging
from contextlib import suppress

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from collector.core.errors import UserError
from collector.store.protocol import LedgerDown
from collector.web.answers import asked
from collector.web.guard import LoginNeeded, to_login
from collector.web.language import gettext
from collector.web.security import PUBLIC_BLUEPRINTS
from collector.web.session import current_user

log = logging.getLogger(__name__)


def wants_json() -> bool:
    """Whether this request asks for a machine's answer."""
    return request.path.endswith(".json")


def wants_text() -> bool:
    """Whether this request asks for a file of rows."""
    return request.path.endswith(".csv")


def problem(status: int, message: str, hint: str = "") -> Response:
    """The error in the form that the request asked for."""
    with suppress(LedgerDown):  # a page of somebody who cannot be looked up is shown as to a stranger
        current_user()
    if wants_json():
        response = jsonify(error=message, hint=hint)
    elif wants_text():
        response = make_response(f"{message} {hint}\n".strip())
        response.mimetype = "text/plain"
    else:
        response = make_response(render_template("error.html", message=message, hint=hint, status=status))
    response.status_code = status
    return response


def _words(status: int) -> tuple[str, str]:
    known = {
        400: (gettext("This request cannot be read."), gettext("Go back and try again.")),
        401: (gettext("This token does not open anything."), gettext("It may be mistyped, revoked, or too old.")),
        403: (gettext("You may not do this."), gettext("Ask an owner of the site.")),
        404: (gettext("There is nothing here."), gettext("The address may be wrong, or not be yours to see.")),
        405: (gettext("This address does not work this way."), gettext("Go back and use the page's own buttons.")),
        410: (gettext("This link opens nothing any more."), gettext("Ask whoever sent it for a new one.")),
        413: (gettext("This is too large."), ""),
        503: (
            gettext("Many questions are being answered just now."),
            gettext("Wait a moment, then load the page again."),
        ),
        429: (gettext("Too many attempts."), gettext("Wait a few minutes, then try again.")),
    }
    return known.get(status, (gettext("Something went wrong here."), gettext("It is in the log. Try again later.")))


def _user_error(error: UserError) -> Response:
    return problem(400, error.message, error.hint)


def _csrf_error(error: CSRFError) -> Response:  # noqa: ARG001 - a handler gets its error
    return problem(400, gettext("This form has expired."), gettext("Go back, load the page again, and send it again."))


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    response = problem(error.code, *_words(error.code))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _login_needed(error: LoginNeeded) -> Response | WerkzeugResponse:  # noqa: ARG001 - a handler gets its error
    if wants_json() or wants_text():
        return problem(401, gettext("Nobody is logged in."), gettext("Log in, then load the page again."))
    return to_login()


def _ledger_down(error: LedgerDown) -> Response:
    log.error("the database cannot be reached while answering %s: %s", asked(request), error)
    message = gettext("The database cannot be reached just now.")
    response = problem(503, message, gettext("Events are still accepted and kept. Load the page again in a minute."))
    response.headers["Retry-After"] = "30"
    return response


def _crash(error: Exception) -> Response:
    log.error("error while answering %s", asked(request), exc_info=error)
    if request.blueprint in PUBLIC_BLUEPRINTS:
        return Response('{"error": "server"}', status=500, mimetype="application/json")
    return problem(500, *_words(500))


def install(app: Flask) -> None:
    """Register the answers for errors."""
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(LoginNeeded, _login_needed)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(LedgerDown, _ledger_down)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)
