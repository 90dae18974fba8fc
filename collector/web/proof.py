"""How the doctor shows the server that it has the installation's keys: a dated signature, good for a minute."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Desireline-Proof"
PATH = "/healthz/seen"
LIFE = 60_000


def make_proof(session_key: str, now: int) -> str:
    """A proof made at `now`, ms UTC."""
    signature = hmac.new(session_key.encode(), b"doctor:%d" % now, hashlib.sha256).hexdigest()
    return f"{now}.{signature}"


def fits(session_key: str, proof: str, now: int) -> bool:
    """Whether `proof` was made with this key within the last minute."""
    made = proof.partition(".")[0]
    if not made.isdecimal() or len(made) > 15 or abs(now - int(made)) > LIFE:
        return False
    return hmac.compare_digest(make_proof(session_key, int(made)).encode(), proof.encode("utf-8", "replace"))
