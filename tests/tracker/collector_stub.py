"""A collector that answers as a test tells it to, and a host site beside it: two origins on 127.0.0.1."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DIST = Path(__file__).resolve().parents[2] / "collector" / "static" / "dist"


@dataclass
class Answer:
    """What the collector answers once: status, headers, a delay, statuses other than ok, or no answer at all."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    body: str | None = None
    result: str | None = "ok"
    mode: str | None = None
    reset: bool = False
    cors: bool = True
    visitor: str = "v_1"


@dataclass
class Call:
    """One request to /collect."""

    body: dict[str, Any]
    raw: bytes
    headers: dict[str, str]
    at: float

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(self.body["events"])


class Collector:
    """Scripted answers, and what was received."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.script: list[Answer] = []
        self.default = Answer()
        self.preflights = 0
        self.base = ""
        self._changed = threading.Condition()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event received, doubles included, in order of arrival."""
        with self._changed:
            return [event for call in self.calls for event in call.events]

    def kinds(self) -> list[str]:
        """The types of the events received, each event once, engagement left out."""
        seen = {event["id"]: event["type"] for event in self.events}
        return [kind for kind in seen.values() if kind != "engagement"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a type, each once."""
        return list({event["id"]: event for event in self.events if event["type"] == kind}.values())

    def take(self, call: Call) -> Answer:
        with self._changed:
            self.calls.append(call)
            answer = self.script.pop(0) if self.script else self.default
            self._changed.notify_all()
            return answer

    def wait(self, true: Callable[[], Any], seconds: float = 8.0) -> None:
        """Wait until `true` holds of what has arrived."""
        end = time.monotonic() + seconds
        with self._changed:
            while not true():
                left = end - time.monotonic()
                assert left > 0, (
                    f"not seen in {seconds} s; received {[(e['type'], e.get('name')) for e in self.events]}"
                )
                self._changed.wait(min(left, 0.1))


def _respond(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _collector_handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def _cors(self) -> dict[str, str]:
            return {
                "Access-Control-Allow-Origin": self.headers.get("Origin", "*"),
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Expose-Headers": "Retry-After",
            }

        def do_OPTIONS(self) -> None:
            collector.preflights += 1
            _respond(self, 204, b"", self._cors())

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            file = DIST / path.removeprefix("/base").lstrip("/")
            if file.is_file():
                _respond(self, 200, file.read_bytes(), {"Content-Type": "text/javascript", "Cache-Control": "no-store"})
            else:
                _respond(self, 404, b"", {})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = Call(json.loads(raw), raw, {**dict(self.headers), "path": self.path}, time.monotonic())
            answer = collector.take(call)
            time.sleep(answer.delay)
            if answer.reset:
                self.close_connection = True
                return
            body = answer.body
            if body is None:
                told = {
                    "results": {event["id"]: answer.result for event in call.events if answer.result},
                    "visitor": answer.visitor,
                    "mode": answer.mode or call.body["mode"],
                }
                body = json.dumps(told if answer.status == 200 else {"error": "no", "hint": "none"})
            headers = {**(self._cors() if answer.cors else {}), "Content-Type": "application/json", **answer.headers}
            with suppress(OSError):  # the page is gone, as some tests want
                _respond(self, answer.status, body.encode(), headers)

    return Handler


class Site:
    """A host site of static pages. Unknown paths give a plain page, so that links lead somewhere."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.seen: list[str] = []
        self.base = ""

    def put(self, path: str, html: str, **headers: str) -> str:
        """Serve `html` at `path`; gives its address."""
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.base + path


def _site_handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            site.seen.append(self.path)
            html, headers = site.pages.get(path, (f"<!doctype html><title>{path}</title><p>{path}", {}))
            kind = "text/javascript" if path.endswith(".js") else "text/html; charset=utf-8"
            _respond(self, 200, html.encode(), {"Content-Type": kind, **headers})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a browser that leaves in mid-request is what some tests are about


_ports: set[int] = set()


def _fresh_server(handler: type[BaseHTTPRequestHandler]) -> _Server:
    """A server on a port that none had before: what a browser stores for an origin is that of one test."""
    while True:
        server = _Server(("127.0.0.1", 0), handler)
        port = server.server_address[1]
        if port not in _ports:
            _ports.add(port)
            return server
        server.server_close()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], host: str) -> Iterator[str]:
    server = _fresh_server(handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def collector_stub() -> Iterator[Collector]:
    """A collector on its own origin."""
    collector = Collector()
    with _serving(_collector_handler(collector), "127.0.0.1") as collector.base:
        yield collector


@contextmanager
def host_site() -> Iterator[Site]:
    """The site that carries the tag, on another origin than the collector."""
    site = Site()
    with _serving(_site_handler(site), "localhost") as site.base:
        yield site
