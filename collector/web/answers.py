"""Answers of the collect routes: codes, CORS and reasons (REQUIREMENTS C1.7, C2.1, C2.11, C2.14)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Request, Response

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class Refusal(Exception):  # noqa: N818 - an answer, raised to end the request
    """The whole request is refused: HTTP status, a stable code, what to do about it."""

    def __init__(self, status: int, code: str, hint: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.hint = hint
        self.retry_after = retry_after


def asked(request: Request) -> str:
    """What a request asked, for the log: the rule it fits and never its words, which may hold a secret or line ends."""
    return f"{request.method} {request.url_rule.rule if request.url_rule else '(no such address)'}"


def with_cors(response: Response, request: Request) -> Response:
    """Let the page that asked read the answer.

    Errors carry this too, for any origin: they tell nothing but what went wrong, and a tracker that may not read them
    would take a refusal for an ad blocker and retry for ever. A page that is not allowed never gets as far as a 200.
    """
    headers = response.headers
    origin = request.headers.get("Origin")
    if origin:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Expose-Headers"] = "Retry-After, X-Desireline"
    headers["Vary"] = "Origin"
    headers["Cache-Control"] = "no-store"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["X-Content-Type-Options"] = "nosniff"
    return response


def answer(results: Mapping[str, str], visitor: str, mode: str) -> Response:
    """200 with one status an event; says in a header too how many were not kept."""
    body: dict[str, object] = {"results": results}
    if visitor:
        body["visitor"] = visitor
    body["mode"] = mode
    response = Response(_ENCODE(body), mimetype="application/json")
    refused = sorted({status for status in results.values() if status != "ok"})
    if refused:
        response.headers["X-Desireline"] = ", ".join(refused)
    return response


def refused(refusal: Refusal) -> Response:
    """The answer to a request that is refused as a whole."""
    body = json.dumps({"error": refusal.code, "hint": refusal.hint})
    response = Response(body, status=refusal.status, mimetype="application/json")
    response.headers["X-Desireline"] = refusal.code
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def preflight(request: Request) -> Response:
    """The answer to OPTIONS: the tracker needs none, but a proxy or another client may ask."""
    response = with_cors(Response(status=204), request)
    if request.headers.get("Origin"):
        response.headers["Access-Control-Allow-Methods"] = "POST, GET, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
