"""The server: gunicorn in this process, its workers, and the loader beside them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from collector.app import close_app, create_app
from collector.atomic import replace_text
from collector.catalog.catalog import Catalog
from collector.settings import Settings, load_keys, read_settings
from collector.store.open import open_ledger
from collector.worker import PromptWorker

log = logging.getLogger("gunicorn.error")
NOTE = "server.json"
NOTED = ("host", "port", "public_url", "trusted_proxies", "disk_floor", "inbox_bytes")
# How long after a loader that could not be started (no memory, too many processes) another is tried, in seconds.
AGAIN = 2.0
_SHM = Path("/dev/shm")  # noqa: S108 - a heartbeat file on a disk that stalls would get its worker killed (C4.4)


class LoaderChild:
    """Keeps one loader process running while the server does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="loader", daemon=True)

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._thread.start()

    def stop(self) -> None:
        """Have what the workers left drained, and end it by force where that takes too long."""
        self._stop.set()
        self._thread.join()
        process = self._process
        if process is None or process.poll() is not None:
            try:
                process = self._spawn()
            except OSError as error:
                log.error("No loader can be started (%s); what the workers left is loaded at the next start.", error)
                return
        process.terminate()
        try:
            process.wait(self._settings.drain_seconds + 5)
        except subprocess.TimeoutExpired:
            log.error("The loader did not end in time; what it left is loaded at the next start.")
            process.kill()
            process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        # Inherited by the child, which lifts it once it can drain: a TERM while it starts must not kill it outright.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            # -P: modules of the folder that somebody happens to be in are none of ours.
            command = [sys.executable, "-P", "-m", "collector.loader", str(os.getpid())]
            return subprocess.Popen(command, env=self._settings.environment())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self._process = self._spawn()
            except OSError as error:
                log.error("The loader cannot be started (%s); events wait in the inbox, and it is tried again.", error)
                self._stop.wait(AGAIN)
                continue
            while self._process.poll() is None:
                if self._stop.wait(0.2):
                    return
            log.warning("The loader ended; starting another.")
            self._stop.wait(0.3)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our settings; every worker makes its own app after the fork (REQUIREMENTS C3.4)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loader = LoaderChild(settings)
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's options (REQUIREMENTS C4)."""
        settings = self._settings
        PromptWorker.patience = settings.patience_seconds
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "bind": [f"{host}:{settings.port}"],
            "workers": settings.workers,
            "worker_class": PromptWorker,
            "threads": settings.threads,
            "timeout": 60,
            "graceful_timeout": 30,
            "keepalive": 15,
            # A pixel's address holds a page's and its referrer's; a page's own cookies come along with every request.
            "limit_request_line": 8_190,
            "limit_request_field_size": 32_768,
            "worker_tmp_dir": str(_SHM) if _SHM.is_dir() and os.access(_SHM, os.W_OK) else None,
            "accesslog": None,
            "loglevel": "warning",
            # Who the client is, is decided by ProxyFix and the number of trusted proxies alone.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "proc_name": "desireline",
            "when_ready": self._ready,
            "on_exit": self._ended,
            "worker_exit": _worker_exit,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def _ready(self, server: object) -> None:  # noqa: ARG002 - gunicorn's hook
        self._loader.start()
        note_start(self._settings)

    def _ended(self, server: object) -> None:  # noqa: ARG002 - gunicorn's hook
        self._loader.stop()

    def load(self) -> Flask:
        """The app of one worker."""
        return create_app(self._settings)


def note_start(settings: Settings) -> None:
    """Leave word of what this server was started with, for the doctor, whose shell seldom has the same variables."""
    told = {name: getattr(settings, name) for name in NOTED}
    try:
        replace_text(settings.data / NOTE, json.dumps(told))
    except OSError as error:
        log.warning("%s cannot be written: %s", NOTE, error)


def _worker_exit(server: object, worker: Any) -> None:  # noqa: ARG001 - gunicorn's hook
    app = getattr(worker, "wsgi", None)
    if isinstance(app, Flask):
        close_app(app)


def serve(settings: Settings) -> None:
    """Bring the database up to date, then serve until TERM; does not return.

    Raises:
        UserError: the data folder, the keys or the database cannot be used.
    """
    load_keys(settings)
    ledger, catalog = open_ledger(settings.database), Catalog(settings.database)
    ledger.migrate()
    catalog.migrate()
    # Nothing is open when the workers fork.
    ledger.close()
    catalog.close()
    Server(settings).run()


if __name__ == "__main__":
    serve(read_settings())
