"""Gunicorn's threaded worker, with an end to its patience: a client that dribbles must not keep a thread for ever."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class PromptWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A thread waits for a request for `patience` s at most.

    Gunicorn itself waits without end, so that a few dozen connections which never finish their headers would stop
    the whole server. After that time nothing more is read: a request still on its way ends, and one that is being
    answered does not notice.
    """

    patience = 30.0

    def init_process(self) -> None:
        """Start watching, then serve; returns when the worker ends."""
        self._since: dict[Any, float] = {}
        threading.Thread(target=self._watch, name="patience", daemon=True).start()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Read and answer one request."""
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self.patience / 2))
            late = time.monotonic() - self.patience
            for conn, since in list(self._since.items()):
                if since < late:
                    with suppress(OSError):  # gone by itself
                        conn.sock.shutdown(socket.SHUT_RD)
