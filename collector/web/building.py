"""A site's view that is not there yet is built beside the requests that want it, which say so rather than hang.

That is so after an update that changed its form, a restore, or when its folder was deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask, Response, request

from collector.journeys.journeys import Journeys
from collector.journeys.view import ViewStore
from collector.web.errors import problem
from collector.web.language import gettext
from collector.web.pool import Pool

# A small site's view is there by then.
PATIENCE = 3.0
AGAIN = 5


class Building(Exception):  # noqa: N818 - not an error: it will be there
    """The view of a site is being built."""


class _Build:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: Exception | None = None


class PatientViews:
    """The views as pages open them.

    Args:
        leave: called by a thread that built one, before it ends.
    """

    def __init__(self, views: ViewStore, leave: Callable[[], None]) -> None:
        self.patience = PATIENCE
        self._views = views
        self._pool = Pool(leave)
        self._builds: dict[int, _Build] = {}
        self._lock = threading.Lock()

    def refresh(self, site_id: int) -> bool:
        """Bring a site's view up to the ledger; whether there was anything new."""
        return self._views.refresh(site_id)

    def open(self, site_id: int) -> Journeys:
        """The journeys of the view as it stands.

        Raises:
            Building: there is none yet, and its making takes longer than a moment.
        """
        if not self._views.stands(site_id):
            build = self._begun(site_id)
            if not build.done.wait(self.patience):
                raise Building
            if build.error is not None:
                raise build.error
        return self._views.open(site_id)

    def _begun(self, site_id: int) -> _Build:
        with self._lock:
            build = self._builds.get(site_id)
            if build is None:
                build = made = _Build()
                # First: one that no thread works on, because no more can be had, would be waited for ever after.
                self._pool.start(lambda: self._make(site_id, made))
                self._builds[site_id] = build
            return build

    def _make(self, site_id: int, build: _Build) -> None:
        try:
            self._views.refresh(site_id)
        except Exception as error:  # noqa: BLE001 - raised again to whoever waits for it
            build.error = error
        with self._lock:
            del self._builds[site_id]
        build.done.set()


def _said(error: Building) -> Response:  # noqa: ARG001 - a handler gets its error
    response = problem(
        503,
        gettext("The journeys of this site are being put together."),
        gettext("This happens once after an update or a restore. Events are accepted all the while."),
    )
    response.headers["Retry-After"] = str(AGAIN)
    if request.method == "GET":
        response.headers["Refresh"] = str(AGAIN)
    return response


def install(app: Flask) -> None:
    """Register the answer to who asks too early."""
    app.register_error_handler(Building, _said)
