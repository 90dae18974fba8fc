"""What every page says to the browser about what it may do (REQUIREMENTS D4, D22)."""

from __future__ import annotations

from flask import Flask, Response, request

# Only our own files run or style; no inline script, style or event handler, so injected text stays text.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
# The way in and the tracker's files are made for other sites and say their own.
PUBLIC_BLUEPRINTS = frozenset(
    ("collect", "segment", "hooks", "impression", "linker", "tracker_files", "health", "metrics")
)


# One host, so that no other name of the domain is bound by it; only where the public address says https.
_STRICT = "max-age=31536000"


def install(app: Flask, https: bool) -> None:
    """Put the headers on every answer that is not for other sites; pages of people are never cached."""

    @app.after_request
    def _headers(response: Response) -> Response:
        if request.blueprint in PUBLIC_BLUEPRINTS:
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https and request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _STRICT)
        if request.blueprint != "static_files":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
