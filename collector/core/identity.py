"""Which texts may be a known person's id (SEMANTICS 4, REQUIREMENTS B15)."""

from __future__ import annotations

MAX_USER_ID = 200
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
