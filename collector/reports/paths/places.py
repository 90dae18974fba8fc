"""What counts as a place of a path: pages by their grouped path, events by their name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.core.errors import UserError
from collector.core.event import NO_ACTS, PAGE, PASSIVE, Kind
from collector.core.matcher import Matcher, fits_pattern
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part, looked_up
from collector.reports.funnel_next import event_text
from collector.reports.scope import page_path, rows_of_any

_NUMBER = re.compile(r"[0-9]+(\.[A-Za-z]{1,5})?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9A-Za-z]{20,}")
MOST_NARROW = 32_000  # and something is added to them


@dataclass(frozen=True, slots=True)
class Rules:
    """What a question takes for places.

    Attributes:
        show: pages, events or both. only: if any, nothing but what fits one of these is a place, whatever `show` says.
        groups: patterns of paths; a page goes by the first that it fits. plain: other pages go by their whole path,
            also where a part of it is a number or a hash.
    """

    show: str = "pages"
    only: tuple[Matcher, ...] = ()
    groups: tuple[str, ...] = ()
    plain: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Each kind's place. A place is known by the lowest id of its kinds.

    code: by kind id the place, -1 for none. names: of each kind that has a place. merged: places whose name stands for
    several paths because a number or a hash was left out of it.
    """

    code: Int32
    names: Mapping[int, str]
    merged: frozenset[int]


def rules_of(query: Query) -> Rules:
    """The rules in a query's values.

    Raises:
        UserError: a grouping rule that is no path.
    """
    values = query.values
    only, given = values["only"], values["group-pages"]
    groups = []
    for rule in given if isinstance(given, tuple) else ():
        pattern = str(rule).removeprefix("page:")
        if not pattern.startswith(("/", "*")):
            raise UserError(f"{rule!r} is no rule for pages.", "Write a path with stars, like /product/* or /blog/**.")
        groups.append(page_path(pattern))
    matchers = tuple(one for one in only if isinstance(one, Matcher)) if isinstance(only, tuple) else ()
    return Rules(str(values["places"]), matchers, tuple(groups), bool(values["every-page"]))


def one_of_many(part: str) -> bool:
    """Whether a part of a path is a number (perhaps with a file's ending), a UUID, a hash or a long random token."""
    if _NUMBER.fullmatch(part) or _UUID.fullmatch(part):
        return True
    digits = sum(sign in "0123456789" for sign in part)
    return 0 < digits < len(part) and bool(_HASH.fullmatch(part) or (digits > 2 and _TOKEN.fullmatch(part)))


def grouped(path: str) -> str:
    """A path with `*` for each part that is one of many."""
    return "/".join("*" if one_of_many(part) else part for part in path.split("/"))


def page_name(path: str, rules: Rules) -> str:
    """The name of the place that a page is."""
    path = page_path(path)
    for pattern in rules.groups:
        if fits_pattern(pattern, path, path=True):
            return pattern
    return path if rules.plain else grouped(path)


def _name(kind: Kind, rules: Rules) -> str | None:
    if kind.type == PAGE:
        return page_name(kind.name, rules) if rules.only or rules.show != "events" else None
    if kind.type in NO_ACTS or not (rules.only or rules.show != "pages") or (kind in PASSIVE and not rules.only):
        return None
    return event_text(kind)


def places(journeys: Journeys, rules: Rules) -> Places:
    """The places of every kind, remembered with the view."""
    found = journeys.memo.get(("places", rules))
    if not isinstance(found, Places):
        found = journeys.memo["places", rules] = _places(journeys.kinds, rules)
    return found


def _places(kinds: Mapping[int, Kind], rules: Rules) -> Places:
    code = np.full(max(kinds, default=0) + 1, -1, dtype=np.int32)
    names: dict[int, str] = {}
    known: dict[str, int] = {}
    merged = set()
    for number in sorted(kinds):
        name = _name(kinds[number], rules)
        if name is None:
            continue
        names[number] = name
        code[number] = known.setdefault(name, number)
        if kinds[number].type == PAGE and "*" in name and name not in rules.groups:
            merged.add(known[name])
    return Places(code, names, frozenset(merged))


def place_rows(journeys: Journeys, part: Part, rules: Rules, include_bots: bool) -> Int64:
    """The rows of the part at which somebody is at a place, ascending."""
    code = places(journeys, rules).code
    if rules.only:
        rows = rows_of_any(journeys, part, rules.only, include_bots)
        return rows[code[part.kind[rows]] >= 0]
    return np.flatnonzero(looked_up(code >= 0, part.kind) & part.counted(include_bots))


def at_place(journeys: Journeys, part: Part, rules: Rules, rows: Int64, include_bots: bool) -> Bool:
    """Which of these rows are at a place themselves."""
    fits: Bool = places(journeys, rules).code[part.kind[rows]] >= 0
    if rules.only and fits.any():
        fits &= np.isin(rows, rows_of_any(journeys, part, rules.only, include_bots))
    return fits


def narrow(codes: Int32, most: int) -> NDArray[np.int16] | Int32:
    """Codes up to `most` in as few bytes as hold them, with room for the negative ones of `walk`."""
    return codes.astype(np.int16) if most < MOST_NARROW else codes
