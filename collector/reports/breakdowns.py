"""What things are broken down by: the names' titles, and help for a name that no event has."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from collector.core.text import T, Text
from collector.journeys.journeys import TRAIT, Journeys
from collector.reports.named import NONE

TITLES = {
    "channel": T("Channel"),
    "source": T("Source"),
    "medium": T("Medium"),
    "campaign": T("Campaign"),
    "device": T("Device"),
    "os": T("System"),
    "browser": T("Browser"),
    "page": T("Page"),
    "landing": T("Landing page"),
    "event": T("Event"),
    "stage": T("Stage now"),
}
_CLOSE = 3
_MOST = 8


def title_of(name: str) -> Text:
    """The heading of a breakdown's values."""
    if name.startswith(TRAIT):
        return T("Trait “{name}”", name=name.removeprefix(TRAIT).strip())
    return TITLES.get(name) or T("{name}", name=name)


def is_missing(name: str, texts: Sequence[str]) -> bool:
    """Whether a property of events is meant and none has it; `texts` are the names of all values found."""
    return name not in TITLES and not name.startswith(TRAIT) and list(texts) == [NONE]


def instead_of(journeys: Journeys, name: str) -> list[Text]:
    """For a property that nothing has, those that may be meant, else the most common ones; no word where none is."""
    known = [one for one in journeys.properties.names() if one != name]
    folded = {one.casefold(): one for one in (*known, *TITLES)}
    close = get_close_matches(name.casefold(), folded, n=_CLOSE)
    if close:
        return [T("Properties with such a name: {names}.", names=", ".join(folded[one] for one in close))]
    return [T("Properties that events have: {names}.", names=", ".join(known[:_MOST]))] if known else []
