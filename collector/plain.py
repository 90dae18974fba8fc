"""The heads of usual requests to /collect, read and answered in a tenth of the time that gunicorn's general code takes.

What is taken here is so plain that it can be read in one way only: HTTP/1.1, printable ASCII, every field once, nothing
that says how the body or the connection is to be treated. Anything else is gunicorn's. A test holds both to the same.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from gunicorn import util
from gunicorn.http import get_parser, wsgi

_HEAD = re.compile(rb"POST /collect HTTP/1\.1\r\n((?:[A-Za-z][A-Za-z0-9-]*: [!-~][ -~]*\r\n){2,50})")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_LONGEST = 8_000
_NOT_PLAIN = frozenset(("HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE", "HTTP_TE", "HTTP_TRAILER"))
_SAMPLE = b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
# Of the sample itself, or of one request only.
_OWN = (
    "HTTP_HOST",
    "CONTENT_LENGTH",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "wsgi.early_hints",
    "wsgi.input",
    "gunicorn.socket",
)


class PlainHeads:
    """Turns heads into WSGI environments.

    Args:
        cfg: gunicorn's settings, from which everything that does not depend on the request is taken once.
    """

    def __init__(self, cfg: Any) -> None:
        self._cfg = cfg
        self._bases: dict[tuple[str, int], dict[str, Any]] = {}

    def environ(self, data: bytes, client: Any, server: Any) -> dict[str, Any] | None:
        """The environment of the request that `data` is, without its body; None where gunicorn has to read it."""
        found = _HEAD.fullmatch(data, 0, data.find(b"\r\n\r\n") + 2)
        if found is None or not isinstance(client, tuple) or not isinstance(server, tuple):
            return None
        environ = dict(self._bases.get(server[:2]) or self._base(client, server))
        for line in found[1].decode("ascii").split("\r\n")[:-1]:
            name, _, value = line.partition(": ")
            key = "HTTP_" + name.upper().replace("-", "_")
            if key in environ or key in _NOT_PLAIN or len(line) > _LONGEST:
                return None
            environ[key] = value.strip(" ")
        if environ.pop("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive":
            return None
        length, kind = environ.pop("HTTP_CONTENT_LENGTH", ""), environ.pop("HTTP_CONTENT_TYPE", None)
        if not length.isdecimal() or not _HOST.fullmatch(environ.get("HTTP_HOST", "")):
            return None
        environ["CONTENT_LENGTH"] = length
        if kind is not None:
            environ["CONTENT_TYPE"] = kind
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
        return environ

    def _base(self, client: Any, server: Any) -> dict[str, Any]:
        """What gunicorn says of any request that comes to an address."""
        message = next(get_parser(self._cfg, [_SAMPLE], client))
        environ: dict[str, Any] = wsgi.create(message, None, client, server, self._cfg)[1]
        environ["wsgi.multithread"] = True
        for name in _OWN:
            environ.pop(name, None)
        self._bases[server[:2]] = environ
        return environ


class PlainAnswers:
    """Writes answers as gunicorn does."""

    def __init__(self) -> None:
        self._second = 0
        self._date = ""

    def write(self, status: str, headers: Iterable[tuple[str, str]], body: bytes, close: bool) -> bytes:
        """The bytes of an answer whose headers say how long it is."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, util.http_date()
        lines = [
            f"HTTP/1.1 {status}",
            f"Server: {wsgi.SERVER}",
            f"Date: {self._date}",
            f"Connection: {'close' if close else 'keep-alive'}",
            *[f"{name}: {value}" for name, value in headers],
            "\r\n",
        ]
        return "\r\n".join(lines).encode("latin-1") + body
