"""The demo site's server: static pages with the collector's address and the site's key put in, on 127.0.0.1."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

_PACKAGE = Path(__file__).resolve().parent.parent
# One document with several addresses, moved through in the browser.
_APPS = {"/build": "build.html"}


def site_folder(name: str) -> Path:
    """The folder of the static site `name` (shop, elsewhere): in the wheel inside the package, else beside it.

    Raises:
        FileNotFoundError: this installation came without the demo site.
    """
    for folder in (_PACKAGE / "demo_site" / name, _PACKAGE.parent / "demo_site" / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the demo site {name!r} is not part of this installation")


def addresses(folder: Path) -> dict[str, Path]:
    """Every path that is served and its file: `/plans` for plans.html, `/blog/` for blog/index.html.

    A table made beforehand: no request can name a file that is not in it.
    """
    table: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name.startswith("."):
            continue
        path = "/" + file.relative_to(folder).as_posix()
        if file.name == "index.html":
            path = path.removesuffix("index.html")
        table[path.removesuffix(".html")] = file
    return table


class PageServer(ThreadingHTTPServer):
    """Serves one static site in threads of its own.

    Args:
        folder: the site's files.
        port: 0 takes a free one; `origin` tells which.
        values: texts put in for `{{NAME}}` places of HTML pages, escaped. May be completed later.
        one_name: send those who ask `localhost` on to 127.0.0.1, as a shop sends people to its one address.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, folder: Path, port: int = 0, values: Mapping[str, str] | None = None, one_name: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.table = addresses(folder)
        self.values = dict(values or {})
        self.one_name = one_name
        self._thread = Thread(target=self.serve_forever, args=(0.1,), daemon=True)

    @property
    def origin(self) -> str:
        """Scheme, host and port it answers on."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> PageServer:
        """Answer from now on; returns itself."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def content(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body of what is at `path`."""
        app = next((file for prefix, file in _APPS.items() if path.startswith(prefix + "/")), None)
        file = self.table.get("/" + app.removesuffix(".html") if app else path)
        status = HTTPStatus.OK if file else HTTPStatus.NOT_FOUND
        file = file or self.table.get("/404")
        if file is None:
            return status, "text/plain; charset=utf-8", b"Not found\n"
        body = file.read_bytes()
        if file.suffix == ".html":
            text = body.decode()
            for name, value in self.values.items():
                text = text.replace("{{" + name + "}}", html.escape(value, quote=True))
            return status, "text/html; charset=utf-8", text.encode()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return status, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PageServer

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        if self.server.one_name and self.headers.get("Host", "").startswith("localhost"):
            self._redirect(self.server.origin + self.path)
            return
        status, kind, content = self.server.content(unquote(urlsplit(self.path).path))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _redirect(self, address: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the terminal belongs to the command that started the server."""
