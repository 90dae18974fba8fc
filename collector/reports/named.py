"""Values by the names that tables, files and links give them: no value shares the name of a group that is none."""

from __future__ import annotations

NONE = "(none)"  # the empty value
OTHER = "(other)"  # the rest, where there are many
NO_TOUCH = "(no touch)"
_OURS = frozenset((NONE, OTHER, NO_TOUCH))


def named(value: str) -> str:
    """The name of a value: `(none)` for the empty one; one that reads like a name of ours stands in quotes."""
    if not value:
        return NONE
    return f'"{value}"' if _like_ours(value) else value


def value_of(name: str) -> str:
    """The value that `named` gave this name."""
    if name == NONE:
        return ""
    quoted = len(name) > 2 and name[0] == name[-1] == '"' and _like_ours(name)
    return name[1:-1] if quoted else name


def _like_ours(value: str) -> bool:
    # In quotes of its own too, so that no two values get one name; costs of ads are found whatever their case.
    return value.strip('"').casefold() in _OURS
