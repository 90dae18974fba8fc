"""/healthz: the process answers. /readyz: it can put a record on disk."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from collector.inbox.box import InboxFull
from collector.web.door import the_door

blueprint = Blueprint("health", __name__)


def _json(body: dict[str, object], status: int) -> Response:
    response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process answers."""
    return _json({"ok": True}, 200)


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 after a probe was committed to the inbox, 503 with the reason where it was not (C5.3)."""
    try:
        the_door().inbox.get().probe()
    except (InboxFull, OSError) as error:
        return _json({"ready": False, "reason": getattr(error, "reason", "disk")}, 503)
    return _json({"ready": True}, 200)
