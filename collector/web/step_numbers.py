"""Numbers of steps in a question's address, which follow their steps when a form moves or removes one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collector.core.whole import whole

Pairs = Sequence[tuple[str, str]]
# Where a step of each number stands after an edit, None where it was removed.
Places = Sequence[int | None]
_EXCLUDED = re.compile(r"(.*)@(\d{1,4})-(\d{1,4})", re.DOTALL)
_STRETCH = re.compile(r"(\d{1,4})-(\d{1,4})")
# The fields of the form for the ends of an exclusion's stretch, after that of its matcher.
MATCHER, AFTER, BEFORE = EXCLUDE_PARTS = ("_exclude", "_after", "_before")


def places(values: Sequence[str], action: str, at: int) -> tuple[list[str], list[int | None]]:
    """The values after one of them (from 0) is moved `up` or `down` or is to `remove`, and where each stands then.

    Places count from 1; an edit that cannot be made changes nothing.
    """
    order = list(range(len(values)))
    other = {"up": at - 1, "down": at + 1}.get(action, at)
    if action == "remove" and 0 <= at < len(order):
        del order[at]
    elif 0 <= at < len(order) and 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
    found: list[int | None] = [order.index(old) + 1 if old in order else None for old in range(len(values))]
    return [values[old] for old in order], found


def renumbered(pairs: Pairs, moved: Places) -> list[tuple[str, str]]:
    """The pairs with the numbers of steps in them made those after an edit; what names no step any more goes.

    A step that came to be the first or the last can be skipped no longer. A stretch between two steps lies between
    the same two, in whatever order they are now; where one is gone it ends at its neighbour within the stretch.
    """
    size = sum(place is not None for place in moved)
    found = []
    ends = _form_stretches(pairs, moved)
    for name, text in pairs:
        number = whole(text) if name == "optional" else None
        if number is not None:
            place = _place(number, moved)
            if place is not None and 1 < place < size:
                found.append((name, str(place)))
        elif name == "exclude" and (known := _EXCLUDED.fullmatch(text.strip())):
            stretch = _stretch(int(known[2]), int(known[3]), moved)
            found += [(name, f"{known[1]}@{stretch[0]}-{stretch[1]}")] if stretch else []
        elif name == "between" and (known := _STRETCH.fullmatch(text.strip())):
            stretch = _stretch(int(known[1]), int(known[2]), moved)
            found += [(name, f"{stretch[0]}-{stretch[1]}")] if stretch else []
        elif name in EXCLUDE_PARTS:
            kept = next(ends[name], text)
            found += [] if kept is None else [(name, kept)]
        else:
            found.append((name, text))
    return found


def _form_stretches(pairs: Pairs, moved: Places) -> dict[str, Iterator[str | None]]:
    """For each field of the form's exclusions its texts after the edit, None for those of one that goes."""
    columns = [[text for name, text in pairs if name == part] for part in EXCLUDE_PARTS]
    rows: list[tuple[str | None, ...]] = []
    for matcher, first, second in zip(*columns, strict=False):
        after, before = whole(first), whole(second)
        if after is None or before is None:
            rows.append((matcher, first, second))
            continue
        stretch = _stretch(after, before, moved)
        rows.append((matcher, str(stretch[0]), str(stretch[1])) if stretch else (None, None, None))
    return {part: iter([row[at] for row in rows]) for at, part in enumerate(EXCLUDE_PARTS)}


def _place(number: int, moved: Places) -> int | None:
    """Where step `number` stands; one that there never was keeps its number, for the question to say so."""
    return moved[number - 1] if 1 <= number <= len(moved) else number


def _stretch(after: int, before: int, moved: Places) -> tuple[int, int] | None:
    while after < before and _place(after, moved) is None:
        after += 1
    while after < before and _place(before, moved) is None:
        before -= 1
    ends = _place(after, moved), _place(before, moved)
    if after >= before or ends[0] is None or ends[1] is None:
        return None
    return min(ends[0], ends[1]), max(ends[0], ends[1])
