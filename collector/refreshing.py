"""Tells others which sites got events: at once for the first, then a few times a second, never in the loader's way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Debounce:
    """Calls `callback` with the touched site ids from a thread of its own, with a pause of `interval` s between calls.

    A call that fails is repeated with the next ones, so that no site is left behind.
    """

    def __init__(self, callback: Callable[[frozenset[int]], None], interval: float = 0.25) -> None:
        self._callback = callback
        self._interval = interval
        self._waiting: set[int] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)
        self._thread.start()

    def __call__(self, sites: frozenset[int]) -> None:
        """Note that these sites got events."""
        with self._lock:
            self._waiting |= sites
        self._wake.set()

    def close(self) -> None:
        """Call for what waits, then end."""
        self._stop.set()
        self._wake.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            failed = not self._call()
            self._stop.wait(self._interval * (8 if failed else 1))
        self._call()

    def _call(self) -> bool:
        with self._lock:
            sites, self._waiting = frozenset(self._waiting), set()
        if not sites:
            return True
        try:
            self._callback(sites)
        except Exception:
            log.exception("refreshing sites %s failed", sorted(sites))
            with self._lock:
                self._waiting |= sites
            self._wake.set()
            return False
        return True
