"""Which texts may be a known person's id, and which visitors are not people (SEMANTICS 4, REQUIREMENTS B15, E4)."""

from __future__ import annotations

import re

MAX_USER_ID = 200
VERIFIED = "$verified"  # the mark on an identify event that the site itself vouched for
COOKIELESS = "c_"  # how the keys of visitors without a cookie begin
# Another user on the same device adds to its key (`store.identity.derived_key`).
_COOKIELESS = re.compile(COOKIELESS + r"[0-9a-f]{32}(?:~[0-9a-f]+)?")
_GENERIC = frozenset(
    (
        *("anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email"),
        *("undefined", "true", "false", "null", "none", "nan", "0", "[object object]"),
    )
)


def clean_user_id(raw: object) -> str | None:
    """The id that `raw` gives, or None where it cannot name one person.

    Ids that frameworks send for nobody (null, undefined, guest, 0, `[object Object]` ...) would swallow thousands.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    text = str(raw).strip().strip("\"'`").strip()
    if not text or len(text) > MAX_USER_ID or text.casefold() in _GENERIC:
        return None
    return text


def is_cookieless(key: str) -> bool:
    """Whether a visitor's key was made for a day only: on another day the same person has another one."""
    return _COOKIELESS.fullmatch(key) is not None
