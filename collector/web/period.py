"""The period picker: presets as the from and to they stand for, and the name of the range now shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.core.times import Span
from collector.web.address import Pairs, address, replaced
from collector.web.format import day
from collector.web.language import gettext, ngettext

NAMES = ("from", "to", "all-time")


@dataclass(frozen=True, slots=True)
class Preset:
    """One choice of the picker."""

    label: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Period:
    """The picker: what is chosen, its days for the custom fields, and the presets."""

    label: str
    first: str
    last: str
    presets: Sequence[Preset]


def _presets(today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    month = today.replace(day=1)
    before = month - timedelta(days=1)

    def last(days: int) -> list[tuple[str, str]]:
        return [("from", str(today - timedelta(days=days - 1)))]

    yesterday = str(today - timedelta(days=1))
    return [
        (gettext("Today"), [("from", str(today))]),
        (gettext("Yesterday"), [("from", yesterday), ("to", yesterday)]),
        (ngettext("Last %(num)s day", "Last %(num)s days", 7), last(7)),
        (ngettext("Last %(num)s day", "Last %(num)s days", 30), []),
        (ngettext("Last %(num)s day", "Last %(num)s days", 90), last(90)),
        (gettext("This month"), [("from", str(month))]),
        (gettext("Last month"), [("from", str(before.replace(day=1))), ("to", str(before))]),
        (gettext("Last 12 months"), last(365)),
        (gettext("All time"), [("all-time", "1")]),
    ]


def period(path: str, pairs: Pairs, given: Mapping[str, Sequence[str]], span: Span | None, today: date) -> Period:
    """The picker for a page at `path` with these arguments; the range is `span`, None for all time."""
    chosen = [(name, given[name][-1]) for name in NAMES if given.get(name)]
    presets, label = [], ""
    for name, changes in _presets(today):
        here = chosen == changes
        label = name if here else label
        presets.append(Preset(name, address(path, replaced(pairs, changes, NAMES)), here))
    if not label:
        label = f"{day(span.first)} – {day(span.last)}" if span else gettext("All time")
    return Period(label, str(span.first) if span else "", str(span.last) if span else "", presets)
