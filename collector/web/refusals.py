"""Requests that the door refused lately, kept across workers so that the install page can say what is wrong."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from flask import Flask, Response, g, request

from collector.atomic import replace_text
from collector.core.times import HOUR, SECOND

_KEPT = 100
_CUT = 200
_PATTERN = "refusals-*.json"


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused request: the site it was for (0 where its key is unknown), why, from which origin, and when."""

    site: int
    code: str
    origin: str
    time: int


class Refusals:
    """The last refusals of every worker. Each worker has a file of its own, written once a second at most."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: deque[Refused] = deque(maxlen=_KEPT)
        self._written = 0
        self._lock = Lock()

    def note(self, refused: Refused) -> None:
        """Remember a refusal."""
        with self._lock:
            self._kept.append(refused)
            if abs(refused.time - self._written) < SECOND:
                return
            self._written = refused.time
            text = json.dumps([asdict(one) for one in self._kept])
        path = self._folder / f"refusals-{os.getpid()}.json"
        try:
            replace_text(path, text)
            self._sweep(refused.time)
        except OSError:
            # A full disk must not turn a refusal into an error: the page just knows less.
            return

    def recent(self, site: int, since: int) -> list[Refused]:
        """The site's refusals since an instant, of all workers, the latest first."""
        with self._lock:
            found = set(self._kept)
        for path in self._folder.glob(_PATTERN):
            try:
                found |= {Refused(**row) for row in json.loads(path.read_text())}
            except (OSError, ValueError, TypeError):
                continue  # being replaced, or left by another version
        fitting = [one for one in found if one.site == site and one.time >= since]
        return sorted(fitting, key=lambda one: -one.time)

    def _sweep(self, now: int) -> None:
        """Remove what workers that are gone have left."""
        for path in self._folder.glob(_PATTERN):
            if now - path.stat().st_mtime * SECOND > HOUR:
                path.unlink(missing_ok=True)


def install(app: Flask, refusals: Refusals, clock: Callable[[], int]) -> None:
    """Note each answer of the way in that refuses a browser for its key or its origin."""

    @app.after_request
    def _note(response: Response) -> Response:
        if request.blueprint in ("collect", "segment") and response.status_code in (401, 403):
            code = response.headers.get("X-Desireline", "")
            origin = request.headers.get("Origin", "")[:_CUT]
            refusals.note(Refused(g.get("collect_site", 0), code[:_CUT], origin, clock()))
        return response
