"""The way in without a thread: a browser's request that lies in memory whole, for a site that is remembered.

Whatever is refused, fails, or would have to ask a database takes the long way through Flask instead. Both ways check
with `collect.take` and answer with `collect.acknowledge`, so they say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from flask import Flask, Request, Response
from werkzeug.datastructures import EnvironHeaders

from collector.counters import REQUESTS
from collector.ingest.check import read_body
from collector.web.collect import Taken, acknowledge, take
from collector.web.door import Door
from collector.web.keep import count, keep_later
from collector.web.proxies import trusting

EXTENSION = "desireline.quick"
_ROUTE = ("collect.collect", "200")
Environ: TypeAlias = dict[str, Any]


class _Headers(EnvironHeaders):
    """Headers of which many are asked for that are not there, which werkzeug answers with an exception each."""

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]  # noqa: A002
        """The value of a field."""
        if type is not None or key in ("Content-Type", "Content-Length"):
            return super().get(key, default, type)
        return self.environ.get(_field(key), default)


@lru_cache(maxsize=200)
def _field(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")


class _Request(Request):
    def __init__(self, environ: Environ) -> None:
        super().__init__(environ)
        self.headers = _Headers(environ)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was taken. `waits`: somebody will be told when its record is on disk; else it is answered now."""

    request: Request
    taken: Taken
    waits: bool


class QuickDoor:
    """Takes requests and answers them in two steps, neither of which waits for anything.

    Args:
        hops: how many proxies are trusted to say who the client is.
    """

    def __init__(self, door: Door, hops: int) -> None:
        self._door = door
        self._proxied = trusting(_nothing, hops)

    def on_settled(self, settled: Callable[[], None]) -> None:
        """Have `settled` called, by another thread, each time that everybody was told of a commit."""
        self._door.inbox.settled = settled

    def ask(self, environ: Environ, raw: bytes, tell: Callable[[Exception | None], None]) -> Asked | None:
        """Take a request; None where it must go the long way, of which nothing has been kept then.

        Args:
            environ: the request's WSGI environment, which may be changed; `raw` its body.
            tell: called from another thread, maybe before this returns, with None once `answer` may be called, or
                with what kept the record from being kept: then, too, the long way knows what to say.
        """
        try:
            return self._ask(environ, raw, tell)
        except Exception:  # noqa: BLE001 - the long way meets it again, and has an answer for it or logs it
            return None

    def _ask(self, environ: Environ, raw: bytes, tell: Callable[[Exception | None], None]) -> Asked | None:
        if environ["PATH_INFO"] != "/collect" or "HTTP_AUTHORIZATION" in environ or self._door.inbox.opened is None:
            return None
        self._proxied(environ, _start)
        body = read_body(raw)
        site = self._door.sites.remembered(body.key)
        if site is None or not site.allows(environ.get("HTTP_ORIGIN", "")):
            return None
        request = _Request(environ)
        taken = take(self._door, request, site, body, self._door.clock())
        return Asked(request, taken, keep_later(self._door, taken.sender, taken.checked, tell))

    def answer(self, asked: Asked) -> Response:
        """Count and acknowledge what is on disk now."""
        count(self._door, asked.taken.sender, asked.taken.checked)
        self._door.counters.add(REQUESTS, _ROUTE)
        return acknowledge(self._door, asked.request, asked.taken)


def _start(*_: object) -> Callable[[bytes], object]:
    raise NotImplementedError("only the environment is changed here")


def _nothing(environ: Environ, start: object) -> Iterable[bytes]:  # noqa: ARG001 - the shape of a WSGI application
    return ()


def install(app: Flask, door: Door, hops: int) -> None:
    """Let the server's worker find the quick way."""
    app.extensions[EXTENSION] = QuickDoor(door, hops)
