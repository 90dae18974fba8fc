"""Our styles and scripts: /static/..., compressed once, named with their hash so that they may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.security import safe_join

blueprint = Blueprint("static_files", __name__)
FOLDER = Path(__file__).resolve().parent.parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300"
# Styles lie in a file for each subject and are sent as one, in the order of the files' names.
_JOINED = {"app.css": "styles"}


@dataclass(frozen=True, slots=True)
class File:
    """A file in memory, plain and compressed."""

    plain: bytes
    packed: bytes
    tag: str


@lru_cache(maxsize=64)
def _load(paths: tuple[Path, ...], stamps: tuple[int, ...]) -> File:  # noqa: ARG001 - a new stamp is a new file
    plain = b"".join(path.read_bytes() for path in paths)
    return File(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:12])


def _find(name: str) -> File | None:
    """The file called `name`, None where there is none of a kind that pages use."""
    if name in _JOINED:
        paths = sorted((FOLDER / _JOINED[name]).glob("*.css"))
    else:
        joined = safe_join(str(FOLDER), name)
        paths = [Path(joined)] if joined else []
    if not paths or any(path.suffix not in _TYPES for path in paths):
        return None
    try:
        return _load(tuple(paths), tuple(path.stat().st_mtime_ns for path in paths))
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None


def asset(name: str) -> str:
    """The address of a file of ours, with its hash."""
    found = _find(name)
    return url_for("static_files.file", name=name, v=found.tag if found else None)


@blueprint.get("/static/<path:name>")
def file(name: str) -> Response:
    """A style or script of ours."""
    found = _find(name)
    if found is None:
        abort(404)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(found.packed if packed else found.plain, mimetype=_TYPES[Path(name).suffix])
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(found.tag, weak=True)
    response.headers["Cache-Control"] = _FOR_EVER if request.args.get("v") == found.tag else _SHORT
    response.headers["Vary"] = "Accept-Encoding"
    response.make_conditional(request.environ)
    return response
