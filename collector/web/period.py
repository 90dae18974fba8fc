"""The period picker: presets that move on with the days, and the name of the range now shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.core.query import DEFAULT_DAYS
from collector.core.times import Span
from collector.web.address import Pairs, address, replaced
from collector.web.format import day
from collector.web.language import gettext, ngettext

NAMES = ("period", "from", "to", "all-time")


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


def _presets() -> list[tuple[str, list[tuple[str, str]]]]:
    def last(days: int) -> tuple[str, list[tuple[str, str]]]:
        label = ngettext("Last %(num)s day", "Last %(num)s days", days)
        return label, [] if days == DEFAULT_DAYS else [("period", f"{days}d")]

    return [
        (gettext("Today"), [("period", "1d")]),
        (gettext("Yesterday"), [("period", "yesterday")]),
        last(7),
        last(DEFAULT_DAYS),
        last(90),
        (gettext("This month"), [("period", "this-month")]),
        (gettext("Last month"), [("period", "last-month")]),
        (gettext("Last 12 months"), [("period", "365d")]),
        (gettext("All time"), [("all-time", "1")]),
    ]


def period(path: str, pairs: Pairs, given: Mapping[str, Sequence[str]], span: Span | None) -> Period:
    """The picker for a page at `path` with these arguments; the range is `span`, None for all time."""
    chosen = [(name, given[name][-1]) for name in NAMES if given.get(name)]
    chosen = [] if chosen == [("period", f"{DEFAULT_DAYS}d")] else chosen
    presets, label = [], ""
    for name, changes in _presets():
        here = chosen == changes
        label = name if here else label
        presets.append(Preset(name, address(path, replaced(pairs, changes, NAMES)), here))
    if not label:
        label = f"{day(span.first)} – {day(span.last)}" if span else gettext("All time")
    return Period(label, str(span.first) if span else "", str(span.last) if span else "", presets)
