"""Matchers that fit what was really seen: texts with how many events each has, and how many people one finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core import event as events
from collector.core.event import Kind
from collector.core.matcher import SUBJECTS
from collector.journeys.journeys import Journeys
from collector.web.format import count
from collector.web.language import gettext, ngettext

LIMIT = 30
_SUBJECT = {events.CUSTOM: "event"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A matcher to choose: its text, its words, and how many events it has."""

    matcher: str
    label: str
    events: int


def matcher_of(kind: Kind) -> str | None:
    """The matcher that fits this kind and no other, None for kinds that no matcher can name."""
    subject = _SUBJECT.get(kind.type, kind.type)
    if subject not in SUBJECTS or not kind.name.strip() or "*" in kind.name or kind.name.endswith("]"):
        return None
    return f"{subject}:{kind.name.strip()}"


def counted(journeys: Journeys) -> Sequence[tuple[str, int]]:
    """Matchers of everything seen with their number of events (bots aside), most first; remembered."""
    found = journeys.memo.get("suggestions")
    if not isinstance(found, list):
        found = journeys.memo["suggestions"] = _count(journeys)
    return found


def _count(journeys: Journeys) -> list[tuple[str, int]]:
    size = max(journeys.kinds, default=-1) + 1
    totals = np.zeros(size, dtype=np.int64)
    for part in journeys.each():
        per_kind = np.diff(part.kind_start)[:size]
        totals[: len(per_kind)] += per_kind
    found: dict[str, int] = {}
    for number, kind in journeys.kinds.items():
        name = matcher_of(kind)
        if name is not None and totals[number]:
            found[name] = found.get(name, 0) + int(totals[number])
    sources = {f"source:{name}" for source in journeys.sources.values() for name in (source.channel, source.source)}
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return ordered + [(name, 0) for name in sorted(sources) if name != "source:"]


def suggest(journeys: Journeys, text: str, limit: int = LIMIT) -> list[Suggestion]:
    """The most frequent matchers that hold `text`, those that begin with it first."""
    wanted = text.strip().casefold()
    starts, holds = [], []
    for name, number in counted(journeys):
        folded = name.casefold()
        if folded.startswith(wanted) or folded.partition(":")[2].startswith(wanted):
            starts.append((name, number))
        elif wanted in folded:
            holds.append((name, number))
        if len(starts) >= limit:
            break
    return [Suggestion(name, label(number), number) for name, number in (starts + holds)[:limit]]


def label(number: int) -> str:
    """How often, in words."""
    return ngettext("%(n)s event", "%(n)s events", number, n=count(number)) if number else gettext("visits from here")
