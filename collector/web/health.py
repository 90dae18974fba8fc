"""/healthz: the process answers. /readyz: it can put a record on disk, and how the rest is."""

from __future__ import annotations

import json
import threading

from flask import Blueprint, Response, current_app

from collector.core.times import SECOND
from collector.inbox.box import SCARCE, InboxFull, free_bytes
from collector.inbox.look import held, waiting
from collector.store.protocol import Ledger, LedgerDown
from collector.web.door import the_door
from collector.web.rooms import EXTENSION, Rooms

blueprint = Blueprint("health", __name__)
BEHIND = 60 * SECOND  # what waits longer than this, the loader does not get done
# A database that does not even refuse must not make a server that takes events look dead.
PATIENCE = 0.5


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
    """200 after a probe was committed to the inbox, 503 with the reason where it was not (C5.3).

    What else is wrong stands in `checks`, and `degraded` says that something is; events are accepted all the same.
    """
    rooms: Rooms | None = current_app.extensions.get(EXTENSION)
    reason = _probe()
    body: dict[str, object] = {"ready": not reason}
    if reason:
        body["reason"] = reason
    if rooms is not None:
        checks = {"inbox": reason or "ok", **_checks(rooms)}
        body |= {"degraded": set(checks.values()) != {"ok"}, "checks": checks}
    response = _json(body, 503 if reason else 200)
    if reason:
        response.headers["Retry-After"] = "5"
    return response


def _probe() -> str:
    """Why no record can be kept, "" where one was."""
    try:
        the_door().inbox.get().probe()
    except (InboxFull, OSError) as error:
        return getattr(error, "reason", "disk")
    return ""


def _checks(rooms: Rooms) -> dict[str, str]:
    """A word on each part that events need later: "ok", or what is wrong with it."""
    return {"disk": _disk(rooms), "database": database(rooms.ledger), "loader": _loader(rooms)}


def _disk(rooms: Rooms) -> str:
    free, floor = free_bytes(rooms.settings.data), rooms.settings.disk_floor
    return "full" if free < floor else "short" if free < SCARCE * floor else "ok"


def _loader(rooms: Rooms) -> str:
    if not held(rooms.settings.data / "loader.lock"):
        return "stopped"
    since = [box.since for box in waiting(rooms.settings.inbox) if box.since]
    return "behind" if since and rooms.clock() - min(since) > BEHIND else "ok"


def database(ledger: Ledger) -> str:
    """Whether the ledger answers, soon, and has the tables of this version: "ok", "slow", "down" or "not_migrated"."""
    found = ["slow"]

    def look() -> None:
        try:
            found[0] = "ok" if ledger.migrated() else "not_migrated"
            ledger.close()  # this thread's connection
        except LedgerDown:
            found[0] = "down"

    asking = threading.Thread(target=look, name="ready", daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return found[0]
