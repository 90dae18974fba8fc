"""What every door does alike: read a body whole, and answer errors so that any sender can read them (C2.1, C2.11)."""

from __future__ import annotations

import logging

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from collector.inbox.box import InboxFull
from collector.ingest.check import MAX_BODY
from collector.store.protocol import LedgerDown
from collector.web.answers import Refusal, asked, refused, with_cors

log = logging.getLogger(__name__)
_FULL_HINT = "The collector has no room for more just now; send the same events again later."


def body_bytes(request: Request) -> bytes:
    """The body as it came, at most `MAX_BODY` bytes.

    Raises:
        Refusal: 413 where it is larger, 400 where it did not arrive whole.
    """
    request.max_content_length = MAX_BODY
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refusal(413, "too_large", f"Send at most {MAX_BODY} bytes in one request.") from None
    except Exception as error:  # noqa: BLE001 - whatever the server raises is about the body
        # A client that went away, or chunks that break the rules of HTTP.
        log.info("a body did not arrive whole: %r", error)
        raise Refusal(400, "broken", "The body did not arrive whole.") from None


def answer_errors(blueprint: Blueprint) -> None:
    """Give a door's blueprint the handlers of everything that keeps it from keeping events."""
    blueprint.register_error_handler(Refusal, _refused)
    blueprint.register_error_handler(InboxFull, _full)
    blueprint.register_error_handler(LedgerDown, _down)
    blueprint.register_error_handler(OSError, _disk)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _crash)


def _refused(error: Refusal) -> Response:
    return with_cors(refused(error), request)


def _full(error: InboxFull) -> Response:
    return _refused(Refusal(503, f"full_{error.reason}", _FULL_HINT, error.retry_after))


def _down(error: LedgerDown) -> Response:  # noqa: ARG001 - the log has it, the page must not
    return _refused(Refusal(503, "no_database", "The collector cannot look up the site just now; send again later.", 5))


def _disk(error: OSError) -> Response:
    log.error("the way in cannot use its disk: %s", error)
    return _full(InboxFull("disk"))


def _http(error: HTTPException) -> Response:
    return _refused(Refusal(error.code or 500, "http", error.description or ""))


def _crash(error: Exception) -> Response:
    # Readable for the page too: a tracker that may not read an answer takes it for an ad blocker (C2.11).
    log.error("error while answering %s", asked(request), exc_info=error)
    return _refused(Refusal(500, "server", "It is in the collector's log; send again later."))
