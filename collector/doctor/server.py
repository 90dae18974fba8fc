"""The running server: does it answer, can it accept, and do the proxies in front of it tell the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from collector.core.errors import UserError
from collector.doctor.finding import Case, Finding, Page, bad, ok, warn
from collector.settings import Settings, load_keys
from collector.web.proof import PATH

_DIST = Path(__file__).parent.parent / "static" / "dist"
_BUILT = ("t.js", "chat.js", "charts.js", "manifest.json", "isbot.json")
_REASONS = {
    "disk": "The disk takes no more.",
    "inbox": "The inbox is full: the loader is behind or the database takes nothing.",
    "bytes": "The inbox is full: the loader is behind or the database takes nothing.",
}


def local(case: Case) -> str:
    """The address that this machine reaches the server by."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(case.settings.host, case.settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{case.settings.port}"


def built(case: Case) -> Iterator[Finding]:  # noqa: ARG001 - the shape of a look
    """Whether the installation has the files that browsers load."""
    missing = [name for name in _BUILT if not (_DIST / name).is_file()]
    if missing:
        yield bad(
            "installation",
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: browsers cannot load the tracker.",
            "Install again: pip install --force-reinstall desireline (from a checkout: pip install .)",
        )
    else:
        yield ok("installation", "Tracker and page scripts are built.")


def answers(case: Case) -> Iterator[Finding]:
    """Whether the server runs and can put a record on disk; sets `case.serves`."""
    base = local(case)
    alive = case.fetch(base + "/healthz")
    if alive.status != 200 or '"ok"' not in alive.text:
        other = "Something else answers" if alive.status else "Nothing answers"
        yield bad("server", f"{other} at {base}.", "Start it: desireline serve; or name its address with --port.")
        return
    case.serves = True
    ready = case.fetch(base + "/readyz")
    if ready.status == 200:
        yield ok("server", f"It answers at {base} and accepts events.")
        return
    reason = _json(ready).get("reason", "")
    yield bad(
        "server",
        f"It answers and accepts no events. {_REASONS.get(str(reason), f'Reason: {reason}.')}",
        "Mend what is said about disk, inbox and database here.",
    )


def _json(page: Page) -> dict[str, object]:
    try:
        found = json.loads(page.text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def public(case: Case) -> Iterator[Finding]:
    """Whether the public address leads here, and what the proxies say of clients."""
    address = case.settings.public_url
    if not address:
        yield from _no_address(case)
        return
    yield from _mixed(case, address)
    if not case.serves:
        return
    page = case.fetch(address + PATH)
    if page.status == 0:
        yield warn(
            "public address",
            f"{address} cannot be reached from this machine: {page.text}.",
            "Fine if it can from outside; else check DNS, the proxy and its certificate.",
        )
    elif page.status == 403:
        yield bad(
            "public address",
            f"Another installation of Desireline answers at {address}.",
            "Point the proxy at this one, or run the doctor with that one's --data.",
        )
    elif page.status != 200 or "trusted" not in _json(page):
        yield bad(
            "public address",
            f"{address} does not lead to this collector (answer {page.status}).",
            f"Let the proxy forward everything there to {local(case)}.",
        )
    else:
        yield from proxies(address, _json(page))


def proxies(address: str, told: dict[str, object]) -> Iterator[Finding]:
    """What a request through the public address tells of the proxies on its way."""
    forwarded, trusted = int(str(told["forwarded"])), int(str(told["trusted"]))
    wanted = urlsplit(address)
    if forwarded > trusted:
        yield bad(
            "proxy",
            f"{forwarded} proxies say who the client is and {trusted} are believed: all visitors seem to be one.",
            f"Set DESIRELINE_TRUSTED_PROXIES={forwarded}, if all of them are yours, and restart.",
        )
    elif forwarded < trusted:
        yield bad(
            "proxy",
            f"{trusted} proxies are believed and {forwarded} are there: anybody can claim any address.",
            f"Set DESIRELINE_TRUSTED_PROXIES={forwarded}, or have each proxy add X-Forwarded-For; restart.",
        )
    elif told["scheme"] != wanted.scheme:
        yield bad(
            "proxy",
            f"Browsers use {wanted.scheme} and the collector sees {told['scheme']}: cookies lose their protection.",
            "Have the proxy send X-Forwarded-For and X-Forwarded-Proto, and set DESIRELINE_TRUSTED_PROXIES.",
        )
    elif str(told["host"]).lower() != wanted.netloc.lower():
        yield bad(
            "proxy",
            f"The collector is asked as {told['host']}, browsers ask for {wanted.netloc}.",
            "Have the proxy pass the Host header (nginx: proxy_set_header Host $host).",
        )
    else:
        yield ok("proxy", f"{address} leads here, and addresses of clients are told rightly.")


def _no_address(case: Case) -> Iterator[Finding]:
    if any(not _is_local(origin) for origin in _origins(case)):
        yield warn(
            "public address",
            "No public address is set, and sites of others are to send here.",
            "Set DESIRELINE_PUBLIC_URL=https://stats.example.com (or --public-url) to the address that browsers use.",
        )


def _mixed(case: Case, address: str) -> Iterator[Finding]:
    if address.startswith("http://") and not _is_local(address):
        secure = [origin for origin in _origins(case) if origin.startswith("https://")]
        if secure:
            yield bad(
                "public address",
                f"{secure[0]} uses https and the collector {address}: browsers refuse to load the tag.",
                "Put an https proxy in front (docs/proxy.md) and set DESIRELINE_PUBLIC_URL to its https address.",
            )


def _origins(case: Case) -> list[str]:
    return [origin for site in case.catalog.sites() for origin in site.origins] if case.catalog else []


def _is_local(origin: str) -> bool:
    host = (urlsplit(origin).hostname or "").rstrip(".")
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def session_key_of(settings: Settings) -> str:
    """The key that proofs are made with, "" where there is none yet or it cannot be read."""
    try:
        return load_keys(settings).session if (settings.data / "keys.json").exists() else ""
    except (OSError, UserError):
        return ""
