"""Whether a webhook is the provider's: each one's signature over the bytes as they came."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from collector.core.times import MINUTE
from collector.ingest.hooks.common import moment

# A signed time further away than this is an old request sent again, or a clock that is wrong.
TOLERANCE = 5 * MINUTE
Header = Callable[[str], str | None]


def wrong(provider: str, secret: str, raw: bytes, header: Header, now: int) -> str:
    """Why the request is not to be believed: `unsigned`, `signature` or `stale`; "" where it is.

    Args:
        header: finds a header of the request by its name.
        now: ms UTC.
    """
    return _CHECKS[provider](secret.encode("utf-8", "replace"), raw, header, now)


def _hmac_sha256(secret: bytes, text: bytes) -> str:
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def _same(expected: str, given: str) -> str:
    return "" if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) else "signature"


def _stale(stamp: str, now: int) -> bool:
    at = moment(int(stamp)) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 15 else None
    return at is None or abs(now - at) > TOLERANCE


def _chatwoot(secret: bytes, raw: bytes, header: Header, now: int) -> str:
    """`X-Chatwoot-Signature: sha256=<hex>` over `<X-Chatwoot-Timestamp>.<body>`, seconds."""
    given, stamp = header("X-Chatwoot-Signature"), header("X-Chatwoot-Timestamp")
    if not given or not stamp:
        return "unsigned"
    signed = stamp.encode("utf-8", "replace") + b"." + raw
    return _same("sha256=" + _hmac_sha256(secret, signed), given) or ("stale" if _stale(stamp, now) else "")


def _crisp(secret: bytes, raw: bytes, header: Header, now: int) -> str:
    """`X-Crisp-Signature: <hex>` over `[<X-Crisp-Request-Timestamp>;<body>]`."""
    given, stamp = header("X-Crisp-Signature"), header("X-Crisp-Request-Timestamp")
    if not given or not stamp:
        return "unsigned"
    signed = b"[" + stamp.encode("utf-8", "replace") + b";" + raw + b"]"
    return _same(_hmac_sha256(secret, signed), given.lower()) or ("stale" if _stale(stamp, now) else "")


def _intercom(secret: bytes, raw: bytes, header: Header, now: int) -> str:  # noqa: ARG001 - Intercom signs no time
    """`X-Hub-Signature: sha1=<hex>` over the body. An old one sent again adds nothing: its events have the same ids."""
    given = header("X-Hub-Signature")
    if not given:
        return "unsigned"
    return _same("sha1=" + hmac.new(secret, raw, hashlib.sha1).hexdigest(), given)


_CHECKS = {"chatwoot": _chatwoot, "crisp": _crisp, "intercom": _intercom}
