"""Getting an address for the doctor: short, bounded, and never an exception."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from collector.doctor.finding import Fetch, Page
from collector.doctor.server import session_key_of
from collector.settings import Settings
from collector.web.proof import HEADER, PATH, make_proof

_SECONDS = 8
_MOST = 2 * 2**20
# A plain request is what some hosts refuse; a named one is what their logs should show.
_AGENT = "Mozilla/5.0 (compatible; desireline-doctor)"


class _SameSite(urllib.request.HTTPRedirectHandler):
    """Follows redirects between names of one site (www, https), and to nobody else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: object, code: int, msg: str, headers: object, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url).hostname or "", urlsplit(newurl).hostname or ""
        if urlsplit(newurl).scheme not in ("http", "https") or old.removeprefix("www.") != new.removeprefix("www."):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def fetcher(settings: Settings, clock: Callable[[], int]) -> Fetch:
    """A `Fetch` for the person who runs this installation; only our own server is shown the proof."""
    opener = urllib.request.build_opener(_SameSite)
    key = session_key_of(settings)

    def fetch(address: str) -> Page:
        headers = {"User-Agent": _AGENT}
        if address.endswith(PATH) and key:
            headers[HEADER] = make_proof(key, clock())
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http and https, from settings
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return _page(answer.status, dict(answer.headers), answer.read(_MOST))
        except urllib.error.HTTPError as error:
            with error:
                return _page(error.code, dict(error.headers), error.read(_MOST))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Page(0, {}, str(getattr(error, "reason", error)) or type(error).__name__)

    return fetch


def _page(status: int, headers: dict[str, str], body: bytes) -> Page:
    return Page(status, {name.lower(): value for name, value in headers.items()}, body.decode("utf-8", "replace"))
