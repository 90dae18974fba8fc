"""The tracker's files: /t.js and its optional companions with a short cache, /t/<hash>.js for ever (A7.4, A7.5)."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request

from collector.web.door import the_door

blueprint = Blueprint("tracker_files", __name__)
_HASHED = re.compile(r"[A-Za-z0-9._-]{1,100}\.js")
_SHORT = "public, max-age=3600"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Script:
    """A script in memory, plain and compressed."""

    plain: bytes
    packed: bytes
    etag: str


@lru_cache(maxsize=64)
def _load(path: Path, stamp: int) -> Script:  # noqa: ARG001 - a new stamp is a new file
    plain = path.read_bytes()
    return Script(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:32])


def _serve(path: Path, cache: str) -> Response:
    """The file at `path` as a script that any site may include."""
    try:
        script = _load(path, path.stat().st_mtime_ns)
    except OSError:
        abort(404)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(script.packed if packed else script.plain, mimetype="text/javascript")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    # Weak, because the same script has two encodings.
    response.set_etag(script.etag, weak=True)
    response.headers["Cache-Control"] = cache
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Access-Control-Allow-Origin"] = "*"  # a script with an integrity hash is fetched by CORS
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response


@blueprint.get("/t.js")
def tracker() -> Response:
    """The tracker."""
    return _serve(the_door().dist / "t.js", _SHORT)


@blueprint.get("/chat.js")
def chat() -> Response:
    """The optional script of chat adapters."""
    return _serve(the_door().dist / "chat.js", _SHORT)


@blueprint.get("/linker.js")
def linker() -> Response:
    """The optional script for sites on several hosts."""
    return _serve(the_door().dist / "linker.js", _SHORT)


@blueprint.get("/experiment.js")
def experiment() -> Response:
    """The optional script that says what a browser is shown in an experiment."""
    return _serve(the_door().dist / "experiment.js", _SHORT)


@blueprint.get("/t/<name>")
def hashed(name: str) -> Response:
    """A copy that never changes, named by its hash."""
    if not _HASHED.fullmatch(name):
        abort(404)
    return _serve(the_door().dist / "t" / name, _FOR_EVER)
