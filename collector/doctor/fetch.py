"""Getting an address for the doctor: short, bounded, and never an exception."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from collector.core.errors import UserError
from collector.doctor.finding import Fetch, Page
from collector.doctor.server import session_key_of
from collector.outgoing import PORTS, Unreachable, fetch
from collector.settings import Settings
from collector.web.proof import HEADER, PATH, make_proof

_SECONDS = 8
_MOST = 2 * 2**20
_HOPS = 3
# A plain request is what some hosts refuse; a named one is what their logs should show.
_AGENT = "Mozilla/5.0 (compatible; desireline-doctor)"
_WHY = {
    "resolve": "its name is not known",
    "connect": "nothing answers there",
    "tls": "its certificate is not trusted",
    "timeout": f"no answer within {_SECONDS} seconds",
    "broken": "the answer broke off",
}


def fetcher(settings: Settings, clock: Callable[[], int]) -> Fetch:
    """A `Fetch` for the person who runs this installation; only our own server is shown the proof.

    The operator may ask of machines within; a redirect leads there only by the name that was asked for.
    """
    key, seen = session_key_of(settings), settings.public_url + PATH

    def get(address: str) -> Page:
        first = _name(address)
        for _ in range(_HOPS + 1):
            headers = {"User-Agent": _AGENT}
            if address == seen and key:
                headers[HEADER] = make_proof(key, clock())
            try:
                answer = fetch(
                    address,
                    allow_private=_name(address) == first,
                    ports=_ports(address),
                    max_bytes=_MOST,
                    timeout=_SECONDS,
                    headers=headers,
                )
            except Unreachable as error:
                return Page(0, {}, _WHY.get(error.reason, error.reason))
            except UserError as error:
                return Page(0, {}, error.message)
            onward = _onward(address, answer.location)
            if _name(onward).removeprefix("www.") != first.removeprefix("www."):
                return Page(answer.status, answer.headers, answer.body.decode("utf-8", "replace"))
            address = onward
        return Page(0, {}, "it redirects without an end")

    return get


def _onward(address: str, location: str) -> str:
    """Where a redirect leads, "" where nowhere."""
    try:
        return urljoin(address, location) if location else ""
    except ValueError:
        return ""


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _ports(address: str) -> frozenset[int]:
    try:
        port = urlsplit(address).port
    except ValueError:
        port = None
    return PORTS | ({port} if port else set())
