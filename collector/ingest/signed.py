"""Who vouches for a user id: the site's backend by a signature, a secret key, or nobody (REQUIREMENTS B21)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

# The trait in which a page passes the signature; it is never kept.
SIGNATURE = "$signature"


class Proof(NamedTuple):
    """What is known of a claim: `verified`, or why it is refused."""

    verified: bool
    refusal: str = ""


# From a user id and the signature given with it (None for none) to what that proves.
Prove: TypeAlias = Callable[[str, object], Proof]


def unproven(user: str, signature: object) -> Proof:  # noqa: ARG001 - a `Prove`
    """Nothing is asked and nothing is believed."""
    return Proof(False)


def by_secret_key(user: str, signature: object) -> Proof:  # noqa: ARG001 - a `Prove`
    """The sender has the site's secret key: it is the site itself that speaks."""
    return Proof(True)


def identify_key(key: bytes, site: int, version: int) -> str:
    """The key, as text, that a site's backend signs user ids with; derived from the installation's own."""
    return hmac.new(key, f"identify:{site}:{version}".encode(), hashlib.sha256).hexdigest()


def sign(key: str, user: str) -> str:
    """The signature of a user id: HMAC-SHA256 in hex, its key being the text as it is shown."""
    return hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()


def by_signature(keys: Sequence[bytes], site: int, version: int, required: bool) -> Prove:
    """Believe what is signed with a key of the site.

    Args:
        keys: the installation's keys, all of which count while they are being replaced.
        version: of the site's key; a replaced one counts no more.
        required: whether a claim without a signature is refused.
    """

    def prove(user: str, signature: object) -> Proof:
        if signature is None:
            return Proof(False, "unsigned" if required else "")
        given = signature.encode("utf-8", "replace") if isinstance(signature, str) else b""
        for key in keys:
            if hmac.compare_digest(sign(identify_key(key, site, version), user).encode(), given):
                return Proof(True)
        return Proof(False, "signature")

    return prove
