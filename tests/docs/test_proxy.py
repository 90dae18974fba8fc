"""The snippets of docs/proxy.md forward the tag and its events as they stand, and nothing else."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import request

from tests.support.connected import Connected, connected
from tests.support.documents import blocks, served
from tests.support.pages import ORIGIN

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


@dataclass
class Upstream:
    """A collector behind one proxy, and what it was asked."""

    place: Connected
    base: str = ""
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self) -> None:
        self.asked.append((request.path, request.remote_addr or "", request.scheme, ";".join(request.cookies)))

    @property
    def address(self) -> str:
        return urlsplit(self.base).netloc


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    for place in connected(tmp_path_factory.mktemp("proxy"), DESIRELINE_TRUSTED_PROXIES="1"):
        made = Upstream(place)
        place.app.before_request(made.note)
        with served(place.app) as made.base:
            yield made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[str]:
    """A server of its own process, once it listens."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail((folder / "log").read_text())
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def program(name: str) -> str:
    """A program of this machine; the test is skipped where it has none."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def _nginx(upstream: Upstream, folder: Path) -> Any:
    outer, inner = (text.replace("127.0.0.1:8000", upstream.address) for text in blocks("proxy.md", "nginx"))
    port = free_port()
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} pid {folder}/pid; error_log {folder}/error; daemon off; events {{}}\n"
        f"http {{ access_log off; {paths} {outer} server {{ listen 127.0.0.1:{port}; {inner} }} }}"
    )
    return running([program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder)


def _caddy(upstream: Upstream, folder: Path) -> Any:
    port = free_port()
    (text,) = blocks("proxy.md", "caddy")
    text = text.replace("shop.example", f"http://127.0.0.1:{port}").replace("127.0.0.1:8000", upstream.address)
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    return running(command, port, folder, HOME=str(folder), XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder))


def _php(upstream: Upstream, folder: Path) -> Any:
    port = free_port()
    (text,) = blocks("proxy.md", "php")
    (folder / "plugin.php").write_text(text.replace("https://collector.example", upstream.base))
    shutil.copy(Path(__file__).parent / "wordpress.php", folder / "wordpress.php")
    return running([program("php"), "-n", "-S", f"127.0.0.1:{port}", "wordpress.php"], port, folder)


def _python(upstream: Upstream, folder: Path, number: int, wsgi: str) -> Any:
    """The shared function with the framework's part, in a process of its own: modules stay out of the tests'."""
    shared = blocks("proxy.md", "python")
    (folder / "desireline_proxy.py").write_text(shared[0])
    (folder / "site_app.py").write_text(shared[number])
    port = free_port()
    (folder / "serve.py").write_text(
        f"from werkzeug.serving import run_simple\n{wsgi}\nrun_simple('127.0.0.1', {port}, app, threaded=True)\n"
    )
    return running([sys.executable, "serve.py"], port, folder, DESIRELINE_URL=upstream.base)


def _flask(upstream: Upstream, folder: Path) -> Any:
    return _python(upstream, folder, 1, "from site_app import app")


DJANGO = """
import django
from django.conf import settings
settings.configure(ROOT_URLCONF="site_app", ALLOWED_HOSTS=["*"], SECRET_KEY="x", APPEND_SLASH=False,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"])
django.setup()
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""


def _django(upstream: Upstream, folder: Path) -> Any:
    if importlib.util.find_spec("django") is None:
        pytest.skip("Django is not installed")
    return _python(upstream, folder, 2, DJANGO)


def ask(base: str, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    """One request, its path as it stands; the answer was read."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=20)
    sent = {"User-Agent": CHROME, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    connection.request(method, path, body, sent | {name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def body_of(answer: http.client.HTTPResponse) -> bytes:
    return bytes(answer.body)  # type: ignore[attr-defined]


def body(upstream: Upstream, padding: int = 0) -> bytes:
    event = {"id": f"0198f3a2-5b1c-7d10-8a4e-{time.monotonic_ns() % 10**12:012}", "type": "page", "url": f"{ORIGIN}/x"}
    return json.dumps({"key": upstream.place.site.site.write_key, "events": [event]}).encode() + b" " * padding


@pytest.mark.parametrize(
    "make", [_nginx, _caddy, _flask, _django, _php], ids=["nginx", "caddy", "flask", "django", "wordpress"]
)
def test_the_snippet_forwards_the_tag_and_nothing_else(
    upstream: Upstream, tmp_path: Path, make: Callable[[Upstream, Path], Any]
) -> None:
    with make(upstream, tmp_path) as base:
        upstream.asked.clear()
        script = ask(base, "GET", "/dl/t.js")
        assert (script.status, script.headers.get_content_type()) == (200, "text/javascript")
        assert body_of(script) == body_of(ask(upstream.base, "GET", "/t.js"))
        upstream.asked.clear()

        spoofed = {"Cookie": "sessionid=secret; other=1", "X_Forwarded_For": "203.0.113.9"}
        first = ask(base, "POST", "/dl/collect", body(upstream), **spoofed)
        found = json.loads(body_of(first))
        assert set(found["results"].values()) == {"ok"}
        cookie = first.headers["Set-Cookie"].split(";")[0]
        assert cookie.startswith("dl_v_")
        assert "HttpOnly" in first.headers["Set-Cookie"]
        again = ask(base, "POST", "/dl/collect", body(upstream), Cookie=f"sessionid=secret; {cookie}; other=1")
        assert json.loads(body_of(again))["visitor"] == found["visitor"]
        assert "Set-Cookie" not in again.headers
        names = [cookies for _, _, _, cookies in upstream.asked]
        assert names == ["", cookie.partition("=")[0]]
        assert {(path, address, scheme) for path, address, scheme, _ in upstream.asked} == {
            ("/collect", "127.0.0.1", "http")
        }

        assert ask(base, "POST", "/dl/collect", body(upstream, 900_000)).status == 200
        assert ask(base, "POST", "/dl/collect", body(upstream, 1_100_000)).status == 413
        wrong = ask(base, "POST", "/dl/collect", b'{"key": "wk_nobody", "events": []}')
        assert (wrong.status, json.loads(body_of(wrong))["error"]) == (401, "unknown_key")
        image = ask(base, "GET", f"/dl/collect?key={upstream.place.site.site.write_key}&url={ORIGIN}/y")
        assert (image.status, image.headers.get_content_type()) == (200, "image/gif")

        upstream.asked.clear()
        for path in ("/dl/login", "/dl/", "/dl/t/../login", "/dl/t/..%2flogin", "/dl/collect/x", "/dl/i.gif"):
            ask(base, "GET", path)
        assert [path for path, *_ in upstream.asked] == []
