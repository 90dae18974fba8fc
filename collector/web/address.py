"""A question's address: query arguments as ordered pairs, edits to them, and the one canonical spelling."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from collector.core.whole import whole
from collector.web.bare import written
from collector.web.step_numbers import EXCLUDE_PARTS, places, renumbered

Pairs = Sequence[tuple[str, str]]
Defaults = Mapping[str, str | None]
EDIT = "_edit"
ROWS = "_rows"


def pairs_of(arguments: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The arguments of a request, in their order."""
    return list(arguments.items(multi=True))


def grouped(pairs: Pairs) -> dict[str, list[str]]:
    """Name to its texts, names that only pages know (`_...`) left out."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        if not name.startswith("_"):
            found.setdefault(name, []).append(text)
    return found


def to_query(pairs: Pairs) -> str:
    """The query string; `:` `/` `*` stay readable, as matchers are full of them."""
    return urlencode(list(pairs), quote_via=quote, safe=":/*,@")


def address(path: str, pairs: Pairs) -> str:
    """A path with its query string."""
    return f"{path}?{to_query(pairs)}" if pairs else path


def replaced(pairs: Pairs, changes: Iterable[tuple[str, str]], without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The pairs with these names replaced and those in `without` left out."""
    new = list(changes)
    gone = {name for name, _ in new} | set(without)
    return [pair for pair in pairs if pair[0] not in gone] + new


def canonical(pairs: Pairs, defaults: Defaults | None = None, flags: Container[str] = ()) -> list[tuple[str, str]]:
    """The pairs as they are kept: no blanks, bare flags written out, exclusions put together, a button's edit done.

    An address whose pairs differ from this is redirected to it, so that every question has one spelling.

    Args:
        defaults: what a parameter is when it is not given; saying so is left out.
        flags: the parameters that say yes without a text.
    """
    usual = defaults or {}
    edited = _edited(pairs)
    # The button that shows two days stands beside a hidden all-time and takes it back.
    days = [text.strip().lower() for name, text in edited if name == "all-time"][-1:]
    dropped = (*EXCLUDE_PARTS, "all-time") if days in (["0"], ["no"], ["false"], ["off"]) else EXCLUDE_PARTS
    # Two days that somebody chose stand in a form beside the hidden period that was chosen before.
    if any(name in ("from", "to") and text.strip() for name, text in edited):
        dropped = (*dropped, "period")
    whole = written([pair for pair in edited if pair[0] not in dropped], flags)
    return [pair for pair in whole if usual.get(pair[0]) != pair[1]] + _exclusions(edited)


def is_canonical(pairs: Pairs, defaults: Defaults | None = None, flags: Container[str] = ()) -> bool:
    """Whether the pairs are spelled as they are kept; the number of blank rows asked for may stand beside them."""
    return canonical(pairs, defaults, flags) == [(name, text) for name, text in pairs if name != ROWS]


def _exclusions(pairs: Pairs) -> list[tuple[str, str]]:
    matchers, after, before = ([text for name, text in pairs if name == part] for part in EXCLUDE_PARTS)
    return [
        ("exclude", f"{matcher.strip()}@{first.strip()}-{second.strip()}")
        for matcher, first, second in zip(matchers, after, before, strict=False)
        if matcher.strip()
    ]


def _edited(pairs: Pairs) -> list[tuple[str, str]]:
    asked = next((text for name, text in pairs if name == EDIT), "")
    rest = [(name, text) for name, text in pairs if name not in (EDIT, ROWS)]
    action, _, tail = asked.partition(":")
    name, _, place = tail.partition(":")
    values = [text for given, text in rest if given == name and text.strip()]
    if action == "add" and name:
        return [*rest, (ROWS, str(min(len(values) + 2, 20)))]
    at = whole(place)
    if at is None or at >= len(values):
        return list(rest)
    values, moved = places(values, action, at)
    if name == "step":
        rest = renumbered(rest, moved)
    first = next(place for place, pair in enumerate(rest) if pair[0] == name)
    others = [pair for pair in rest[first:] if pair[0] != name]
    return [*rest[:first], *((name, text) for text in values), *others]


def local_path(target: str | None) -> str | None:
    """`target` where it is a path on this host, else None: no way to be sent elsewhere after login (D7)."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    return target if target.isprintable() else None
