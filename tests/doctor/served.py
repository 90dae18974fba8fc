"""Servers that the doctor looks at: the installation itself, and whatever a test has one answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from werkzeug.serving import make_server

from collector.doctor.fetch import fetcher
from collector.doctor.finding import Case, Finding
from collector.doctor.run import examine
from collector.settings import Settings
from tests.support.pages import Installation


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A real HTTP server on a free port; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{web.server_port}"
    finally:
        web.shutdown()
        web.server_close()


def says(text: str, kind: str = "text/html", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content-Type": kind, **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@contextmanager
def served(shop: Installation, **changed: Any) -> Iterator[Settings]:
    """The installation answering over HTTP."""
    web = make_server("127.0.0.1", 0, shop.app, threaded=True)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield replace(shop.settings, port=web.server_port, **changed)
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def found(settings: Settings, now: int, **more: Any) -> list[Finding]:
    case = Case(settings, now, fetcher(settings, lambda: now), **more)
    return list(examine(case))


def told(findings: list[Finding], about: str, level: str = "bad") -> str:
    """The words of the finding of this kind; there must be one."""
    fitting = [f"{one.text} {one.fix}" for one in findings if one.about == about and one.level == level]
    assert fitting, findings
    return fitting[0]


def tag(base: str, key: str) -> str:
    return f'<!doctype html><head><script defer src="{base}/t.js" data-site="{key}"></script></head>'
